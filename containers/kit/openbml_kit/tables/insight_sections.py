"""Sections of a tabular report's page that show what the model uses and where it fails."""

from collections.abc import Mapping, Sequence
from typing import Any

from openbml_kit.markup import Child, Markup, both, element
from openbml_kit.report_charts import bar, line_chart
from openbml_kit.report_layout import rows_table, section
from openbml_kit.report_sections import Report
from openbml_kit.report_words import figure_name
from openbml_kit.tables.figure_sections import number

_MOST_BARS, _MOST_EXAMPLES, _MOST_VALUES, _MOST_OUTPUTS = 30, 60, 8, 6
_KINDS = {
    "number": ("number", "数值"),
    "category": ("category", "类别"),
    "date": ("date", "日期"),
    "text": ("text", "文本"),
    "ignored": ("not used", "未使用"),
}


def importance(report: Report) -> Markup | None:
    found = report["importance"]
    if not found["permutation"] and not found["shap"]:
        return None
    on_training = found["on"] == "rows_of_training"
    note = (
        both(
            "Measured on rows that the model learnt from: columns it holds by heart look too important.",
            "基于训练数据计算：模型死记的特征可能显得过于重要。",
        )
        if on_training
        else both("Measured on evaluated rows.", "基于评估数据计算。")
    )
    selection = found["selection"]
    told = element("p", both(selection["reason_en"], selection["reason_zh"])) if selection else None
    return section(
        "What the model uses",
        "特征重要性",
        element("p", note, class_="note"),
        told,
        element(
            "div",
            _bars("Fall of the metric when permuted", "打乱后指标的下降", found["permutation"], "mean"),
            _bars("Mean absolute Shapley value", "Shapley值绝对值的均值", found["shap"], "mean_abs"),
            class_="charts",
        ),
    )


def _bars(english: str, chinese: str, rows: Sequence[Mapping[str, Any]], figure: str) -> Markup | None:
    if not rows:
        return None
    largest = max(row[figure] for row in rows)
    lines: list[list[Child | list[Child]]] = [
        [
            row["column"],
            [
                bar(row[figure] / largest if largest > 0 else 0.0),
                f" {row[figure]:.4g}" + (f" ± {row['std']:.2g}" if "std" in row else ""),
            ],
        ]
        for row in rows[:_MOST_BARS]
    ]
    head = [both("Column", "列"), both("Importance", "重要性")]
    return element("div", element("h3", both(english, chinese)), rows_table(head, lines))


def dependence(report: Report) -> Markup | None:
    rows = report["partial_dependence"]
    if not rows:
        return None
    outputs = _output_names(report)
    shown = [
        element(
            "div",
            element("h3", row["column"]),
            _curve(row, outputs) if row["kind"] == "number" else _listed(row, outputs),
        )
        for row in rows
    ]
    note = both(
        "The mean answer when the column has this value in all rows: what the model does, no cause.",
        "将该列统一设为某值时的平均预测：反映模型行为，并非因果关系。",
    )
    return section(
        "Partial dependence",
        "部分依赖",
        element("p", note, class_="note"),
        element("div", shown, class_="charts"),
    )


def _output_names(report: Report) -> dict[int, str]:
    """Return the outputs to show: of two classes the second; of values the only one, or each quantile."""
    problem = report["problem"]
    if problem["kind"] == "binary":
        return {1: problem["labels"][1]}
    names = problem["labels"] or [f"{share:g}" for share in problem["quantiles"]] or [problem["target"]]
    return dict(enumerate(names[:_MOST_OUTPUTS]))


def _curve(row: Mapping[str, Any], outputs: Mapping[int, str]) -> Markup:
    values = [float(value) for value in row["values"]]
    lines = {
        name: [(value, average[place]) for value, average in zip(values, row["average"], strict=True)]
        for place, name in outputs.items()
    }
    return line_chart(lines, {}, across=(min(values), max(values)))


def _listed(row: Mapping[str, Any], outputs: Mapping[int, str]) -> Markup:
    head = [both("Value", "取值"), both("Rows", "行数"), *outputs.values()]
    body = [
        [str(value), count, *(number(average[place]) for place in outputs)]
        for value, count, average in zip(row["values"], row["counts"], row["average"], strict=True)
    ]
    return rows_table(head, body)


def slices(report: Report) -> Markup:
    rows = report["slices"]
    if not rows:
        return section(
            "Where the model fails",
            "薄弱数据子集",
            element(
                "p",
                both(
                    "No part of the rows is clearly worse than the rest. Small parts may be, unseen.",
                    "未发现明显差于整体的数据子集；过小的子集可能无法发现。",
                ),
            ),
        )
    head = [
        both("Column", "列"),
        both("Value", "取值"),
        both("Rows", "行数"),
        figure_name(str(rows[0]["metric"])),
        both("All rows", "整体"),
        both("Difference", "差异"),
    ]
    body = [
        [
            row["column"],
            both(row["value_en"], row["value_zh"]),
            row["rows"],
            *(number(row[name]) for name in ("score", "overall", "difference")),
        ]
        for row in rows
    ]
    note = both(
        "Parts that are worse than the other rows beyond chance, after correction for the number of parts "
        "that were looked at. Why they are is not known from this.",
        "经多重比较校正后仍显著差于其余数据的子集；原因需另行分析。",
    )
    return section(
        "Where the model fails", "薄弱数据子集", element("p", note, class_="note"), rows_table(head, body)
    )


def wrong_rows(report: Report) -> Markup | None:
    rows, total = report["wrong_examples"][:_MOST_EXAMPLES], report["wrong_count"]
    if not rows:
        return None
    names = list(rows[0]["values"])[:_MOST_VALUES]
    head = [both("Row", "行号"), both("True", "真实"), both("Predicted", "预测"), *names]
    body = [
        [
            row["row"],
            number(row["true"]),
            number(row["predicted"]) + (f" ({row['score']:.2f})" if "score" in row else ""),
            *(row["values"].get(name, "") for name in names),
        ]
        for row in rows
    ]
    note = both(f"{len(rows)} of {total} are shown.", f"共{total}行，展示{len(rows)}行。")
    return section("Wrong rows", "预测错误的数据", element("p", note), _wide(rows_table(head, body)))


def columns(report: Report) -> Markup | None:
    rows = report["columns"]
    if not rows:
        return None
    head = [
        both("Column", "列"),
        both("Kind", "类型"),
        both("Missing", "缺失率"),
        both("Distinct", "不同取值"),
        both("Not used because", "未使用的原因"),
    ]
    body = [
        [
            row["name"],
            both(*_KINDS[row["kind"]]),
            f"{row['missing_share']:.1%}",
            row["distinct"],
            row.get("ignored_because", ""),
        ]
        for row in rows
    ]
    return section("Columns", "数据列", rows_table(head, body))


def _wide(table: Markup) -> Markup:
    return element("div", table, class_="wide")
