"""The counters of a tuning job: each child counts once in each of the two."""

from collections import Counter
from collections.abc import Iterable

from sagemaker_local.tuning.children import Outcome

_RETRYABLE = "InternalServerError"


def training_counters(outcomes: Iterable[Outcome]) -> dict[str, int]:
    counted = Counter(_training_counter(one) for one in outcomes)
    names = ("Completed", "InProgress", "RetryableError", "NonRetryableError", "Stopped")
    return {name: counted[name] for name in names}


def objective_counters(outcomes: Iterable[Outcome]) -> dict[str, int]:
    counted = Counter(one.objective_status for one in outcomes)
    return {"Succeeded": counted["Succeeded"], "Pending": counted["Pending"], "Failed": counted["Failed"]}


def _training_counter(outcome: Outcome) -> str:
    if not outcome.is_terminal:
        return "InProgress"
    if outcome.status == "Failed":
        internal = (outcome.failure_reason or "").startswith(_RETRYABLE)
        return "RetryableError" if internal else "NonRetryableError"
    return outcome.status
