"""Sections of a tabular report's page that show figures: how good the model is."""

from collections.abc import Mapping, Sequence
from typing import Any

from openbml_kit.markup import Child, Markup, both, element, joined
from openbml_kit.report_charts import bar, histogram, line_chart, scatter_chart
from openbml_kit.report_layout import rows_table, section
from openbml_kit.report_sections import Report
from openbml_kit.report_words import figure_name

_UNIT = (0.0, 1.0)
_MOST_ENTRIES = 100


def overall(report: Report) -> Markup:
    intervals, baseline = report["intervals"], report["baseline"]
    cards = [
        _card(
            name,
            value,
            _between(intervals.get(name)),
            joined(both("Baseline ", "基线"), number(baseline.get(name))),
        )
        for name, value in report["overall"].items()
    ]
    note = both(
        "In brackets: 95 % bootstrap intervals. Baseline: an answer that uses no column.",
        "括号内为95%自助法置信区间；基线为不使用任何特征的预测。",
    )
    return section(
        "Overall", "整体评估", element("div", cards, class_="cards"), element("p", note, class_="note")
    )


def _card(name: str, value: float | None, *notes: str) -> Markup:
    small = [element("small", note) for note in notes if note]
    return element("div", element("b", number(value)), figure_name(name), small, class_="card")


def _between(ends: Sequence[float] | None) -> str:
    return f"[{number(ends[0])}, {number(ends[1])}]" if ends else ""


def number(value: Any) -> str:
    """Return a figure with four digits; a dash where there is none."""
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def leaderboard(report: Report) -> Markup | None:
    rows = report["leaderboard"][:_MOST_ENTRIES]
    if not rows:
        return None
    head = [
        both("Model", "模型"),
        both("Score", "得分"),
        both("Weight", "权重"),
        both("Fit, s", "训练（秒）"),
        both("A row, ms", "单行预测（毫秒）"),
        both("Size, KB", "大小（KB）"),
        both("State", "状态"),
    ]
    body = [
        [
            row["name"],
            number(row["score"]),
            number(row["weight"]),
            f"{row['fit_s']:.1f}",
            number(row["predict_ms"]),
            f"{row['size_bytes'] / 1024:.0f}",
            " · ".join(str(part) for part in (row["state"], row["reason"]) if part),
        ]
        for row in rows
    ]
    note = both("Higher scores are better; losses are negative.", "得分越高越好，损失类指标为负值。")
    return section("Leaderboard", "排行榜", rows_table(head, body), element("p", note, class_="note"))


def trials(report: Report) -> Markup | None:
    """Return the trials of a search, the best first; each is a mapping with what its search told."""
    rows = [row for row in report["trials"] if isinstance(row.get("score"), (int, float))]
    if not rows:
        return None
    rows.sort(key=lambda row: -row["score"])
    head = [both("Trial", "试验"), both("Model", "模型"), both("Score", "得分"), both("Parameters", "参数")]
    body = [
        [
            number(row.get("number")),
            str(row.get("model") or row.get("name") or ""),
            number(row["score"]),
            ", ".join(f"{name}={number(value)}" for name, value in (row.get("parameters") or {}).items()),
        ]
        for row in rows[:_MOST_ENTRIES]
    ]
    note = both(
        f"{len(body)} of {len(report['trials'])} trials are shown.",
        f"共{len(report['trials'])}次试验，展示{len(body)}次。",
    )
    table = element("div", rows_table(head, body), class_="wide")
    return section("Trials", "超参搜索试验", table, element("p", note, class_="note"))


def threshold(report: Report) -> Markup | None:
    curve, best = report["threshold_curve"], report["recommended_threshold"]
    if not curve:
        return None
    costs = report["costs"]
    said = joined(
        both("Recommended threshold ", "推荐阈值"),
        element("b", f"{best:.4g}"),
        both(
            f": the least cost where a false positive costs {costs['false_positive']:g} and a missed one "
            f"{costs['false_negative']:g}, chosen on these rows. The served model goes by it:",
            f"：误报成本为{costs['false_positive']:g}、漏报成本为{costs['false_negative']:g}时总成本最低，"
            "由这批数据选出。发布后的模型按此阈值给出结果：",
        ),
    )
    served = report["at_threshold"]["figures"]
    more_probable = both("More probable class ", "概率更高的类别")
    cards = [
        _card(name, value, joined(more_probable, number(report["overall"][name])))
        for name, value in served.items()
    ]
    return section(
        "Threshold",
        "阈值",
        element("p", said),
        element("div", cards, class_="cards"),
        element(
            "div",
            _lines(curve, ("precision", "recall", "f1", "accuracy"), best, _UNIT),
            _lines(curve, ("cost",), best, None),
            class_="charts",
        ),
    )


