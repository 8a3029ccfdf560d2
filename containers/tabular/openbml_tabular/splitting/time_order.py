"""Cuts rows by time; rows of one time, or of one group, stay together."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from openbml_kit.faults import UserFault
from openbml_tabular.splitting.keys import SplitKeys

Times = npt.NDArray[np.float64]


def groups_in_time(keys: SplitKeys) -> Times:
    """Return each row's time; rows of a group have the time of its last one."""
    assert keys.times is not None
    if keys.groups is None:
        return keys.times
    last = np.full(int(keys.groups.max(initial=-1)) + 1, -np.inf)
    np.maximum.at(last, keys.groups, keys.times)
    return last[keys.groups]


def time_cuts(times: Times, shares: Sequence[float]) -> Sequence[float]:
    """Return the times before which about these shares of the rows lie, ascending and all different.

    There are fewer where there are not enough times; never is a side of a cut empty.

    Raises:
        UserFault: all rows have one time.
    """
    different, counts = np.unique(times, return_counts=True)
    if len(different) < 2:
        raise UserFault("time_column: all rows have one time, so none comes after the others; name another")
    before = np.cumsum(counts)[:-1] / len(times)  # the share before different[1:]
    nearest = {int(np.abs(before - share).argmin()) for share in shares}
    return [float(different[place + 1]) for place in sorted(nearest)]
