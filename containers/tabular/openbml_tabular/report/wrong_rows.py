"""Rows that the model gets wrong, the most instructive first, with their values."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from openbml_kit.report_basis import WRONG_EXAMPLES, EvaluatedSample
from openbml_tabular.problem import Problem
from openbml_tabular.report.column_views import shown
from openbml_tabular.report.inputs import Evaluated, Rows, Values

_MOST_VALUES = 30
_TOP = 5
# A residual above so many root mean squared errors counts as wrong.
_LARGE = 2.0


def wrong_rows(evaluated: Evaluated, problem: Problem) -> Rows:
    """Return the wrong rows, the worst first: of a classification the most confident mistakes, else the
    largest residuals, those above twice the root mean squared error (of quantiles: outside of the outer
    ones)."""
    if problem.is_classification:
        predicted = evaluated.predictions.argmax(axis=1)
        wrong = np.flatnonzero(predicted != evaluated.y)
        badness = evaluated.predictions[wrong, predicted[wrong]]
    else:
        distance = _distances(evaluated, problem)
        wrong = np.flatnonzero(distance > 0)
        badness = distance[wrong]
    ordered: Rows = wrong[np.argsort(-badness, kind="stable")]
    return ordered


def wrong_examples(
    evaluated: Evaluated, problem: Problem, wrong: Rows, columns: Sequence[str]
) -> list[dict[str, Any]]:
    """Return at most 200 of the wrong rows, each with the values of at most 30 columns.

    Args:
        columns: the most important first.
    """
    chosen = wrong[:WRONG_EXAMPLES]
    held = set(evaluated.table.column_names)
    listed = [name for name in columns if name in held][:_MOST_VALUES]
    table = evaluated.table.select(listed).take(chosen).to_pylist()
    return [
        {
            **_named(evaluated, row),
            **_answer(evaluated, problem, row),
            "values": {name: shown(value) for name, value in values.items()},
        }
        for row, values in zip(chosen.tolist(), table, strict=True)
    ]


def sample_of(evaluated: Evaluated, row: int) -> EvaluatedSample:
    """Return a row as reports name samples; rows have no ids of their own."""
    number = row_number(evaluated, row)
    return EvaluatedSample(f"row-{number}", f"row {number}")


def row_number(evaluated: Evaluated, row: int) -> int:
    return int(row if evaluated.numbers is None else evaluated.numbers[row])


def _named(evaluated: Evaluated, row: int) -> dict[str, Any]:
    sample = sample_of(evaluated, row)
    return {"sample_id": sample.sample_id, "name": sample.name, "row": row_number(evaluated, row)}


def _answer(evaluated: Evaluated, problem: Problem, row: int) -> dict[str, Any]:
    said = np.asarray(evaluated.predictions[row], dtype=np.float64)
    if not problem.is_classification:
        return _value(problem, float(evaluated.y[row]), said)
    labels = problem.labels
    best = np.argsort(-said, kind="stable")[:_TOP].tolist()
    return {
        "true": labels[int(evaluated.y[row])],
        "predicted": labels[best[0]],
        "score": float(said[best[0]]),
        "top": [{"name": labels[place], "score": float(said[place])} for place in best],
    }


def _value(problem: Problem, true: float, said: Values) -> dict[str, Any]:
    middle = float(said[middle_output(problem)])
    told = {"true": true, "predicted": middle, "residual": true - middle}
    if not problem.quantiles:
        return told
    named = zip(problem.quantiles, said.tolist(), strict=True)
    return {**told, "quantiles": {f"{quantile:g}": value for quantile, value in named}}


def middle_output(problem: Problem) -> int:
    """Return the output that stands for a regression's value: the quantile nearest to the median."""
    if not problem.quantiles:
        return 0
    return int(np.abs(np.asarray(problem.quantiles) - 0.5).argmin())


def _distances(evaluated: Evaluated, problem: Problem) -> Values:
    """Return how wrong each row is, 0 or less where it counts as right."""
    y, said = evaluated.y, np.asarray(evaluated.predictions, dtype=np.float64)
    if len(problem.quantiles) > 1:
        outside: Values = np.maximum(said[:, 0] - y, y - said[:, -1])
        return outside
    error = np.abs(y - said[:, 0])
    return np.where(error > _LARGE * np.sqrt((error**2).mean()), error, 0.0)
