"""Training jobs: what one is and how its state may change (contract section 3.2)."""

import math
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sagemaker_local.state.resources import Record

KIND = "training-job"
TERMINAL = ("Completed", "Failed", "Stopped")
DEFAULT_MAX_RUNTIME_S = 86400
FAILURE_REASON_LIMIT = 1024

StopCause = Literal["request", "runtime"]

_PRIMARY = {
    "Starting": "InProgress",
    "Pending": "InProgress",
    "Downloading": "InProgress",
    "Training": "InProgress",
    "Uploading": "InProgress",
    "Interrupted": "InProgress",
    "Completed": "Completed",
    "Failed": "Failed",
    "Stopping": "Stopping",
    "Stopped": "Stopped",
    "MaxRuntimeExceeded": "Stopped",
}


class Transition(BaseModel):
    model_config = ConfigDict(frozen=True)

    status: str
    started_at: float
    ended_at: float | None = None
    message: str = ""


class TrainingJob(BaseModel):
    """One job. ``request`` is the create call as it came, defaults filled in."""

    model_config = ConfigDict(frozen=True)

    arn: str
    name: str
    region: str
    request: dict[str, Any]
    created_at: float
    modified_at: float
    secondary_status: str = "Starting"
    transitions: tuple[Transition, ...] = ()
    attempt: int = Field(default=1, ge=1)
    retries: int = 0
    stop_cause: StopCause | None = None
    training_started_at: float | None = None
    ended_at: float | None = None
    run_started_at: float | None = None  # Downloading of this attempt
    earlier_runs_s: float = 0.0
    failure_reason: str | None = None
    tuning_job_arn: str | None = None  # who made it, when it was not a caller

    @property
    def status(self) -> str:
        return _PRIMARY[self.secondary_status]

    @property
    def is_terminal(self) -> bool:
        return self.status in TERMINAL

    @property
    def role_arn(self) -> str:
        return str(self.request["RoleArn"])

    @property
    def resources(self) -> Mapping[str, Any]:
        return dict(self.request["ResourceConfig"])

    @property
    def node_count(self) -> int:
        groups = self.resources.get("InstanceGroups")
        if groups:
            return sum(int(group["InstanceCount"]) for group in groups)
        return int(self.resources["InstanceCount"])

    @property
    def max_retries(self) -> int:
        return int(self.request.get("RetryStrategy", {}).get("MaximumRetryAttempts", 0))

    @property
    def max_runtime_s(self) -> int:
        return int(self.request["StoppingCondition"]["MaxRuntimeInSeconds"])

    @property
    def is_isolated(self) -> bool:
        return bool(self.request.get("EnableNetworkIsolation", False))

    @property
    def output_prefix(self) -> str:
        return f"{str(self.request['OutputDataConfig']['S3OutputPath']).rstrip('/')}/{self.name}/output"

    @property
    def is_compressed(self) -> bool:
        return bool(self.request["OutputDataConfig"].get("CompressionType", "GZIP") == "GZIP")

    @property
    def model_artifacts(self) -> str:
        return f"{self.output_prefix}/model.tar.gz" if self.is_compressed else f"{self.output_prefix}/model/"

    def runtime_s(self, now: float) -> float:
        """Seconds from Downloading, over all attempts."""
        current = now - self.run_started_at if self.run_started_at is not None else 0.0
        return self.earlier_runs_s + max(0.0, current)

    def moved(self, secondary_status: str, at: float, message: str = "") -> "TrainingJob":
        """Return the job in another state, its transition closed and the new one begun.

        A terminal job does not move, and a repeated state is no change.
        """
        if self.is_terminal or (self.transitions and secondary_status == self.secondary_status):
            return self
        at = max(at, self.modified_at)
        closed = tuple(
            one.model_copy(update={"ended_at": at}) if one.ended_at is None else one
            for one in self.transitions
        )
        primary = _PRIMARY[secondary_status]
        final = primary in TERMINAL
        begun = Transition(
            status=secondary_status, started_at=at, ended_at=at if final else None, message=message
        )
        changes: dict[str, Any] = {
            "secondary_status": secondary_status,
            "transitions": (*closed, begun),
            "modified_at": at,
        }
        if secondary_status == "Downloading":
            changes |= {"run_started_at": at, "training_started_at": self.training_started_at or at}
        if secondary_status == "Interrupted" or final:
            changes |= {"earlier_runs_s": self.runtime_s(at), "run_started_at": None}
        if final:
            changes["ended_at"] = at
        return self.model_copy(update=changes)

    def failed(self, reason: str, at: float) -> "TrainingJob":
        short = reason[:FAILURE_REASON_LIMIT]
        return self.model_copy(update={"failure_reason": short}).moved("Failed", at, short)

    def interrupted(self, message: str, at: float, *, counts_as_retry: bool) -> "TrainingJob":
        """Return the job waiting for its next attempt."""
        moved = self.moved("Interrupted", at, message)
        retries = self.retries + 1 if counts_as_retry else self.retries
        return moved.model_copy(update={"attempt": self.attempt + 1, "retries": retries})

    def billed_s(self) -> int | None:
        if self.training_started_at is None or self.ended_at is None:
            return None
        return max(1, math.ceil(self.earlier_runs_s))

    def record(self) -> Record:
        return Record(
            self.arn, KIND, self.name, self.status, self.created_at, self.modified_at, self.model_dump_json()
        )


def from_record(record: Record) -> TrainingJob:
    return TrainingJob.model_validate_json(record.doc)
