"""What a tuning job does next, given itself, its children and their values: no clock, no state."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sagemaker_local.tuning import early_stopping
from sagemaker_local.tuning.children import Child
from sagemaker_local.tuning.completion import first_jobs_all_failed, has_converged, not_improving
from sagemaker_local.tuning.hyperband import survives
from sagemaker_local.tuning.jobs import Definition, Ending, TuningJob, hyperband_schedule, planned_jobs

_EARLY = "Stopping the training job: its objective value is worse than the median of finished training jobs"
_RUNG = "Stopping the training job: it is not among the best third at epoch {rung} (Hyperband)"
_RESOURCE = "Stopping the training job: it has used MaxResource ({rung} epochs, Hyperband)"
_ENDING = "Stopping the training job: its tuning job ends"


@dataclass(frozen=True)
class Situation:
    """``losses`` holds the objective values so far by ARN, lower is better; only where a rule needs them."""

    job: TuningJob
    definitions: Sequence[Definition]
    children: Sequence[Child]
    losses: Mapping[str, tuple[float, ...]]
    fingerprint: tuple[Any, ...] = ()

    @property
    def unfinished(self) -> list[Child]:
        return [one for one in self.children if not one.is_finished]


@dataclass(frozen=True)
class Decision:
    ending: Ending | None = None
    failure_reason: str | None = None
    converged: bool = False
    stops: Mapping[str, str] = field(default_factory=dict)  # ARN: message
    judged: Mapping[str, int] = field(default_factory=dict)  # ARN: values looked at
    room: int = 0
    status: str | None = None


def decide(now: Situation, at: float) -> Decision:
    job, unfinished = now.job, now.unfinished
    losses = losses_in_order(now.definitions, now.children)
    converged = has_converged(losses)
    ending, reason = job.ending, job.failure_reason
    if ending is None:
        ending, reason = _ending(now, losses, at, converged=converged)
    if ending is not None:
        stops = {one.record.arn: _ENDING for one in unfinished if not one.outcome.is_stopping}
        status = None if unfinished else _final_status(ending, losses)
        reason = reason or (_no_objective(now) if status == "Failed" else None)
        return Decision(ending, reason, converged, stops, status=status)
    planned = planned_jobs(job, now.definitions)
    if not unfinished and len(now.children) >= planned:
        status = "Completed" if losses else "Failed"
        return Decision(
            converged=converged, status=status, failure_reason=None if losses else _no_objective(now)
        )
    stops, judged = _judge(now)
    room = max(0, min(job.max_parallel - len(unfinished), planned - len(now.children)))
    return Decision(converged=converged, stops=stops, judged=judged, room=room)


def losses_in_order(definitions: Sequence[Definition], children: Sequence[Child]) -> list[float]:
    """Final losses in the order in which the children ended."""
    ended = [one for one in children if one.value is not None]
    ended.sort(key=lambda one: (one.outcome.ended_at or math.inf, one.record.number))
    loss = definitions[0].objective.loss
    return [loss(one.value) for one in ended if one.value is not None]


def _ending(
    now: Situation, losses: Sequence[float], at: float, *, converged: bool
) -> tuple[Ending | None, str | None]:
    job, criteria = now.job, now.job.criteria
    if job.deadline is not None and at >= job.deadline:
        return "runtime", None
    target = criteria.get("TargetObjectiveMetricValue")
    if target is not None and losses and min(losses) <= now.definitions[0].objective.loss(target):
        return "target", None
    limit = criteria.get("BestObjectiveNotImproving", {}).get("MaxNumberOfTrainingJobsNotImproving")
    if limit is not None and not_improving(losses) >= limit:
        return "not-improving", None
    wanted = criteria.get("ConvergenceDetected", {}).get("CompleteOnConvergence", "Disabled")
    if wanted == "Enabled" and converged:
        return "convergence", None
    have = [_has_objective(one) for one in now.children]
    if first_jobs_all_failed(have, planned_jobs(job, now.definitions)):
        return "hopeless", _no_objective(now)
    return None, None


def _has_objective(child: Child) -> bool | None:
    if child.is_finished:
        return child.value is not None
    return True if child.outcome.value is not None else None


def _final_status(ending: Ending, losses: Sequence[float]) -> str:
    if ending == "request":
        return "Stopped"
    return "Failed" if ending in ("hopeless", "fault") or not losses else "Completed"


def _no_objective(now: Situation) -> str:
    finished = [one for one in now.children if one.is_finished]
    metrics = sorted({one.objective.metric for one in now.definitions})
    last = next(
        (one.outcome.failure_reason for one in reversed(finished) if one.outcome.failure_reason), None
    )
    told = f" The last failure reason is: {last}" if last else ""
    return (
        f"All {len(finished)} training jobs that have ended did so without a value of the objective metric "
        f"{', '.join(metrics)}.{told}"
    )


def _judge(now: Situation) -> tuple[dict[str, str], dict[str, int]]:
    stops: dict[str, str] = {}
    judged: dict[str, int] = {}
    if not now.job.stops_early and now.job.strategy != "Hyperband":
        return stops, judged
    rule = _hyperband_verdict if now.job.strategy == "Hyperband" else _MedianRule(now)
    for child in now.unfinished:
        arn, seen = child.record.arn, len(now.losses.get(child.record.arn, ()))
        if seen <= child.record.judged:
            continue
        judged[arn] = seen
        verdict = None if child.outcome.is_stopping else rule(now, child)
        if verdict is not None:
            stops[arn] = verdict
    return stops, judged


class _MedianRule:
    """The running means of finished children are computed once for all that are judged."""

    def __init__(self, now: Situation) -> None:
        self._finished: dict[int, list[tuple[float, ...]]] = {one.index: [] for one in now.definitions}
        for child in now.children:
            if child.value is not None:
                means = early_stopping.running_means(now.losses.get(child.record.arn, ()))
                self._finished[child.record.definition].append(means)

    def __call__(self, now: Situation, child: Child) -> str | None:
        finished = self._finished[child.record.definition]
        losses = now.losses[child.record.arn]
        for epoch in range(child.record.judged + 1, len(losses) + 1):
            if early_stopping.is_hopeless(losses[epoch - 1], epoch, finished):
                return _EARLY
        return None


def _hyperband_verdict(now: Situation, child: Child) -> str | None:
    definition = now.definitions[child.record.definition]
    schedule = hyperband_schedule(now.job.config, definition.static)
    if schedule is None:
        return None
    losses = now.losses[child.record.arn]
    siblings = _siblings(now, child)
    brackets = {
        one.record.arn: schedule.bracket_of(place)
        for place, one in enumerate(sorted([*siblings, child], key=lambda one: one.record.number))
    }
    bracket = brackets[child.record.arn]
    for rung in schedule.rungs_reached(bracket, child.record.judged, len(losses)):
        peers = [
            now.losses[one.record.arn][rung - 1]
            for one in siblings
            if brackets[one.record.arn] == bracket and len(now.losses.get(one.record.arn, ())) >= rung
        ]
        if not survives(losses[rung - 1], peers):
            return _RUNG.format(rung=rung)
    if len(losses) >= schedule.max_resource:
        return _RESOURCE.format(rung=schedule.max_resource)
    return None


def _siblings(now: Situation, child: Child) -> list[Child]:
    """The other children of the same definition."""
    return [
        one for one in now.children if one.record.definition == child.record.definition and one is not child
    ]
