"""ListTrainingJobsForHyperParameterTuningJob: which children, and in which order."""

from collections.abc import Callable, Sequence
from typing import Any

from sagemaker_local.tuning.children import Child

_KEYS: dict[str, Callable[[Child], Any]] = {
    "Name": lambda child: child.record.name,
    "CreationTime": lambda child: child.record.created_at,
    "Status": lambda child: child.outcome.status,
    "FinalObjectiveMetricValue": lambda child: child.value,
}


def listed(children: Sequence[Child], *, status: str | None, sort_by: str, descending: bool) -> list[Child]:
    """Equal ones are in order of creation. Sorted by value, those without one are left out, as AWS does."""
    found = [
        one
        for one in children
        if (status is None or one.outcome.status == status)
        and (sort_by != "FinalObjectiveMetricValue" or one.value is not None)
    ]
    key = _KEYS[sort_by]
    direction = -1 if descending else 1
    found.sort(key=lambda one: direction * one.record.number)
    return sorted(found, key=key, reverse=descending)
