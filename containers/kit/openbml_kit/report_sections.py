"""Sections that reports of pictures and of tables share."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from openbml_kit.markup import Child, Markup, both, element
from openbml_kit.report_charts import bar, line_chart
from openbml_kit.report_layout import section
from openbml_kit.report_words import figure_name, task_name

Report = Mapping[str, Any]

_MOST_LABELS_IN_A_MATRIX = 30
_MOST_ROWS = 1000
_COUNTS = frozenset({"support", "training_count", "pixels", "right", "false_positives", "missed"})
_LOSSES = ("train_loss", "eval_loss")


def heading(report: Report, source: Markup) -> Markup:
    """Return the page's head.

    Args:
        source: what the figures rest on.
    """
    basis, conclusion = report["basis"], report["conclusion"]
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


def history(report: Report) -> Markup | None:
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

    return section(
        "Training",
        "训练过程",
        element(
            "p", both(f"Best epoch: {report.get('best_epoch')}", f"最佳轮次：{report.get('best_epoch')}")
        ),
        chart([name for name in numbers if name.endswith("loss")], None),
        chart([name for name in numbers if not name.endswith("loss")], (0.0, 1.0)),
    )


def per_class(report: Report) -> Markup | None:
    rows = report["per_class"][:_MOST_ROWS]
    if not rows:
        return None
    names = list(rows[0])
    head = element("tr", [element("th", figure_name(name)) for name in names])
    body = [element("tr", [element("td", _cell(name, row[name])) for name in names]) for row in rows]
    return section("Labels", "各标签评估", element("table", element("thead", head), element("tbody", body)))


def _cell(name: str, value: Any) -> Child | list[Child]:
    if value is None:
        return "–"
    if isinstance(value, str) or name in _COUNTS:
        return str(value)
    return [bar(float(value)), f" {value:.3f}"]


def confusion(report: Report) -> Markup | None:
    matrix = report.get("confusion_matrix")
    if not matrix:
        return None
    labels, counts = matrix["labels"], matrix["counts"]
    if len(labels) > _MOST_LABELS_IN_A_MATRIX:
        return section("Most frequent confusions", "最常见的混淆", _pairs(labels, counts))
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
    return section("Confusion matrix", "混淆矩阵", element("table", head, body, class_="matrix"))


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


def hints(report: Report) -> Markup | None:
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
    return section("What to do", "优化建议", element("ul", items, class_="hints"))


def _setting(value: Any) -> str:
    is_plain = isinstance(value, (str, int, float)) or value is None
    return str(value) if is_plain else json.dumps(value, ensure_ascii=False, default=str)


def settings(report: Report) -> Markup:
    rows = [
        element("tr", element("th", name), element("td", _setting(value)))
        for name, value in (report.get("params") or {}).items()
    ]
    return section("Configuration", "配置详情", element("table", rows, class_="settings"))
