"""SageMaker adapter of `JobRuntime`: processing jobs."""

from collections.abc import Mapping
from typing import Any

from openbml.compute import job_calls_sagemaker as job_calls
from openbml.compute.failures import Failure, Fault, classify
from openbml.compute.image_addresses import ImageAddresses
from openbml.compute.intervals import Interval
from openbml.compute.jobs import JobReport, JobState, ProcessingJobRequest
from openbml.compute.names import ComputeNames
from openbml.compute.training_sagemaker import tags_of
from openbml_catalog.machines import machines

_INPUT = "/opt/ml/processing/input"
# On the PATH of every image; images that also train or serve have no entry point of their own.
_ENTRY_POINT = ("process",)
_STATES = {
    "Completed": JobState.COMPLETED,
    "Failed": JobState.FAILED,
    "Stopped": JobState.STOPPED,
    "Stopping": JobState.STOPPING,
}


class SageMakerProcessingRuntime:
    """Jobs with network: they read and write what they need themselves, as the role of their image allows."""

    def __init__(
        self, client: Any, *, names: ComputeNames, images: ImageAddresses, role_arns: Mapping[str, str]
    ) -> None:
        self._client = client
        self._names = names
        self._images = images
        self._role_arns = role_arns

    def submit(self, request: ProcessingJobRequest) -> None:
        creation = self._creation(request)
        job_calls.create(lambda: self._client.create_processing_job(**creation), request.job_id)

    def stop(self, job_id: str) -> None:
        name = self._names.job(job_id)
        job_calls.stop(lambda: self._client.stop_processing_job(ProcessingJobName=name))

    def describe(self, job_id: str) -> JobReport | None:
        name = self._names.job(job_id)
        reply = job_calls.describe(lambda: self._client.describe_processing_job(ProcessingJobName=name))
        return report_of(reply) if reply else None

    def _creation(self, request: ProcessingJobRequest) -> dict[str, Any]:
        arguments = {"ContainerArguments": list(request.arguments)} if request.arguments else {}
        return {
            "ProcessingJobName": self._names.job(request.job_id),
            "RoleArn": self._role_arns[request.image],
            "AppSpecification": {
                "ImageUri": self._images.address(request.image),
                "ContainerEntrypoint": list(_ENTRY_POINT),
                **arguments,
            },
            "Environment": dict(request.environment),
            "ProcessingInputs": [
                _folder_input(name, uri)
                for name, uri in (("order", request.order_uri), ("model", request.model_uri))
                if uri
            ],
            "ProcessingResources": {
                "ClusterConfig": {
                    "InstanceType": machines()[request.machine_type].instance_type,
                    "InstanceCount": request.node_count,
                    "VolumeSizeInGB": request.volume_gb,
                }
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": request.max_runtime_s},
            "Tags": tags_of(self._names.stage, request.scope, request.owner),
        }


def _folder_input(name: str, uri: str) -> dict[str, Any]:
    return {
        "InputName": name,
        "S3Input": {
            "S3Uri": uri,
            "LocalPath": f"{_INPUT}/{name}",
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
            "S3DataDistributionType": "FullyReplicated",
        },
    }


def report_of(reply: Mapping[str, Any]) -> JobReport:
    """Return a DescribeProcessingJob reply in our words."""
    started, ended = reply.get("ProcessingStartTime"), reply.get("ProcessingEndTime")
    running = JobState.RUNNING if started else JobState.QUEUED
    return JobReport(
        state=_STATES.get(reply["ProcessingJobStatus"], running),
        intervals=(Interval(start=started, end=max(started, ended) if ended else None),) if started else (),
        failure=_failure(reply),
    )


def _failure(reply: Mapping[str, Any]) -> Failure | None:
    """The job's own words tell whose fault it was; one that died without any did so by ours.

    A job that stopped with a reason met its limit.
    """
    reason = str(reply.get("FailureReason") or "")
    if reply["ProcessingJobStatus"] == "Failed":
        told = reply.get("ExitMessage")
        if told:
            return classify(f"AlgorithmError: {told}")
        return Failure(fault=Fault.PLATFORM, message=classify(reason).message)
    if reply["ProcessingJobStatus"] == "Stopped" and reason:
        return Failure(fault=Fault.USER, message="the maximum running time was reached")
    return None
