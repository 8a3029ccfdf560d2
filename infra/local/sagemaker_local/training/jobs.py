"""Training jobs: what one is (contract section 3)."""

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from sagemaker_local.capacity.queue import Priority
from sagemaker_local.jobs.instances import instance_groups
from sagemaker_local.jobs.job import DEFAULT_MAX_RUNTIME_S as DEFAULT_MAX_RUNTIME_S
from sagemaker_local.jobs.job import TERMINAL as TERMINAL
from sagemaker_local.jobs.job import Job
from sagemaker_local.state.resources import Record

KIND = "training-job"


class TrainingJob(Job):
    kind: ClassVar[str] = KIND
    noun: ClassVar[str] = "training job"
    running_state: ClassVar[str] = "Training"
    messages: ClassVar[Mapping[str, str]] = {
        "Starting": "Starting the training job",
        "Pending": "Waiting for free capacity of this machine",
        "Downloading": "Downloading input data",
        "Training": "Training is in progress",
        "Uploading": "Uploading generated training model",
        "Completed": "Training job completed",
    }

    tuning_job_arn: str | None = None  # who made it, when it was not a caller

    @property
    def resources(self) -> Mapping[str, Any]:
        return dict(self.request["ResourceConfig"])

    @property
    def instance_types(self) -> tuple[str, ...]:
        return tuple(
            str(group["InstanceType"])
            for group in instance_groups(self.resources)
            for _ in range(int(group["InstanceCount"]))
        )

    @property
    def priority(self) -> Priority:
        """Children of a tuning job come by the hundred, so single jobs go before them."""
        return Priority.TRAINING if self.tuning_job_arn is None else Priority.TUNING

    @property
    def max_retries(self) -> int:
        return int(self.request.get("RetryStrategy", {}).get("MaximumRetryAttempts", 0))

    @property
    def max_runtime_s(self) -> int:
        return int(self.request["StoppingCondition"]["MaxRuntimeInSeconds"])

    @property
    def max_pending_s(self) -> int | None:
        limit = self.request["StoppingCondition"].get("MaxPendingTimeInSeconds")
        return None if limit is None else int(limit)

    @property
    def is_spot(self) -> bool:
        return bool(self.request.get("EnableManagedSpotTraining", False))

    @property
    def max_wait_s(self) -> int | None:
        limit = self.request["StoppingCondition"].get("MaxWaitTimeInSeconds")
        return int(limit) if self.is_spot and limit is not None else None

    @property
    def volume_gib(self) -> int:
        return int(self.resources.get("VolumeSizeInGB", 0))

    @property
    def keep_alive_s(self) -> int:
        """How long the machines are kept for the next job like this one."""
        return int(self.resources.get("KeepAlivePeriodInSeconds", 0))

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

    def kept_alive(self, keep_alive_s: int, at: float) -> Self:
        resources = {**self.resources, "KeepAlivePeriodInSeconds": keep_alive_s}
        request = {**self.request, "ResourceConfig": resources}
        return self.model_copy(update={"request": request, "modified_at": max(at, self.modified_at)})

    def stopped(self, at: float) -> Self:
        """Return the job after its stop sequence; a limit has a final state of its own."""
        finals = {"runtime": "MaxRuntimeExceeded", "wait": "MaxWaitTimeExceeded"}
        texts = {"runtime": "runtime exceeded MaxRuntimeInSeconds", "wait": "exceeded MaxWaitTimeInSeconds"}
        cause = self.stop_cause or "request"
        return self.moved(finals.get(cause, "Stopped"), at, f"Training job {texts.get(cause, 'stopped')}")

    def billed_s(self) -> int | None:
        if self.started_at is None or self.ended_at is None:
            return None
        return max(1, math.ceil(self.earlier_runs_s))


def from_record(record: Record) -> TrainingJob:
    return TrainingJob.model_validate_json(record.doc)
