"""The ledger of a job's states: which steps are lawful, and whether its events tell the same story."""

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

TERMINAL = ("Completed", "Failed", "Stopped")

#: Contract section 3.2. A job may fail, or be asked to stop, in any state that is not terminal.
_NEXT = {
    "Starting": {"Downloading", "Pending"},
    "Pending": {"Downloading"},
    "Downloading": {"Training", "Interrupted"},
    "Training": {"Uploading", "Interrupted"},
    "Uploading": {"Completed", "Interrupted"},
    "Interrupted": {"Starting"},
    "Stopping": {"Stopped", "MaxRuntimeExceeded", "MaxWaitTimeExceeded"},
}
_FINAL = {"Completed", "Failed", "Stopped", "MaxRuntimeExceeded", "MaxWaitTimeExceeded"}


def path(job: Mapping[str, Any]) -> list[str]:
    return [str(one["Status"]) for one in job["SecondaryStatusTransitions"]]


def unlawful_steps(job: Mapping[str, Any]) -> list[str]:
    """Everything about a job's transitions that the contract does not allow."""
    steps = path(job)
    problems = [] if steps[:1] == ["Starting"] else [f"begins with {steps[:1]}"]
    for before, after in itertools.pairwise(steps):
        allowed = _NEXT.get(before, set())
        asked = {"Failed"} if before == "Stopping" else {"Failed", "Stopping"}
        if before in _FINAL or after not in allowed | asked:
            problems.append(f"{before} -> {after}")
    times = [float(one["StartTime"].timestamp()) for one in job["SecondaryStatusTransitions"]]
    if times != sorted(times):
        problems.append(f"times go backwards: {times}")
    if job["TrainingJobStatus"] in TERMINAL and steps[-1] not in _FINAL:
        problems.append(f"{job['TrainingJobStatus']}, but the last step is {steps[-1]}")
    if job["TrainingJobStatus"] == "Failed" and not job.get("FailureReason"):
        problems.append("failed without a reason")
    return problems


@dataclass(frozen=True)
class Telling:
    """How the events of a job compare with its transitions."""

    untold: list[str]
    made_up: list[str]
    repeats: int


def telling(job: Mapping[str, Any], events: Iterable[Mapping[str, Any]]) -> Telling:
    """Compare; an event may repeat only when the engine was killed while the bus answered."""
    told = Counter(
        (str(one["detail"]["SecondaryStatus"]), len(one["detail"]["SecondaryStatusTransitions"]))
        for one in events
        if one["resources"] == [job["TrainingJobArn"]]
    )
    wanted = {(status, number) for number, status in enumerate(path(job), start=1)}
    return Telling(
        untold=[str(one) for one in wanted - told.keys()],
        made_up=[str(one) for one in told.keys() - wanted],
        repeats=sum(told.values()) - len(told),
    )


def are_a_run_of(lines: Sequence[str], steps: int) -> bool:
    """Whether the log of a completed job holds every step's line in the attempt that completed it."""
    last = max((number for number, line in enumerate(lines) if line.startswith("start at step")), default=-1)
    if last < 0:
        return False
    first = int(lines[last].split()[3])
    numbers = [line.split()[0] for line in lines[last + 1 :] if line.startswith("step=")]
    return numbers == [f"step={step}" for step in range(first, steps)] and lines[-1] == "done"
