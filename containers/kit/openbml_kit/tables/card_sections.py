"""Data card and model card of a tabular report's page."""

from collections.abc import Iterable, Mapping

from openbml_kit.markup import Child, Markup, both, element
from openbml_kit.report_layout import section
from openbml_kit.report_sections import Report

Message = Mapping[str, str]


def model_card(report: Report) -> Markup | None:
    card = report.get("model_card")
    if not card:
        return None
    details = card["details"]
    return section(
        "Model card",
        "模型卡",
        _facts(
            (both("Task", "任务"), f"{details['kind']} · {details['metric']}"),
            (both("Made of", "组成"), ", ".join(details["parts"]) or str(details["network"] or "")),
            (both("Evaluation", "评估"), both(card["evaluation"]["text_en"], card["evaluation"]["text_zh"])),
        ),
        _texts("Intended use", "预期用途", card["intended_use"]),
        _texts("Not for", "不适用范围", card["out_of_scope"]),
        _texts("Limits", "局限", card["limits"]),
    )


def data_card(report: Report) -> Markup | None:
    card = report.get("data_card")
    if not card:
        return None
    classes = ", ".join(f"{row['label']}: {row['count']}" for row in card["classes"][:50])
    missing = ", ".join(f"{row['column']} {row['missing_share']:.1%}" for row in card["most_missing"])
    return section(
        "Data card",
        "数据卡",
        _facts(
            (both("Target", "目标列"), card["target"]),
            (both("Training rows", "训练行数"), card["training_rows"]),
            (both("Evaluated rows", "评估行数"), card["evaluated_rows"]),
            (both("Columns used", "使用的列"), f"{card['columns_used']} / {card['columns']}"),
            (both("Classes", "类别"), classes),
            (both("Most missing", "缺失最多"), missing),
        ),
        _texts("Known problems", "已知问题", card["known_problems"]),
        _texts("To be told by the data's owner", "需由数据提供者说明", card["to_be_told"]),
    )


def sampling(report: Report) -> Markup | None:
    told = [report[name] for name in ("sampling", "evaluation_sampling") if report.get(name)]
    if not told:
        return None
    lines = [
        element(
            "li",
            f"{row['rows_used']} / {row['rows_total']}: ",
            both(row["reason_en"], row["reason_zh"]),
        )
        for row in told
    ]
    return section("Sampled rows", "抽样说明", element("ul", lines))


def _facts(*facts: tuple[Markup, Child]) -> Markup:
    rows = [element("tr", element("th", name), element("td", value)) for name, value in facts if value != ""]
    return element("table", rows, class_="settings")


def _texts(english: str, chinese: str, messages: Iterable[Message]) -> list[Markup]:
    lines = [element("li", both(row["message_en"], row["message_zh"])) for row in messages]
    return [element("h3", both(english, chinese)), element("ul", lines)] if lines else []
