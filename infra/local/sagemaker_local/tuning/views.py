"""What callers and event consumers see of a tuning job and its children."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from sagemaker_local.protocol.control import epoch
from sagemaker_local.tuning.children import OBJECTIVE_PARAMETER, Child
from sagemaker_local.tuning.completion import not_improving
from sagemaker_local.tuning.counters import objective_counters, training_counters
from sagemaker_local.tuning.decisions import losses_in_order
from sagemaker_local.tuning.jobs import Definition, TuningJob, definitions_of

EVENT_TYPE = "SageMaker HyperParameter Tuning Job State Change"
_AS_SENT = (
    "HyperParameterTuningJobConfig",
    "WarmStartConfig",
    "Autotune",
)
_EVENT_MEMBERS = (
    "HyperParameterTuningJobName",
    "HyperParameterTuningJobArn",
    "HyperParameterTuningJobStatus",
    "HyperParameterTuningJobConfig",
    "TrainingJobDefinition",
    "TrainingJobDefinitions",
    "TrainingJobStatusCounters",
    "ObjectiveStatusCounters",
    "BestTrainingJob",
    "CreationTime",
    "LastModifiedTime",
)


def described(job: TuningJob, children: Sequence[Child]) -> dict[str, Any]:
    definitions = definitions_of(job.request)
    reply: dict[str, Any] = {name: job.request[name] for name in _AS_SENT if name in job.request}
    shown = [_definition(one) for one in definitions]
    reply |= (
        {"TrainingJobDefinition": shown[0]} if job.has_one_definition else {"TrainingJobDefinitions": shown}
    )
    reply |= {
        "HyperParameterTuningJobName": job.name,
        "HyperParameterTuningJobArn": job.arn,
        "HyperParameterTuningJobStatus": job.status,
        "CreationTime": epoch(job.created_at),
        "LastModifiedTime": epoch(job.modified_at),
        "TrainingJobStatusCounters": training_counters(one.outcome for one in children),
        "ObjectiveStatusCounters": objective_counters(one.outcome for one in children),
        "TuningJobCompletionDetails": _completion(job, definitions, children),
        "ConsumedResources": {"RuntimeInSeconds": int((job.ended_at or time.time()) - job.created_at)},
    }
    best = best_child(definitions, children)
    optional: dict[str, Any] = {
        "HyperParameterTuningEndTime": None if job.ended_at is None else epoch(job.ended_at),
        "FailureReason": job.failure_reason,
        "BestTrainingJob": None if best is None else child_summary(job, definitions, best),
        "OverallBestTrainingJob": _overall_best(job, definitions, best),
    }
    return reply | {name: value for name, value in optional.items() if value is not None}


def summary(job: TuningJob, children: Sequence[Child]) -> dict[str, Any]:
    reply = {
        "HyperParameterTuningJobName": job.name,
        "HyperParameterTuningJobArn": job.arn,
        "HyperParameterTuningJobStatus": job.status,
        "Strategy": job.strategy,
        "CreationTime": epoch(job.created_at),
        "LastModifiedTime": epoch(job.modified_at),
        "TrainingJobStatusCounters": training_counters(one.outcome for one in children),
        "ObjectiveStatusCounters": objective_counters(one.outcome for one in children),
        "ResourceLimits": job.limits,
    }
    if job.ended_at is not None:
        reply["HyperParameterTuningEndTime"] = epoch(job.ended_at)
    return reply


def child_summary(job: TuningJob, definitions: Sequence[Definition], child: Child) -> dict[str, Any]:
    record, outcome = child.record, child.outcome
    definition = definitions[record.definition]
    reply: dict[str, Any] = {
        "TrainingJobName": record.name,
        "TrainingJobArn": record.arn,
        "TuningJobName": job.name,
        "CreationTime": epoch(record.created_at),
        "TrainingJobStatus": outcome.status,
        "TunedHyperParameters": record.tuned,
        "ObjectiveStatus": outcome.objective_status,
    }
    if child.value is not None:
        reply["FinalHyperParameterTuningJobObjectiveMetric"] = {
            "Type": definition.objective.type_name,
            "MetricName": definition.objective.metric,
            "Value": child.value,
        }
    optional = {
        "TrainingJobDefinitionName": definition.name,
        "TrainingStartTime": outcome.training_started_at,
        "TrainingEndTime": outcome.ended_at,
        "FailureReason": outcome.failure_reason,
    }
    for name, value in optional.items():
        if value is not None:
            reply[name] = epoch(value) if isinstance(value, float) else value
    return reply


def best_child(definitions: Sequence[Definition], children: Sequence[Child]) -> Child | None:
    """The one with the best final value; of equal ones the first made."""
    objective = definitions[0].objective
    having = [(objective.loss(one.value), one) for one in children if one.value is not None]
    return min(having, key=lambda pair: (pair[0], pair[1].record.number))[1] if having else None


def event_detail(job: TuningJob, children: Sequence[Child], tags: Mapping[str, str]) -> dict[str, Any]:
    """Times are epoch milliseconds in this event kind, seconds in the API."""
    known = described(job, children)
    detail = {name: _in_milliseconds(known[name], name) for name in _EVENT_MEMBERS if name in known}
    detail["Tags"] = dict(tags)
    return detail


def _in_milliseconds(value: Any, name: str) -> Any:
    if name == "BestTrainingJob":
        return {each: _in_milliseconds(item, each) for each, item in value.items()}
    return round(value * 1000) if name.endswith("Time") else value


def _definition(definition: Definition) -> dict[str, Any]:
    """As sent, and with the objective among the static hyper-parameters: clients rely on finding it there."""
    static = {**definition.static, OBJECTIVE_PARAMETER: definition.objective.metric}
    return {**definition.request, "StaticHyperParameters": static}


def _completion(
    job: TuningJob, definitions: Sequence[Definition], children: Sequence[Child]
) -> dict[str, Any]:
    losses = losses_in_order(definitions, children)
    found: dict[str, Any] = {"NumberOfTrainingJobsObjectiveNotImproving": not_improving(losses)}
    if job.converged_at is not None:
        found["ConvergenceDetectedTime"] = epoch(job.converged_at)
    return found


def _overall_best(
    job: TuningJob, definitions: Sequence[Definition], best: Child | None
) -> dict[str, Any] | None:
    """Of this job and its parents, when warm start says that their values can be compared."""
    if job.request.get("WarmStartConfig", {}).get("WarmStartType") != "IdenticalDataAndAlgorithm":
        return None
    own = None if best is None else child_summary(job, definitions, best)
    found = [one for one in (job.best_of_parents, own) if one is not None]
    metric = "FinalHyperParameterTuningJobObjectiveMetric"
    loss = definitions[0].objective.loss
    return min(found, key=lambda one: loss(one[metric]["Value"]), default=None)
