"""The threshold of a binary model: what each costs, and the cheapest of all."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from openbml_catalog.tabular.settings import Costs
from openbml_tabular.report.curves import thinned
from openbml_tabular.report.inputs import Values
from openbml_tabular.report.weighted import ranked


@dataclass(frozen=True)
class Cuts:
    """All ways to cut the rows by score: a row counts as positive where its score is greater than the
    threshold.

    Attributes:
        thresholds: ascending, shape (cuts,); one stands between each two neighbouring scores.
        true_positives, false_positives: weights above each, shape (cuts,).
    """

    thresholds: Values
    true_positives: Values
    false_positives: Values
    positives: float
    negatives: float

    @classmethod
    def of(
        cls, positive: npt.NDArray[np.bool_], scores: Values, weights: Values, *, aim: float = 0.5
    ) -> "Cuts":
        """Return the cuts of rows; between two scores stands the aim where it fits, else their middle."""
        order, starts = ranked(scores)
        distinct = np.clip(scores[order][starts], 0.0, 1.0)
        true = np.add.reduceat(weights[order] * positive[order], starts)
        false = np.add.reduceat(weights[order] * ~positive[order], starts)
        above_true = np.append(np.cumsum(true[::-1])[::-1], [0.0])
        above_false = np.append(np.cumsum(false[::-1])[::-1], [0.0])
        low, high = np.append([0.0], distinct), np.append(distinct, [1.0])
        # Everything is above 0 only where no score is 0.
        first = 0 if distinct[0] > 0 else 1
        thresholds = _between(low, high, aim)
        return cls(
            thresholds[first:],
            above_true[first:],
            above_false[first:],
            float(true.sum()),
            float(false.sum()),
        )

    def costs(self, costs: Costs) -> Values:
        """Return what wrong answers cost at each threshold in all."""
        missed = self.positives - self.true_positives
        return self.false_positives * costs.false_positive + missed * costs.false_negative


def cost_threshold(
    positive: npt.NDArray[np.bool_], scores: Values, weights: Values, costs: Costs
) -> tuple[float, list[dict[str, Any]]]:
    """Return the threshold of the least cost over all there are, and a curve of at most 200 with it.

    Of equally cheap ones it is the nearest to what certain probabilities would ask for, fp / (fp + fn)
    (Elkan 2001, The foundations of cost-sensitive learning, eq. 2).

    Args:
        positive: shape (n,), as are scores and weights; scores are 0 to 1. Not empty.
    """
    aim = costs.false_positive / (costs.false_positive + costs.false_negative)
    cuts = Cuts.of(positive, scores, weights, aim=aim)
    total = cuts.costs(costs)
    equal = np.flatnonzero(total <= total.min() * (1 + 1e-12))
    best = int(equal[np.abs(cuts.thresholds[equal] - aim).argmin()])
    return float(cuts.thresholds[best]), _curve(cuts, total, best)


def _between(low: Values, high: Values, aim: float) -> Values:
    """Return a number between each two scores, equal to none of them where there is room: then it makes no
    difference whether a score must reach or exceed it."""
    middle = low + (high - low) / 2
    found = np.where((low < aim) & (aim < high), aim, middle)
    return np.where(found < high, found, low)


def _curve(cuts: Cuts, total: Values, best: int) -> list[dict[str, Any]]:
    count = len(total)
    steps = np.arange(count) / max(1, count - 1)
    along = cuts.thresholds + steps  # even in thresholds and in rows
    kept = np.unique(np.append(thinned(count, along, most=199), [best]))
    rows = cuts.positives + cuts.negatives
    true, false = cuts.true_positives[kept], cuts.false_positives[kept]
    right = true + cuts.negatives - false
    points = {
        "threshold": cuts.thresholds[kept],
        "precision": _share(true, true + false),
        "recall": _share(true, np.full(len(kept), cuts.positives)),
        "f1": _share(2 * true, true + false + cuts.positives),
        "accuracy": right / rows,
        "cost": total[kept],
    }
    return [
        dict(zip(points, values, strict=True))
        for values in zip(*(column.tolist() for column in points.values()), strict=True)
    ]


def _share(above: Values, below: Values) -> Values:
    return np.divide(above, below, out=np.zeros(len(above)), where=below > 0)
