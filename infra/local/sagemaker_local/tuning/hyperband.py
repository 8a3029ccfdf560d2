"""Hyperband: successive halving of training jobs over a resource, in brackets of different haste.

One unit of the resource is one value of the objective metric, which a training job prints once per
epoch. Nothing is told to the training jobs: they run as long as they are asked to, and are stopped.

* ``MaxResource``: a job that has reported so many values is stopped; it has had its share.
* ``MinResource``: before so many values no job is stopped.

Bracket b of 0..B has rungs at ``MinResource * 3^b``, ``* 3^(b+1)``.. below ``MaxResource``, so bracket
0 judges early and hard, and the last one runs all its jobs to the end. A job that reaches a rung goes
on when its value there is in the best third (at least one) of those that the bracket's jobs had at this
rung so far. This is the stopping form of asynchronous successive halving: no job ever waits for others.

Source: Li et al. 2018, arXiv:1603.06560 (brackets); Li et al. 2020, arXiv:1810.05934 (asynchronous rungs).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

REDUCTION = 3
MAX_RESOURCE = 20_000


@dataclass(frozen=True)
class Schedule:
    min_resource: int
    max_resource: int

    @property
    def last_bracket(self) -> int:
        count = 0
        while self.min_resource * REDUCTION ** (count + 1) <= self.max_resource:
            count += 1
        return count

    def rungs(self, bracket: int) -> tuple[int, ...]:
        """Epochs at which jobs of the bracket are judged, ascending."""
        found = []
        rung = self.min_resource * REDUCTION**bracket
        while rung < self.max_resource:
            found.append(rung)
            rung *= REDUCTION
        return tuple(found)

    def bracket_of(self, number: int) -> int:
        """The bracket of the job ``number`` (from 0): the hasty brackets come first and get more jobs."""
        sizes = [self._size(bracket) for bracket in range(self.last_bracket + 1)]
        place = number % sum(sizes)
        for bracket, size in enumerate(sizes):
            if place < size:
                return bracket
            place -= size
        raise AssertionError("a place lies in one of the brackets")

    def _size(self, bracket: int) -> int:
        """Jobs of a bracket, such that each bracket costs about the same."""
        halvings = self.last_bracket - bracket
        return math.ceil((self.last_bracket + 1) * int(REDUCTION**halvings) / (halvings + 1))

    def rungs_reached(self, bracket: int, judged: int, seen: int) -> tuple[int, ...]:
        """Rungs among the values after the first ``judged`` and up to ``seen``."""
        return tuple(rung for rung in self.rungs(bracket) if judged < rung <= seen)


def survives(loss: float, peers: Sequence[float]) -> bool:
    """Whether a job goes on from a rung.

    Args:
        loss: its value there, lower is better.
        peers: those of the other jobs of its bracket that got there.
    """
    kept = max(1, (len(peers) + 1) // REDUCTION)
    return sum(one < loss for one in peers) < kept
