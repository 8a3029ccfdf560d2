"""Batch transform jobs: what one is and how its state may change (contract section 5.2)."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from sagemaker_local.hosting.model_plans import ModelPlan
from sagemaker_local.state.resources import Record

KIND = "transform-job"
TERMINAL = ("Completed", "Failed", "Stopped")
FAILURE_REASON_LIMIT = 1024
BYTES_PER_MB = 1024 * 1024

BatchStrategy = Literal["MultiRecord", "SingleRecord"]


class Parameters(BaseModel):
    """How requests are made: from the request, else the container, else the defaults."""

    model_config = ConfigDict(frozen=True)

    max_concurrent: int = 1
    max_payload_mb: int = 6
    strategy: BatchStrategy = "MultiRecord"

    @property
    def max_payload_bytes(self) -> int | None:
        """None: no limit, and the body is sent chunked."""
        return self.max_payload_mb * BYTES_PER_MB or None


class TransformJob(BaseModel):
    """One job. ``request`` is the create call as it came; ``model`` what its servers need."""

    model_config = ConfigDict(frozen=True)

    arn: str
    name: str
    region: str
    request: dict[str, Any]
    model: ModelPlan
    created_at: float
    modified_at: float
    status: str = "InProgress"
    parameters: Parameters | None = None
    is_listed: bool = False  # its objects are in the journal
    started_at: float | None = None
    ended_at: float | None = None
    failure_reason: str | None = None

    @property
    def is_terminal(self) -> bool:
        return self.status in TERMINAL

    @property
    def input(self) -> Mapping[str, Any]:
        return dict(self.request["TransformInput"])

    @property
    def output(self) -> Mapping[str, Any]:
        return dict(self.request["TransformOutput"])

    @property
    def processing(self) -> Mapping[str, Any]:
        return dict(self.request.get("DataProcessing", {}))

    @property
    def split_type(self) -> str:
        return str(self.input.get("SplitType", "None"))

    @property
    def instance_type(self) -> str:
        return str(self.request["TransformResources"]["InstanceType"])

    @property
    def instance_count(self) -> int:
        return int(self.request["TransformResources"]["InstanceCount"])

    @property
    def role_arn(self) -> str:
        return self.model.role_arn or ""

    def started(self, at: float) -> "TransformJob":
        if self.started_at is not None:
            return self
        return self.model_copy(update={"started_at": at, "modified_at": at})

    def stopping(self, at: float) -> "TransformJob":
        if self.status != "InProgress":
            return self
        return self.model_copy(update={"status": "Stopping", "modified_at": at})

    def ended(self, status: str, at: float, reason: str | None = None) -> "TransformJob":
        """A job that was asked to stop ends Stopped, whatever happened meanwhile."""
        if self.is_terminal:
            return self
        if self.status == "Stopping":
            status, reason = "Stopped", None
        return self.model_copy(
            update={
                "status": status,
                "ended_at": at,
                "modified_at": at,
                "failure_reason": reason[:FAILURE_REASON_LIMIT] if reason else None,
            }
        )

    def record(self) -> Record:
        return Record(
            self.arn, KIND, self.name, self.status, self.created_at, self.modified_at, self.model_dump_json()
        )


def from_record(record: Record) -> TransformJob:
    return TransformJob.model_validate_json(record.doc)
