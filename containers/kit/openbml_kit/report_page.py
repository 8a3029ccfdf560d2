"""`report.html` of a report of pictures; `tables.report_page` makes those of tables.

Names and labels come from users and are escaped.
"""

from collections.abc import Mapping
from typing import Any

from openbml_kit.markup import Markup, both, element, joined
from openbml_kit.report_charts import line_chart
from openbml_kit.report_layout import document, section
from openbml_kit.report_pictures import data_uri, drawn_example
from openbml_kit.report_sections import Report, confusion, heading, hints, history, per_class, settings
from openbml_kit.report_words import figure_name

SHOWN_EXAMPLES = 60


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
        history(report),
        per_class(report),
        *_curves(report),
        confusion(report),
        hints(report),
        _gallery(report, thumbnails),
        _heat(report, heat_maps or {}),
        settings(report),
    ]
    title = f"OpenBML · {report.get('network', '')} · {report.get('run_id', '')}"
    return document(title, _heading(report), sections, switches=_switches())


def _switches() -> Markup:
    return joined(
        element("input", type="checkbox", id="show-fp", checked=""),
        element("label", both("False positives", "误识别"), for_="show-fp", class_="fp"),
        element("input", type="checkbox", id="show-missed", checked=""),
        element("label", both("Missed", "漏识别"), for_="show-missed", class_="missed"),
    )


def _heading(report: Report) -> Markup:
    held = report["basis"]["source"] == "holdout"
    source = (
        both("images held out of the training data", "从训练数据中留出的图片")
        if held
        else both("a separate evaluation set", "独立评测集")
    )
    return heading(report, source)


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
    return section("Overall", "整体评估", element("div", cards, class_="cards"))


def _card(name: Markup, value: float | None) -> Markup:
    return element("div", element("b", "–" if value is None else f"{value:.1%}"), name, class_="card")


def _curves(report: Report) -> list[Markup]:
    sections = []
    curve, threshold = report.get("threshold_curve"), report.get("recommended_threshold")
    if curve:
        lines = {
            name: [(row["threshold"], row[name]) for row in curve] for name in ("precision", "recall", "f1")
        }
        named = {name: figure_name(name) for name in lines}
        drawn = line_chart(lines, named, across=(0.0, 1.0), up=(0.0, 1.0), marked=threshold)
        sections.append(section("Threshold", "阈值", drawn))
    if report.get("pr_curves"):
        lines = {
            row["label"]: list(zip(row["recall"], row["precision"], strict=True))
            for row in report["pr_curves"]
        }
        drawn = line_chart(lines, {}, across=(0.0, 1.0), up=(0.0, 1.0))
        sections.append(section("Precision over recall, IoU 0.5", "PR曲线（IoU 0.5）", drawn))
    return sections


def _gallery(report: Report, thumbnails: Mapping[str, bytes]) -> Markup:
    examples = report.get("wrong_examples") or []
    total = report.get("wrong_count", len(examples))
    shown = [_example(row, thumbnails.get(str(row["sample_id"]))) for row in examples[:SHOWN_EXAMPLES]]
    note = element("p", both(f"{len(shown)} of {total} are shown.", f"共{total}个，展示{len(shown)}个。"))
    return section("Wrong examples", "识别错误图片示例", note, element("div", shown, class_="gallery"))


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
    return section(
        "Heat maps: where the model looked", "热力图：模型关注的区域", element("div", shown, class_="gallery")
    )
