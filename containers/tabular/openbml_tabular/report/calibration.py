"""How far probabilities can be taken at their word.

Source: Guo et al. 2017, On calibration of modern neural networks, arXiv 1706.04599, section 2 (reliability
diagram and expected calibration error).
"""

from typing import Any

import numpy as np

from openbml_tabular.report.class_figures import brier_scores
from openbml_tabular.report.inputs import Rows, Values

_BINS = 10


def calibration(y: Rows, probabilities: Values, weights: Values) -> dict[str, Any]:
    """Return the reliability of the second class's probability where there are two, else of the answer's.

    Args:
        y: class numbers, shape (n,); probabilities: shape (n, classes); weights: shape (n,).
    """
    if probabilities.shape[1] == 2:
        said, came = probabilities[:, 1], y == 1
    else:
        said, came = probabilities.max(axis=1), probabilities.argmax(axis=1) == y
    bins, error = reliability(said, came.astype(np.float64), weights)
    brier = float(weights @ brier_scores(y, probabilities) / weights.sum())
    return {"bins": bins, "expected_error": error, "brier": brier}


def reliability(said: Values, came: Values, weights: Values) -> tuple[list[dict[str, Any]], float]:
    """Return ten bins of equal width with what was predicted and what came, and the expected error: the mean
    distance of the two, weighted by the rows."""
    place = np.minimum((said * _BINS).astype(np.int64), _BINS - 1)
    total = np.bincount(place, weights, _BINS)
    predicted = np.bincount(place, weights * said, _BINS)
    observed = np.bincount(place, weights * came, _BINS)
    counts = np.bincount(place, minlength=_BINS)
    filled = np.flatnonzero(total > 0)
    bins = [
        {
            "predicted": float(predicted[number] / total[number]),
            "observed": float(observed[number] / total[number]),
            "count": int(counts[number]),
        }
        for number in filled.tolist()
    ]
    return bins, float(np.abs(predicted - observed).sum() / total.sum())
