"""Curves of one class against the rest: ROC, precision over recall, gain and lift."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from openbml_tabular.report.inputs import Values
from openbml_tabular.report.weighted import area_under_roc, average_precision, ranked

MOST_POINTS = 200
_SHARES = np.arange(1, 101) / 100


@dataclass(frozen=True)
class Ranking:
    """Rows by falling score of a class; rows of equal score are taken together.

    Attributes:
        hits: weight of the class's rows down to each distinct score; found: of all rows.
    """

    hits: Values
    found: Values

    @classmethod
    def of(cls, positive: npt.NDArray[np.bool_], scores: Values, weights: Values) -> "Ranking":
        order, starts = ranked(-scores)
        return cls(
            np.cumsum(np.add.reduceat(weights[order] * positive[order], starts)),
            np.cumsum(np.add.reduceat(weights[order], starts)),
        )


def curves_of(
    label: str, positive: npt.NDArray[np.bool_], scores: Values, weights: Values
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]] | None:
    """Return the ROC, precision-recall and lift curves of a class, at most 200 points each; None where the
    rows are all of it or none.

    Args:
        positive: which rows are of the class, shape (n,); scores, weights: of the same shape.
    """
    if positive.all() or not positive.any():
        return None
    ranking = Ranking.of(positive, scores, weights)
    once = weights[None, :]
    return (
        {"label": label, "auc": float(area_under_roc(positive, scores)(once)[0]), **_roc(ranking)},
        {
            "label": label,
            "average_precision": float(average_precision(positive, scores)(once)[0]),
            **_precision_recall(ranking),
        },
        {"label": label, **_lift(ranking)},
    )


def thinned(length: int, along: Values, most: int = MOST_POINTS) -> npt.NDArray[np.int64]:
    """Return at most so many places, the first and the last among them, at even steps of what rises along."""
    if length <= most:
        return np.arange(length)
    wanted = np.linspace(along[0], along[-1], most)
    places = np.searchsorted(along, wanted).clip(0, length - 1)
    return np.unique(np.concatenate(([0], places[1:-1], [length - 1])))


def _roc(ranking: Ranking) -> dict[str, Any]:
    true = np.append([0.0], ranking.hits / ranking.hits[-1])
    other = ranking.found - ranking.hits
    false = np.append([0.0], other / other[-1])
    kept = thinned(len(true), true + false)
    return {"fpr": _points(false[kept]), "tpr": _points(true[kept])}


def _precision_recall(ranking: Ranking) -> dict[str, Any]:
    recall, precision = ranking.hits / ranking.hits[-1], ranking.hits / ranking.found
    kept = thinned(len(recall), recall + ranking.found / ranking.found[-1])
    return {"recall": _points(recall[kept]), "precision": _points(precision[kept])}


def _lift(ranking: Ranking) -> dict[str, Any]:
    """Gain: share of the class among the first rows; lift: how many times that of rows drawn by chance.
    Within rows of equal score both rise evenly, as in any order of them in the mean."""
    found = np.append([0.0], ranking.found / ranking.found[-1])
    gain = np.interp(_SHARES, found, np.append([0.0], ranking.hits / ranking.hits[-1]))
    return {"share": _points(_SHARES), "gain": _points(gain), "lift": _points(gain / _SHARES)}


def _points(values: Values) -> list[float]:
    """Return values as they are drawn: more digits would only make the report larger."""
    rounded: list[float] = np.round(values, 6).tolist()
    return rounded
