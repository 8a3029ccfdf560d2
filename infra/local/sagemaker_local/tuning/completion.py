"""When a tuning job has done enough (``TuningJobCompletionCriteria``), in losses: lower is better."""

from collections.abc import Sequence

#: Convergence: of at least so many finished jobs ..
CONVERGENCE_MIN_JOBS = 20
#: .. the last so many ..
CONVERGENCE_WINDOW = 10
#: .. improved the best by no more than this part of the spread of all values.
CONVERGENCE_TOLERANCE = 0.001
#: A tuning job is given up when so many first training jobs end without any objective value.
HOPELESS_AFTER = 5


def not_improving(losses: Sequence[float]) -> int:
    """How many jobs have finished since the best one.

    Args:
        losses: final values in the order in which the jobs ended.
    """
    if not losses:
        return 0
    return len(losses) - 1 - losses.index(min(losses))


def has_converged(losses: Sequence[float]) -> bool:
    """Whether the last jobs found nothing new to speak of.

    Args:
        losses: final values in the order in which the jobs ended.
    """
    if len(losses) < CONVERGENCE_MIN_JOBS:
        return False
    before = min(losses[:-CONVERGENCE_WINDOW])
    gain = before - min(before, *losses[-CONVERGENCE_WINDOW:])
    return gain <= CONVERGENCE_TOLERANCE * (max(losses) - min(losses))


def first_jobs_all_failed(have_objective: Sequence[bool | None], planned: int) -> bool:
    """Whether the first jobs all ended without an objective value, and no other has one.

    Args:
        have_objective: per job in order of creation: final value or none, None while it runs without one.
        planned: how many jobs there will be at most.
    """
    first = have_objective[: min(HOPELESS_AFTER, planned)]
    return (
        len(first) == min(HOPELESS_AFTER, planned)
        and all(one is False for one in first)
        and True not in have_objective
    )
