"""What callers and event consumers see of a processing job."""

from typing import Any

from sagemaker_local.processing.jobs import ProcessingJob
from sagemaker_local.protocol.control import epoch

EVENT_TYPE = "SageMaker Processing Job State Change"
_EVENT_MEMBERS = (
    "ProcessingJobName",
    "ProcessingJobArn",
    "ProcessingJobStatus",
    "ProcessingInputs",
    "ProcessingOutputConfig",
    "ProcessingResources",
    "StoppingCondition",
    "AppSpecification",
    "RoleArn",
    "ExitMessage",
    "FailureReason",
)
_EVENT_TIMES = ("ProcessingStartTime", "ProcessingEndTime", "CreationTime", "LastModifiedTime")


def described(job: ProcessingJob) -> dict[str, Any]:
    reply = {name: value for name, value in job.request.items() if name != "Tags"}
    return reply | _state(job) | _if_known({"ProcessingStartTime": _epoch(job.started_at)})


def summary(job: ProcessingJob) -> dict[str, Any]:
    return {"ProcessingJobName": job.name, **_state(job)}


def event_detail(job: ProcessingJob) -> dict[str, Any]:
    """Times are epoch milliseconds in events, seconds in the API."""
    known = described(job)
    detail = {name: known[name] for name in _EVENT_MEMBERS if name in known}
    return detail | {name: round(known[name] * 1000) for name in _EVENT_TIMES if name in known}


def _state(job: ProcessingJob) -> dict[str, Any]:
    return {
        "ProcessingJobArn": job.arn,
        "ProcessingJobStatus": job.status,
        "CreationTime": epoch(job.created_at),
        "LastModifiedTime": epoch(job.modified_at),
    } | _if_known(
        {
            "ProcessingEndTime": _epoch(job.ended_at),
            "FailureReason": job.failure_reason,
            "ExitMessage": job.exit_message,
        }
    )


def _epoch(at: float | None) -> float | None:
    return None if at is None else epoch(at)


def _if_known(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
