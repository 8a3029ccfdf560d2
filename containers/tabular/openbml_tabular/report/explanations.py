"""The sections that ask the model about changed rows: importance and partial dependence."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from openbml_tabular.report.column_views import ColumnView
from openbml_tabular.report.deadlines import Deadline, rows_per_second
from openbml_tabular.report.dependence import partial_dependence
from openbml_tabular.report.importance import (
    Measured,
    measurable,
    permutation_importance,
    screened,
    shapley_importance,
    without_the_rest,
)
from openbml_tabular.report.inputs import ReportInputs

_SCREENING_SHARE = 0.05
_PERMUTATION_SHARE, _SHAPLEY_SHARE, _DEPENDENCE_SHARE = 0.45, 0.6, 0.9


@dataclass(frozen=True)
class Explained:
    """Attributes:
    sections: `importance` and `partial_dependence` of the report.
    views: all columns, the most important first.
    """

    sections: dict[str, Any]
    views: Sequence[ColumnView]


def explained(inputs: ReportInputs, views: Sequence[ColumnView], deadline: Deadline) -> Explained:
    """Explain the model on the evaluated rows, within the time."""
    evaluated = inputs.evaluated
    rate = rows_per_second(inputs.predict, evaluated.x, deadline)
    measured = Measured(inputs.problem, inputs.predict, evaluated.x, evaluated.y, rate, inputs.seed)
    most = measurable(measured, deadline.part(_PERMUTATION_SHARE))
    chosen = screened(measured, views, most, deadline.part(_SCREENING_SHARE))
    permuted = permutation_importance(measured, chosen, deadline.part(_PERMUTATION_SHARE))
    rank = {row.column: place for place, row in enumerate(permuted)}
    ordered = sorted(chosen, key=lambda view: rank.get(view.name, len(rank)))
    shapley = shapley_importance(measured, ordered, _background(inputs), deadline.part(_SHAPLEY_SHARE))
    names = {view.name for view in chosen}
    others = [view for view in views if view.name not in names]
    return Explained(
        {
            "importance": {
                "permutation": [asdict(row) for row in permuted],
                "shap": shapley,
                "on": "rows_of_training" if inputs.saw_evaluated else "evaluated_rows",
                "selection": _selection(measured, chosen, others, deadline.part(_SCREENING_SHARE)),
            },
            "partial_dependence": partial_dependence(measured, ordered, deadline.part(_DEPENDENCE_SHARE)),
        },
        [*ordered, *others],
    )


def _background(inputs: ReportInputs) -> Any:
    return inputs.training.x if len(inputs.training.x) else inputs.evaluated.x


def _selection(
    measured: Measured, chosen: Sequence[ColumnView], others: Sequence[ColumnView], deadline: Deadline
) -> dict[str, Any] | None:
    """Tell that columns were left out, and how much the metric falls without all of them."""
    if not others:
        return None
    count, total = len(chosen), len(chosen) + len(others)
    fall = without_the_rest(measured, np.concatenate([view.places for view in others]), deadline)
    return {
        "columns_total": total,
        "columns_used": count,
        "permutation_of_the_others": fall,
        "reason_en": f"Of {total} columns, the {count} whose values tell most of the model's answers were "
        f"measured; without all the others together the metric falls by {fall:.3g}.",
        "reason_zh": f"共{total}列，仅计算了与模型预测最相关的{count}列；"
        f"打乱其余全部列后指标下降{fall:.3g}。",
    }