def _lines(
    curve: Sequence[Mapping[str, Any]],
    names: Sequence[str],
    marked: float,
    up: tuple[float, float] | None,
) -> Markup:
    lines = {
        name: [(row["threshold"], row[name]) for row in curve if row[name] is not None] for name in names
    }
    named = {name: figure_name(name) for name in names}
    return line_chart(lines, named, across=_UNIT, up=up, marked=marked)


def curves(report: Report) -> Markup | None:
    if not report["roc"]:
        return None
    lifts = {row["label"]: list(zip(row["share"], row["lift"], strict=True)) for row in report["lift"]}
    return section(
        "Curves",
        "曲线",
        element(
            "div",
            _chart("ROC: true over false positives", "ROC曲线", report["roc"], "fpr", "tpr"),
            _chart("Precision over recall", "PR曲线", report["pr_curves"], "recall", "precision"),
            _chart("Gain over the share of rows", "增益曲线", report["lift"], "share", "gain"),
            element(
                "div",
                element("h3", both("Lift over the share of rows", "提升曲线")),
                line_chart(lifts, {}, across=_UNIT),
            ),
            class_="charts",
        ),
    )


def _chart(english: str, chinese: str, rows: Sequence[Mapping[str, Any]], across: str, up: str) -> Markup:
    lines = {row["label"]: list(zip(row[across], row[up], strict=True)) for row in rows}
    return element(
        "div", element("h3", both(english, chinese)), line_chart(lines, {}, across=_UNIT, up=_UNIT)
    )


def calibration(report: Report) -> Markup | None:
    found = report["calibration"]
    if not found:
        return None
    lines = {
        "model": [(row["predicted"], row["observed"]) for row in found["bins"]],
        "right": [_UNIT_START, _UNIT_END],
    }
    named = {"model": both("Observed share", "实际比例"), "right": both("Perfect", "理想")}
    said = both(
        f"Expected calibration error {found['expected_error']:.4g}; Brier score {found['brier']:.4g}.",
        f"期望校准误差{found['expected_error']:.4g}，Brier分数{found['brier']:.4g}。",
    )
    return section(
        "Calibration: observed over predicted probability",
        "校准：实际比例与预测概率",
        element("p", said),
        line_chart(lines, named, across=_UNIT, up=_UNIT),
    )


_UNIT_START, _UNIT_END = (0.0, 0.0), (1.0, 1.0)


def residuals(report: Report) -> Markup | None:
    found = report["residuals"]
    if not found:
        return None
    points = [(row["actual"], row["predicted"]) for row in found["points"]]
    head = [
        both("Predictions", "预测范围"),
        both("Rows", "行数"),
        both("Predicted", "预测均值"),
        both("Actual", "实际均值"),
        figure_name("mae"),
        both("Bias", "偏差"),
    ]
    body = [
        [
            f"{number(row['from'])} – {number(row['to'])}",
            row["rows"],
            *(number(row[name]) for name in ("predicted", "actual", "mae", "bias")),
        ]
        for row in found["by_decile"]
    ]
    shown = element(
        "div",
        element("div", element("h3", both("Predicted over actual", "预测值与实际值")), scatter_chart(points)),
        element(
            "div",
            element("h3", both("Actual less predicted", "残差分布")),
            histogram(found["histogram"]["edges"], found["histogram"]["counts"]),
        ),
        class_="charts",
    )
    return section("Residuals", "残差", shown, rows_table(head, body))


def coverage(report: Report) -> Markup | None:
    rows = report["quantile_coverage"]
    if not rows:
        return None
    head = [
        both("Quantile", "分位数"),
        both("Rows at or below it", "不高于预测值的比例"),
        figure_name("pinball"),
    ]
    body: list[list[Child | list[Child]]] = [
        [
            number(row["quantile"]),
            [bar(row["coverage"]), f" {row['coverage']:.1%}"],
            number(row["pinball"]),
        ]
        for row in rows
    ]
    return section("Coverage of quantiles", "分位数覆盖率", rows_table(head, body))
