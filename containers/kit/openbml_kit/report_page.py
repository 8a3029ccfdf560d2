"""`report.html`: a report as one file that needs no network and runs no script.

Both languages are in the page; a switch of plain CSS shows one. Names and labels come from users and are
escaped.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from openbml_kit.markup import Child, Markup, both, element, joined
from openbml_kit.report_charts import bar, line_chart
from openbml_kit.report_pictures import data_uri, drawn_example
from openbml_kit.report_words import figure_name, task_name

_STYLE = Path(__file__).with_name("report_page.css")
# Nothing may be loaded or run, whatever stands in a name.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_MOST_LABELS_IN_A_MATRIX = 30
_MOST_ROWS = 1000
SHOWN_EXAMPLES = 60
_COUNTS = frozenset({"support", "training_count", "pixels", "right", "false_positives", "missed"})
_LOSSES = ("train_loss", "eval_loss")

Report = Mapping[str, Any]


def report_page(
    report: Report, *, thumbnails: Mapping[str, bytes], heat_maps: Mapping[str, bytes] | None = None
) -> str:
    """Return the page.

    Args:
        thumbnails: JPEG files of samples, by id; wrong examples without one are listed without a picture.
        heat_maps: JPEG files by the names in the report's `heat_maps`.
    """
    sections = [
        _overall(report),
        _history(report),
        _per_class(report),
        _curves(report),
        _confusion(report),
        _hints(report),
        _gallery(report, thumbnails),
        _heat(report, heat_maps or {}),
        _settings(report),
    ]
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="viewport", content="width=device-width"),
        element("title", f"OpenBML · {report.get('network', '')} · {report.get('run_id', '')}"),
        element("style", Markup(_STYLE.read_text(encoding="utf-8"))),
    )
    body = element("body", _switches(), element("main", _heading(report), sections))
    return f"<!DOCTYPE html>\n{element('html', head, body)}\n"


def _switches() -> Markup:
    return joined(
        element("input", type="radio", name="language", id="en", checked=""),
        element("label", "English", for_="en"),
        element("input", type="radio", name="language", id="zh"),
        element("label", "中文", for_="zh"),
        element("input", type="checkbox", id="show-fp", checked=""),
        element("label", both("False positives", "误识别"), for_="show-fp", class_="fp"),
        element("input", type="checkbox", id="show-missed", checked=""),
        element("label", both("Missed", "漏识别"), for_="show-missed", class_="missed"),
    )


def _section(english: str, chinese: str, *children: Child | Sequence[Child]) -> Markup:
    return element("section", element("h2", both(english, chinese)), *children)


def _heading(report: Report) -> Markup:
    basis, conclusion = report["basis"], report["conclusion"]
    held = basis["source"] == "holdout"
    source = (
        both("images held out of the training data", "从训练数据中留出的图片")
        if held
        else both("a separate evaluation set", "独立评测集")
    )
    return element(
        "header",
        element("h1", both("Evaluation report", "评估报告")),
        element("p", task_name(str(report.get("task", ""))), " · ", str(report.get("network", ""))),
        element("p", both(conclusion["en"], conclusion["zh"]), class_="conclusion"),
        element("p", both("Figures of ", "指标来源："), source, f" ({basis['evaluated_count']})"),
        [
            element("p", both(row["message_en"], row["message_zh"]), class_="caution")
            for row in report["cautions"]
        ],
    )


def _overall(report: Report) -> Markup:
    cards = [_card(figure_name(name), value) for name, value in report["overall"].items()]
    cards += [
        _card(both(f"Top-{k} accuracy", f"Top{k}准确率"), value)
        for k, value in report.get("topk", {}).items()
    ]
    threshold = report.get("recommended_threshold")
    if threshold is not None:
        cards.append(
            element(
                "div",
                element("b", f"{threshold:g}"),
                both("Recommended threshold", "推荐阈值"),
                class_="card",
            )
        )
    return _section("Overall", "整体评估", element("div", cards, class_="cards"))


def _card(name: Markup, value: float | None) -> Markup:
    return element("div", element("b", "–" if value is None else f"{value:.1%}"), name, class_="card")


def _history(report: Report) -> Markup | None:
    rows = report.get("history") or []
    if not rows:
        return None
    numbers = [
        name
        for name, value in rows[0].items()
        if isinstance(value, (int, float)) and (name in _LOSSES or name.startswith("eval_"))
    ]

    def chart(names: Sequence[str], up: tuple[float, float] | None) -> Markup | None:
        lines = {
            name: [(row["epoch"], float(row[name])) for row in rows if row.get(name) is not None]
            for name in names
        }
        named = {name: figure_name(name) for name in lines}
        return line_chart(lines, named, across=(1, len(rows)), up=up) if lines else None

    return _section(
        "Training",
        "训练过程",
        element(
            "p", both(f"Best epoch: {report.get('best_epoch')}", f"最佳轮次：{report.get('best_epoch')}")
        ),
        chart([name for name in numbers if name.endswith("loss")], None),
        chart([name for name in numbers if not name.endswith("loss")], (0.0, 1.0)),
    )


def _per_class(report: Report) -> Markup | None:
    rows = report["per_class"][:_MOST_ROWS]
    if not rows:
        return None
    names = list(rows[0])
    head = element("tr", [element("th", figure_name(name)) for name in names])
    body = [element("tr", [element("td", _cell(name, row[name])) for name in names]) for row in rows]
    return _section("Labels", "各标签评估", element("table", element("thead", head), element("tbody", body)))


def _cell(name: str, value: Any) -> Child | list[Child]:
    if value is None:
        return "–"
    if isinstance(value, str) or name in _COUNTS:
        return str(value)
    return [bar(float(value)), f" {value:.3f}"]


def _curves(report: Report) -> list[Markup]:
    sections = []
    curve, threshold = report.get("threshold_curve"), report.get("recommended_threshold")
    if curve:
        lines = {
            name: [(row["threshold"], row[name]) for row in curve] for name in ("precision", "recall", "f1")
        }
        named = {name: figure_name(name) for name in lines}
        drawn = line_chart(lines, named, across=(0.0, 1.0), up=(0.0, 1.0), marked=threshold)
        sections.append(_section("Threshold", "阈值", drawn))
    if report.get("pr_curves"):
        lines = {
            row["label"]: list(zip(row["recall"], row["precision"], strict=True))
            for row in report["pr_curves"]
        }
        drawn = line_chart(lines, {}, across=(0.0, 1.0), up=(0.0, 1.0))
        sections.append(_section("Precision over recall, IoU 0.5", "PR曲线（IoU 0.5）", drawn))
    return sections


def _confusion(report: Report) -> Markup | None:
    matrix = report.get("confusion_matrix")
    if not matrix:
        return None
    labels, counts = matrix["labels"], matrix["counts"]
    if len(labels) > _MOST_LABELS_IN_A_MATRIX:
        return _section("Most frequent confusions", "最常见的混淆", _pairs(labels, counts))
    head = element(
        "tr", element("th", both("True \\ found", "真实 \\ 识别")), [element("th", row) for row in labels]
    )
    body = []
    for label, row in zip(labels, counts, strict=True):
        whole = max(1, sum(row))
        cells = [
            element("td", count, style=f"background:rgba(37,99,235,{0.8 * count / whole:.2f})")
            for count in row
        ]
        body.append(element("tr", element("th", label), cells))
    return _section("Confusion matrix", "混淆矩阵", element("table", head, body, class_="matrix"))


def _pairs(labels: Sequence[str], counts: Sequence[Sequence[int]]) -> Markup:
    pairs = sorted(
        (
            (-count, labels[true], labels[found])
            for true, row in enumerate(counts)
            for found, count in enumerate(row)
            if true != found and count
        ),
    )[:50]
    return element("ol", [element("li", f"{true} → {found}: {-count}") for count, true, found in pairs])


def _hints(report: Report) -> Markup | None:
    hints = report.get("hints") or []
    if not hints:
        return None
    items = [
        element(
            "li",
            both(row["message_en"], row["message_zh"]),
            element("small", ", ".join(sample["name"] for sample in row["samples"][:10])),
            class_=row["severity"],
        )
        for row in hints
    ]
    return _section("What to do", "优化建议", element("ul", items, class_="hints"))


def _gallery(report: Report, thumbnails: Mapping[str, bytes]) -> Markup:
    examples = report.get("wrong_examples") or []
    total = report.get("wrong_count", len(examples))
    shown = [_example(row, thumbnails.get(str(row["sample_id"]))) for row in examples[:SHOWN_EXAMPLES]]
    note = element("p", both(f"{len(shown)} of {total} are shown.", f"共{total}个，展示{len(shown)}个。"))
    return _section("Wrong examples", "识别错误图片示例", note, element("div", shown, class_="gallery"))


def _example(row: Mapping[str, Any], picture: bytes | None) -> Markup:
    return element(
        "figure",
        drawn_example(row, picture),
        element("figcaption", row["name"], element("br"), _said(row)),
    )


def _said(row: Mapping[str, Any]) -> Markup:
    if isinstance(row.get("true"), str):
        return joined(f"{row['true']} → {row['predicted']} ({row['score']:.2f})")

    def named(kind: str) -> str:
        rows = row.get(kind)
        return ", ".join(str(part["label"]) for part in rows[:10]) if isinstance(rows, list) else ""

    return joined(
        element("span", named("false_positives"), class_="fp"),
        " ",
        element("span", named("missed"), class_="missed"),
    )


def _heat(report: Report, files: Mapping[str, bytes]) -> Markup | None:
    rows = [row for row in report.get("heat_maps") or [] if row["file"] in files]
    if not rows:
        return None
    shown = [
        element(
            "figure",
            element("div", element("img", src=data_uri(files[row["file"]]), alt=""), class_="picture"),
            element("figcaption", f"{row['name']} · {row['label']}"),
        )
        for row in rows
    ]
    return _section(
        "Heat maps: where the model looked", "热力图：模型关注的区域", element("div", shown, class_="gallery")
    )


def _setting(value: Any) -> str:
    is_plain = isinstance(value, (str, int, float)) or value is None
    return str(value) if is_plain else json.dumps(value, ensure_ascii=False, default=str)


def _settings(report: Report) -> Markup:
    rows = [
        element("tr", element("th", name), element("td", _setting(value)))
        for name, value in (report.get("params") or {}).items()
    ]
    return _section("Configuration", "配置详情", element("table", rows, class_="settings"))
