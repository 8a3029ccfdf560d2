"""Early stopping ``Auto``: the median rule (contract section 4)."""

from collections.abc import Sequence
from itertools import accumulate
from statistics import median

MIN_FINISHED = 3


def running_means(losses: Sequence[float]) -> tuple[float, ...]:
    """Mean of the first k values for every k."""
    return tuple(total / count for count, total in enumerate(accumulate(losses), start=1))


def is_hopeless(loss: float, epoch: int, finished: Sequence[Sequence[float]]) -> bool:
    """Whether a value is worse than the median of what finished jobs had on average by then.

    Args:
        loss: the value, lower is better.
        epoch: how many values the job has reported with this one, from 1.
        finished: running means of every finished job; one that ended earlier counts with its last.
    """
    by_then = [means[min(epoch, len(means)) - 1] for means in finished if means]
    return len(by_then) >= MIN_FINISHED and loss > median(by_then)
