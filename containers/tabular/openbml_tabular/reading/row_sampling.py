"""Which rows of a table are used when not all fit: a seeded sample that keeps the shares of classes."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

# A class keeps this many rows, if it has them, though its share would be less.
_FEWEST_OF_A_CLASS = 50


def chosen_rows(
    strata: npt.NDArray[np.int32] | None, total: int, used: int, *, seed: int
) -> npt.NDArray[np.bool_]:
    """Return which rows are used, shape (total,): about `used` of them.

    Args:
        strata: each row's class, -1 where it has none; None: all rows are alike.
    """
    generator = np.random.default_rng(seed)
    chosen = np.zeros(total, np.bool_)
    if strata is None:
        chosen[generator.choice(total, used, replace=False)] = True
        return chosen
    order = np.argsort(strata, kind="stable")
    sizes = np.bincount(strata + 1)
    ends = np.cumsum(sizes)
    for size, end, wanted in zip(sizes, ends, _shares(sizes, used / total), strict=True):
        rows = order[end - size : end]
        chosen[generator.choice(rows, wanted, replace=False)] = True
    return chosen


def _shares(sizes: npt.NDArray[np.int64], share: float) -> Sequence[int]:
    return [min(int(size), max(round(size * share), _FEWEST_OF_A_CLASS)) for size in sizes]
