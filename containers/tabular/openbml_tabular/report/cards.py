"""Data card and model card: what a stranger must know before using the data or the model.

Sources: Mitchell et al. 2019, Model cards for model reporting, arXiv 1810.03993, section 4 (its headings);
Pushkarna et al. 2022, Data cards, arXiv 2204.01075 (facts that are measured stand apart from what only people
can tell).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from openbml_kit.report_basis import Message
from openbml_tabular.report.inputs import ReportInputs
from openbml_tabular.report.verdict import held_names

_MOST_COLUMNS = 10


def data_card(inputs: ReportInputs) -> dict[str, Any]:
    """Return what the data are, and what is known to be wrong with them."""
    training, columns = inputs.training, inputs.columns
    used = [column for column in columns if column.kind != "ignored"]
    kinds = sorted({column.kind for column in columns})
    return {
        "dataset": inputs.context.get("dataset"),
        "target": inputs.target,
        "training_rows": training.rows,
        "evaluated_rows": len(inputs.evaluated),
        "columns": len(columns),
        "columns_used": len(used),
        "kinds": {kind: sum(column.kind == kind for column in columns) for kind in kinds},
        "classes": [
            {"label": label, "count": int(count)}
            for label, count in zip(inputs.problem.labels, training.class_counts, strict=False)
        ],
        "most_missing": [
            {"column": column.name, "missing_share": column.missing_share}
            for column in sorted(used, key=lambda column: -column.missing_share)[:_MOST_COLUMNS]
            if column.missing_share > 0
        ],
        "ignored": [
            {"column": column.name, "reason": column.ignored_because}
            for column in columns
            if column.ignored_because
        ][: _MOST_COLUMNS * 5],
        "known_problems": [_text(row.code, row.message_en, row.message_zh) for row in inputs.warnings],
        "to_be_told": [
            _text(
                "origin",
                "Where the rows come from, when they were taken, and who is not among them.",
                "数据的来源、采集时间，以及未被覆盖的人群或情况。",
            ),
            _text(
                "consent",
                "Whether persons are described, and whether this use is one they agreed to.",
                "数据是否涉及个人，以及该用途是否已获同意。",
            ),
            _text(
                "target_rule",
                f"Who decided the values of {inputs.target}, and by which rule.",
                f"目标列{inputs.target}的取值由谁、按何规则确定。",
            ),
        ],
    }


def model_card(inputs: ReportInputs, report: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the model is, is good for, and is not.

    Args:
        report: the sections that were made already.
    """
    held_en, held_zh = held_names(inputs.source)
    count = len(inputs.evaluated)
    parts = [entry.name for entry in inputs.leaderboard if entry.weight > 0]
    return {
        "details": {
            "run_id": inputs.context.get("run_id"),
            "network": inputs.context.get("network"),
            "kind": str(inputs.problem.kind),
            "metric": str(inputs.problem.metric),
            "parts": parts,
            "seed": inputs.seed,
        },
        "intended_use": _intended_use(inputs),
        "out_of_scope": [
            _text(
                "other_rows",
                "Rows unlike the training rows: other places, times, products or persons. Compare their "
                "distribution with the drift baseline that is kept with the model.",
                "与训练数据分布不同的数据（其他地区、时间、产品或人群）。请与随模型保存的漂移基线比较。",
            ),
            _text(
                "causes",
                "Conclusions on causes: importance and dependence say what the model uses, not what would "
                "happen if a value were changed.",
                "因果推断：重要性和依赖关系只说明模型使用了什么，并不代表改变某个值会带来的结果。",
            ),
            _text(
                "alone",
                "Decisions on persons without a human who can overrule them.",
                "在没有人工复核的情况下对个人作出决定。",
            ),
        ],
        "factors": [
            {"column": row["column"], "value_en": row["value_en"], "value_zh": row["value_zh"]}
            for row in report["slices"][:_MOST_COLUMNS]
        ],
        "evaluation": {
            "rows": count,
            "figures": report["overall"],
            "intervals": report["intervals"],
            "baseline": report["baseline"],
            "text_en": f"Figures rest on {count} {held_en}; intervals are 95 % bootstrap intervals.",
            "text_zh": f"指标基于{count}行{held_zh}，区间为95%自助法置信区间。",
        },
        "limits": _limits(inputs, report),
        "cautions": report["cautions"],
    }


def _intended_use(inputs: ReportInputs) -> list[Message]:
    what_en = "the class" if inputs.problem.is_classification else "the value"
    what_zh = "类别" if inputs.problem.is_classification else "数值"
    return [
        _text(
            "prediction",
            f"Predicting {what_en} of {inputs.target} for rows that have the same columns and come from the "
            "same source as the training rows.",
            f"对与训练数据同来源、列相同的数据预测{inputs.target}的{what_zh}。",
        )
    ]


def _limits(inputs: ReportInputs, report: Mapping[str, Any]) -> list[Message]:
    found = [
        _text(
            "past",
            "The figures tell of the past: when the world changes they no longer hold. Evaluate again on new "
            "rows.",
            "指标反映的是过去的数据，情况变化后需要用新数据重新评估。",
        ),
        _text(
            "unseen_values",
            "Categories that training has not seen are treated as unknown, numbers beyond the training range "
            "mostly like its ends.",
            "训练中未出现的类别按未知处理；超出训练范围的数值大多按范围端点处理。",
        ),
    ]
    if inputs.source == "cross_validation":
        found.append(
            _text(
                "selection",
                "Models were chosen and weighed by the same rows, so the figures are slightly optimistic; an "
                "evaluation set of its own is not.",
                "模型的选择与加权使用了同一批数据，指标略偏乐观；独立评测集则没有这一问题。",
            )
        )
    if report["recommended_threshold"] is not None:
        found.append(
            _text(
                "threshold",
                "The recommended threshold was chosen on the rows that it is shown for, so its cost is "
                "slightly optimistic.",
                "推荐阈值由同一批评估数据选出，其成本略偏乐观。",
            )
        )
    if report["slices"]:
        found.append(
            _text(
                "slices",
                f"The model is clearly worse in {len(report['slices'])} parts of the rows, listed under "
                "slices; that a part is not listed does not show that the model is good there.",
                f"模型在{len(report['slices'])}个数据子集上明显较差（见切片分析）；未列出的子集并不代表效果好。",
            )
        )
    return found


def _text(code: str, message_en: str, message_zh: str) -> Message:
    return {"code": code, "message_en": message_en, "message_zh": message_zh}


def column_rows(inputs: ReportInputs) -> Sequence[dict[str, Any]]:
    """Return the report's `columns`."""
    return [
        {
            "name": column.name,
            "kind": column.kind,
            "missing_share": column.missing_share,
            "distinct": column.distinct,
            **({"ignored_because": column.ignored_because} if column.ignored_because else {}),
        }
        for column in inputs.columns
    ]
