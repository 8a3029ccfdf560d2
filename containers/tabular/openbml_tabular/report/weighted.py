"""Figures as functions of how often each row counts, so that a bootstrap is a product of matrices. What a
figure needs beside the weights is worked out when it is first asked for.

Weights have shape (b, n): one line for each resample. A figure without meaning there is NaN.
"""

from collections.abc import Callable, Mapping
from functools import cache

import numpy as np
import numpy.typing as npt

from openbml_tabular.report.inputs import Values

Figure = Callable[[Values], Values]
Figures = Mapping[str, Figure]


def mean(values: Values) -> Figure:
    """Return the figure that is the weighted mean of a value of each row."""
    return lambda weights: ratio(weights @ values, weights.sum(axis=1))


def ratio(above: Values, below: Values) -> Values:
    found: Values = np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below > 0)
    return found


def mean_of_known(values: Values) -> Values:
    """Return the mean over the second axis of what is no NaN."""
    known = np.isfinite(values)
    return ratio(np.where(known, values, 0.0).sum(axis=1), known.sum(axis=1).astype(np.float64))


def area_under_roc(positive: npt.NDArray[np.bool_], scores: Values) -> Figure:
    """Return the probability that a positive row scores higher than another; equal scores count half.

    Source: Hanley and McNeil 1982, Radiology 143, section "Meaning of the area".
    """
    ranking = cache(lambda: ranked(scores))

    def area(weights: Values) -> Values:
        order, starts = ranking()
        is_positive = positive[order].astype(np.float64)
        chosen = weights[:, order]
        above = np.add.reduceat(chosen * is_positive, starts, axis=1)
        other = np.add.reduceat(chosen * (1 - is_positive), starts, axis=1)
        below = np.cumsum(other, axis=1) - other / 2
        return ratio((above * below).sum(axis=1), above.sum(axis=1) * other.sum(axis=1))

    return area


def average_precision(positive: npt.NDArray[np.bool_], scores: Values) -> Figure:
    """Return the sum over the distinct scores of precision times what recall gains there.

    Source: Zhu 2004, Recall, precision and average precision; as in `classification_metrics`.
    """
    ranking = cache(lambda: ranked(-scores))

    def area(weights: Values) -> Values:
        order, starts = ranking()
        is_positive = positive[order].astype(np.float64)
        chosen = weights[:, order]
        hits = np.add.reduceat(chosen * is_positive, starts, axis=1)
        found = np.cumsum(np.add.reduceat(chosen, starts, axis=1), axis=1)
        precision = ratio(np.cumsum(hits, axis=1), found)
        return ratio(np.nansum(precision * hits, axis=1), hits.sum(axis=1))

    return area


def ranked(scores: Values) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the rows by rising score, and where in that order each distinct score begins."""
    order = np.argsort(scores, kind="stable")
    sorted_scores = scores[order]
    return order, np.flatnonzero(np.append([True], sorted_scores[1:] != sorted_scores[:-1]))
