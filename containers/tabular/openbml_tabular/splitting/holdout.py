"""Takes rows for the evaluation out of the training rows."""

from typing import NamedTuple

import numpy as np

from openbml_kit.faults import UserFault
from openbml_tabular.examples import Rows
from openbml_tabular.splitting.dealing import dealt_groups
from openbml_tabular.splitting.keys import SplitKeys
from openbml_tabular.splitting.time_order import groups_in_time, time_cuts

_CROSS_VALIDATED_ROWS = 10_000
_SHARE = 0.2
_MOST_ROWS = 20_000


class Holdout(NamedTuple):
    """Both ascending; together they are all rows."""

    training: Rows
    evaluation: Rows


def holdout_share(wanted: float | None, rows: int) -> float:
    """Return the share of rows that is kept for the evaluation; 0: cross-validation evaluates.

    Args:
        wanted: `holdout_fraction`; None: cross-validation below 10,000 rows, above a fifth, of at most 20,000
            rows.
    """
    if wanted is not None:
        return wanted
    return 0.0 if rows < _CROSS_VALIDATED_ROWS else min(_SHARE, _MOST_ROWS / rows)


def holdout(keys: SplitKeys, share: float, *, seed: int) -> Holdout:
    """Return a split that keeps about `share` of the rows for the evaluation.

    With a time column the latest rows are kept, otherwise rows of all classes alike, or whole groups. Where
    there are no groups, one row of each class always trains.

    Raises:
        UserFault: there is only one group, or only one time.
    """
    if keys.times is not None:
        kept = _latest(keys, share)
    elif keys.groups is not None:
        kept = _some_groups(keys.strata, keys.groups, share, seed)
    else:
        kept = _some_rows(keys.strata, share, seed)
    return Holdout(np.flatnonzero(~kept), np.flatnonzero(kept))


def _some_rows(strata: Rows, share: float, seed: int) -> np.ndarray:
    """Keep, of each stratum, its share to within one row; its first row, by chance, is never kept."""
    order = np.lexsort((np.random.default_rng(seed).random(len(strata)), strata))
    places = np.arange(len(strata))
    taken = np.floor((places + 1) * share) > np.floor(places * share)
    taken[np.flatnonzero(np.diff(strata[order], prepend=-1))] = False
    kept = np.zeros(len(strata), np.bool_)
    kept[order[taken]] = True
    return kept


def _some_groups(strata: Rows, groups: Rows, share: float, seed: int) -> np.ndarray:
    count = int(groups.max()) + 1
    if count < 2:
        raise UserFault("group_column: all rows are of one group, so none can judge the others; name another")
    folds = min(max(round(1 / share), 2), count)
    return dealt_groups(strata, groups, folds, np.random.default_rng(seed)) == 0


def _latest(keys: SplitKeys, share: float) -> np.ndarray:
    times = groups_in_time(keys)
    (cut,) = time_cuts(times, [1 - share])
    return times >= cut
