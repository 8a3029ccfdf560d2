"""What callers and event consumers see of a transform job."""

from collections.abc import Mapping
from typing import Any

from sagemaker_local.protocol.control import epoch
from sagemaker_local.state.resources import Record
from sagemaker_local.transform.jobs import TransformJob, from_record

EVENT_TYPE = "SageMaker Transform Job State Change"
_EVENT_MEMBERS = (
    "TransformJobName",
    "TransformJobArn",
    "TransformJobStatus",
    "FailureReason",
    "ModelName",
    "MaxConcurrentTransforms",
    "MaxPayloadInMB",
    "BatchStrategy",
    "Environment",
    "TransformInput",
    "TransformOutput",
    "TransformResources",
    "CreationTime",
    "TransformStartTime",
    "TransformEndTime",
)


def described(job: TransformJob) -> dict[str, Any]:
    reply = {name: value for name, value in job.request.items() if name != "Tags"}
    if job.parameters is not None:
        reply |= {
            "MaxConcurrentTransforms": job.parameters.max_concurrent,
            "MaxPayloadInMB": job.parameters.max_payload_mb,
            "BatchStrategy": job.parameters.strategy,
        }
    reply |= {
        "TransformJobArn": job.arn,
        "TransformJobStatus": job.status,
        "CreationTime": epoch(job.created_at),
    }
    optional: dict[str, Any] = {
        "FailureReason": job.failure_reason,
        "TransformStartTime": epoch(job.started_at) if job.started_at is not None else None,
        "TransformEndTime": epoch(job.ended_at) if job.ended_at is not None else None,
    }
    return reply | {name: value for name, value in optional.items() if value is not None}


def summary(record: Record) -> dict[str, Any]:
    job = from_record(record)
    shown = described(job)
    names = ("TransformJobName", "TransformJobArn", "CreationTime", "TransformEndTime", "TransformJobStatus")
    reply = {name: shown[name] for name in (*names, "FailureReason") if name in shown}
    return {**reply, "LastModifiedTime": epoch(job.modified_at)}


def event_detail(job: TransformJob, tags: Mapping[str, str]) -> dict[str, Any]:
    """Times are epoch milliseconds in this event kind, seconds in the API."""
    known = described(job)
    detail = {name: known[name] for name in _EVENT_MEMBERS if name in known}
    for name in ("CreationTime", "TransformStartTime", "TransformEndTime"):
        if name in detail:
            detail[name] = round(detail[name] * 1000)
    return {**detail, "Tags": dict(tags)}
