"""How much each feature by itself tells of the target."""

from typing import Any

import numpy as np
import numpy.typing as npt

_BINS = 20


def association(values: npt.NDArray[np.float64], y: npt.NDArray[Any], *, classes: bool) -> float:
    """Return the share of the target's variance that a feature's intervals or categories explain, 0 to 1.

    Of classes, the target is one 0/1 column for each (their variances add up). The chance that many intervals
    explain anyhow is taken off, as in the adjusted R².

    Args:
        values: shape (n,): numbers or codes; what is missing is an interval of its own.
        y: shape (n,): class numbers or values.
    """
    bins = _binned(values)
    targets = np.eye(int(y.max(initial=0)) + 1)[y] if classes else np.asarray(y, np.float64)[:, None]
    centred = targets - targets.mean(axis=0)
    total = float((centred**2).sum())
    counts = np.bincount(bins)
    used = int((counts > 0).sum())
    if total == 0 or len(y) <= used:
        return 0.0
    sums = np.stack([np.bincount(bins, weights=column) for column in centred.T], axis=1)
    explained = float((sums**2 / np.maximum(counts, 1)[:, None]).sum()) / total
    return max(1 - (1 - explained) * (len(y) - 1) / (len(y) - used), 0.0)


def _binned(values: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return the numbers of intervals with about equally many rows; few different values are their own."""
    missing = np.isnan(values)
    present = values[~missing]
    if not len(present):
        return np.zeros(len(values), np.int64)
    edges = np.unique(np.quantile(present, np.linspace(0, 1, _BINS + 1)[1:]))
    bins = np.searchsorted(edges, values, side="left")
    return np.where(missing, len(edges) + 1, bins).astype(np.int64)
