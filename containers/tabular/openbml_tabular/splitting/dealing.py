"""Deals rows or groups of rows out to folds, so that every class is shared evenly."""

import numpy as np
import numpy.typing as npt

from openbml_tabular.examples import Rows

# Beyond this many groups chance balances classes well enough, and looking at each would take long.
_MOST_BALANCED_GROUPS = 20_000
_MOST_BALANCED_CLASSES = 100
_OF_EQUALS_THE_EMPTIER = 1e-12


def dealt_rows(strata: Rows, count: int, generator: np.random.Generator) -> Rows:
    """Return each row's fold, shape (n,): every stratum and the whole are shared out to within one row."""
    order = np.lexsort((generator.random(len(strata)), strata))
    folds = np.empty(len(strata), np.int64)
    folds[order] = np.arange(len(strata)) % count
    return generator.permutation(count)[folds]


def dealt_groups(strata: Rows, groups: Rows, count: int, generator: np.random.Generator) -> Rows:
    """Return each row's fold, shape (n,); rows of a group have the same.

    Groups go, from the largest to the smallest, to the fold that then lacks least of an even share of every
    class: the greedy rule of scikit-learn's StratifiedGroupKFold.
    """
    sizes = np.bincount(groups)
    counts = _class_counts(strata, groups, len(sizes))
    share = counts / counts.sum(axis=0)
    filled = np.zeros((count, counts.shape[1]))
    rows = np.zeros(count)
    fold_of = np.empty(len(sizes), np.int64)
    for place, group in enumerate(np.lexsort((generator.random(len(sizes)), -sizes))):
        spread = ((filled + share[group]) ** 2 - filled**2).sum(axis=1) + rows * _OF_EQUALS_THE_EMPTIER
        if len(sizes) - place <= (rows == 0).sum():  # no fold may stay empty
            spread[rows > 0] = np.inf
        fold_of[group] = fold = int(np.argmin(spread))
        filled[fold] += share[group]
        rows[fold] += sizes[group]
    return fold_of[groups]


def _class_counts(strata: Rows, groups: Rows, count: int) -> npt.NDArray[np.float64]:
    """Return how many rows of each class every group has; only their number where there are very many."""
    classes = int(strata.max(initial=0)) + 1
    if classes > _MOST_BALANCED_CLASSES or count > _MOST_BALANCED_GROUPS:
        return np.bincount(groups, minlength=count).astype(np.float64)[:, None]
    pairs = np.bincount(groups * classes + strata, minlength=count * classes).reshape(count, classes)
    return pairs[:, pairs.sum(axis=0) > 0].astype(np.float64)
