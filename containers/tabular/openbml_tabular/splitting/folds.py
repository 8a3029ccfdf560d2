"""The folds of a cross-validation."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from openbml_kit.faults import UserFault
from openbml_tabular.examples import Rows
from openbml_tabular.splitting.dealing import dealt_groups, dealt_rows
from openbml_tabular.splitting.keys import SplitKeys
from openbml_tabular.splitting.time_order import groups_in_time, time_cuts

ALWAYS_TRAINS = -1
_FOLDS = 5
_TINY_ROWS = 300
_SMALL_ROWS = 1000


class FoldPlan(NamedTuple):
    """Attributes:
    repeats: how often rows are dealt out anew: of few rows one deal says little.
    """

    count: int
    repeats: int


def fold_plan(rows: int) -> FoldPlan:
    """Return five folds, three times below 300 rows and twice below 1,000."""
    repeats = 3 if rows < _TINY_ROWS else 2 if rows < _SMALL_ROWS else 1
    return FoldPlan(min(_FOLDS, rows), repeats)


def fold_numbers(keys: SplitKeys, plan: FoldPlan, *, seed: int) -> npt.NDArray[np.int64]:
    """Return each row's fold 0, 1, … in each repeat, shape (n, repeats).

    With a time column there is one repeat, and folds follow each other in time: the earliest rows are -1 and
    only ever train, and a fold is judged by what was trained on earlier rows. Classes with fewer rows than
    folds are spread over as many as they have rows.

    Raises:
        UserFault: there are too few groups, times or rows for two folds.
    """
    if keys.times is not None:
        return _chained(keys, plan.count)[:, None]
    generator = np.random.default_rng(seed)
    count = _possible(keys, plan.count)
    if keys.groups is None:
        repeats = [dealt_rows(keys.strata, count, generator) for _ in range(plan.repeats)]
    else:
        repeats = [dealt_groups(keys.strata, keys.groups, count, generator) for _ in range(plan.repeats)]
    return np.column_stack(repeats)


def _possible(keys: SplitKeys, count: int) -> int:
    parts = len(keys) if keys.groups is None else int(keys.groups.max(initial=-1)) + 1
    if parts < 2:
        what = "rows" if keys.groups is None else "groups of the group_column"
        raise UserFault(f"a cross-validation needs at least two {what}, there is {parts}; add data")
    return min(count, parts)


def _chained(keys: SplitKeys, count: int) -> Rows:
    times = groups_in_time(keys)
    cuts = time_cuts(times, np.linspace(0, 1, count + 2)[1:-1].tolist())
    return np.searchsorted(np.asarray(cuts), times, side="right") + ALWAYS_TRAINS
