"""Processing jobs: what one is (contract section 5.1)."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from sagemaker_local.capacity.queue import Priority
from sagemaker_local.jobs.instances import instance_groups
from sagemaker_local.jobs.job import Job

KIND = "processing-job"
PROCESSING_ROOT = "/opt/ml/processing"


class ProcessingJob(Job):
    kind: ClassVar[str] = KIND
    noun: ClassVar[str] = "processing job"
    running_state: ClassVar[str] = "Processing"
    messages: ClassVar[Mapping[str, str]] = {}

    exit_message: str | None = None

    @property
    def priority(self) -> Priority:
        return Priority.PROCESSING

    @property
    def cluster(self) -> Mapping[str, Any]:
        return dict(self.request["ProcessingResources"]["ClusterConfig"])

    @property
    def instance_types(self) -> tuple[str, ...]:
        (group,) = instance_groups(self.cluster)
        return (str(group["InstanceType"]),) * int(group["InstanceCount"])

    @property
    def max_runtime_s(self) -> int:
        return int(self.request["StoppingCondition"]["MaxRuntimeInSeconds"])

    @property
    def is_isolated(self) -> bool:
        return bool(self.request.get("NetworkConfig", {}).get("EnableNetworkIsolation", False))

    @property
    def volume_gib(self) -> int:
        return int(self.cluster["VolumeSizeInGB"])

    @property
    def s3_inputs(self) -> list[Mapping[str, Any]]:
        """Inputs the service fetches; what the application manages itself is left out."""
        return [one for one in self.request.get("ProcessingInputs", []) if not one.get("AppManaged")]

    @property
    def s3_outputs(self) -> list[Mapping[str, Any]]:
        outputs = self.request.get("ProcessingOutputConfig", {}).get("Outputs", [])
        return [one for one in outputs if not one.get("AppManaged")]

    def stopped(self, at: float) -> Self:
        """Return the job after its stop sequence; a limit is told as the reason."""
        if self.stop_cause == "request":
            return super().stopped(at)
        reason = f"MaxRuntimeInSeconds ({self.max_runtime_s}) exceeded"
        return self.model_copy(update={"failure_reason": reason}).moved("Stopped", at, reason)
