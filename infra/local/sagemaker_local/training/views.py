"""What callers and event consumers see of a training job."""

from collections.abc import Mapping
from typing import Any

from sagemaker_local.jobs.job import TERMINAL, Transition
from sagemaker_local.protocol.control import epoch
from sagemaker_local.state.cursors import MetricValue
from sagemaker_local.training.jobs import TrainingJob

EVENT_TYPE = "SageMaker Training Job State Change"
_NOT_DESCRIBED = {"Tags", "SessionChainingConfig"}
_EVENT_MEMBERS = (
    "TrainingJobName",
    "TrainingJobArn",
    "TrainingJobStatus",
    "SecondaryStatus",
    "FailureReason",
    "HyperParameters",
    "AlgorithmSpecification",
    "RoleArn",
    "InputDataConfig",
    "OutputDataConfig",
    "ResourceConfig",
    "VpcConfig",
    "StoppingCondition",
    "ModelArtifacts",
    "CreationTime",
    "TrainingStartTime",
    "TrainingEndTime",
    "LastModifiedTime",
    "SecondaryStatusTransitions",
    "FinalMetricDataList",
)
_EVENT_TIMES = {"CreationTime", "TrainingStartTime", "TrainingEndTime", "LastModifiedTime"}


def described(
    job: TrainingJob, metrics: list[MetricValue], warm_pool: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    reply = {name: value for name, value in job.request.items() if name not in _NOT_DESCRIBED}
    reply |= {
        "TrainingJobArn": job.arn,
        "ModelArtifacts": {"S3ModelArtifacts": job.model_artifacts},
        "TrainingJobStatus": job.status,
        "SecondaryStatus": job.secondary_status,
        "CreationTime": epoch(job.created_at),
        "LastModifiedTime": epoch(job.modified_at),
        "SecondaryStatusTransitions": [_transition(one) for one in job.transitions],
        "EnableNetworkIsolation": job.is_isolated,
        "EnableInterContainerTrafficEncryption": bool(
            job.request.get("EnableInterContainerTrafficEncryption", False)
        ),
        "EnableManagedSpotTraining": bool(job.request.get("EnableManagedSpotTraining", False)),
    }
    optional: dict[str, Any] = {
        "WarmPoolStatus": warm_pool,
        "FailureReason": job.failure_reason,
        "TrainingStartTime": job.started_at,
        "TrainingEndTime": job.ended_at if job.is_terminal else None,
        "TrainingTimeInSeconds": job.billed_s(),
        "BillableTimeInSeconds": job.billed_s(),
        "FinalMetricDataList": [
            {"MetricName": one.name, "Value": one.value, "Timestamp": epoch(one.at)} for one in metrics
        ]
        or None,
    }
    for name, value in optional.items():
        if value is not None:
            reply[name] = epoch(value) if name.endswith("Time") else value
    return reply


def summary(job: TrainingJob, warm_pool: Mapping[str, Any] | None = None) -> dict[str, Any]:
    reply = {
        "TrainingJobName": job.name,
        "TrainingJobArn": job.arn,
        "CreationTime": epoch(job.created_at),
        "LastModifiedTime": epoch(job.modified_at),
        "TrainingJobStatus": job.status,
        "SecondaryStatus": job.secondary_status,
    }
    if job.status in TERMINAL and job.ended_at is not None:
        reply["TrainingEndTime"] = epoch(job.ended_at)
    if warm_pool is not None:
        reply["WarmPoolStatus"] = warm_pool
    return reply


def event_detail(job: TrainingJob, metrics: list[MetricValue], tags: Mapping[str, str]) -> dict[str, Any]:
    """Times are epoch milliseconds in this event kind, seconds in the API."""
    known = described(job, metrics)
    detail = {name: known[name] for name in _EVENT_MEMBERS if name in known}
    for name in _EVENT_TIMES & detail.keys():
        detail[name] = round(detail[name] * 1000)
    detail["SecondaryStatusTransitions"] = [
        {name: round(value * 1000) if name.endswith("Time") else value for name, value in one.items()}
        for one in detail["SecondaryStatusTransitions"]
    ]
    detail["Tags"] = dict(tags)
    return detail


def _transition(one: Transition) -> dict[str, Any]:
    found: dict[str, Any] = {"Status": one.status, "StartTime": epoch(one.started_at)}
    if one.ended_at is not None:
        found["EndTime"] = epoch(one.ended_at)
    if one.message:
        found["StatusMessage"] = one.message
    return found
