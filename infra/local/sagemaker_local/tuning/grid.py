"""The grid: every combination of the values of categorical ranges, the last range turning fastest."""

import math
from collections.abc import Sequence

from sagemaker_local.tuning.ranges import CategoricalRange


def grid_size(ranges: Sequence[CategoricalRange]) -> int:
    return math.prod(len(one.values) for one in ranges)


def grid_point(ranges: Sequence[CategoricalRange], index: int) -> dict[str, str]:
    """The combination number ``index``, from 0."""
    point: dict[str, str] = {}
    for one in reversed(ranges):
        index, place = divmod(index, len(one.values))
        point[one.name] = one.values[place]
    return {one.name: point[one.name] for one in ranges}


def turn_of(sizes: Sequence[int | None], number: int) -> tuple[int, int]:
    """Which definition makes the proposal ``number`` (from 0), and how many it made before.

    Definitions take turns; one with a grid leaves the round when its grid is used up. ``None`` has no end.

    Raises:
        IndexError: all grids are used up.
    """
    made = 0
    left = number
    while True:
        players = [index for index, size in enumerate(sizes) if size is None or size > made]
        if not players:
            raise IndexError(number)
        if left < len(players):
            return players[left], made
        left -= len(players)
        made += 1
