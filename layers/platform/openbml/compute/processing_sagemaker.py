"""SageMaker adapter of `JobRuntime`: processing jobs."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from openbml.compute.errors_sagemaker import busy, is_absent, is_present, is_refusal, reason_of
from openbml.compute.failures import Failure, Fault, classify
from openbml.compute.image_addresses import ImageAddresses
from openbml.compute.intervals import Interval
from openbml.compute.jobs import JobRefusedError, JobReport, JobState, ProcessingJobRequest
from openbml.compute.names import ComputeNames
from openbml.compute.training_sagemaker import tags_of
from openbml_catalog.machines import machines

_ORDER = "/opt/ml/processing/input/order"
_STATES = {
    "Completed": JobState.COMPLETED,
    "Failed": JobState.FAILED,
    "Stopped": JobState.STOPPED,
    "Stopping": JobState.STOPPING,
}


class SageMakerProcessingRuntime:
    """Jobs with network: they read and write the project's objects themselves, as their role allows."""

    def __init__(self, client: Any, *, names: ComputeNames, images: ImageAddresses, role_arn: str) -> None:
        self._client = client
        self._names = names
        self._images = images
        self._role_arn = role_arn

    def submit(self, request: ProcessingJobRequest) -> None:
        try:
            self._client.create_processing_job(**self._creation(request))
        except ClientError as error:
            if is_present(error):
                return
            if is_refusal(error):
                raise JobRefusedError(job_id=request.job_id, reason=reason_of(error)) from error
            raise busy(error) from error
        except BotoCoreError as error:
            raise busy(error) from error

    def stop(self, job_id: str) -> None:
        try:
            self._client.stop_processing_job(ProcessingJobName=self._names.job(job_id))
        except ClientError as error:
            if not is_absent(error) and not is_refusal(error):  # a job that has ended refuses to stop
                raise busy(error) from error
        except BotoCoreError as error:
            raise busy(error) from error

    def describe(self, job_id: str) -> JobReport | None:
        try:
            reply = self._client.describe_processing_job(ProcessingJobName=self._names.job(job_id))
        except ClientError as error:
            if is_absent(error):
                return None
            raise busy(error) from error
        except BotoCoreError as error:
            raise busy(error) from error
        return report_of(reply)

    def _creation(self, request: ProcessingJobRequest) -> dict[str, Any]:
        arguments = {"ContainerArguments": list(request.arguments)} if request.arguments else {}
        return {
            "ProcessingJobName": self._names.job(request.job_id),
            "RoleArn": self._role_arn,
            "AppSpecification": {"ImageUri": self._images.address(request.image), **arguments},
            "Environment": dict(request.environment),
            "ProcessingInputs": [
                {
                    "InputName": "order",
                    "S3Input": {
                        "S3Uri": request.order_uri,
                        "LocalPath": _ORDER,
                        "S3DataType": "S3Prefix",
                        "S3InputMode": "File",
                        "S3DataDistributionType": "FullyReplicated",
                    },
                }
            ],
            "ProcessingResources": {
                "ClusterConfig": {
                    "InstanceType": machines()[request.machine_type].instance_type,
                    "InstanceCount": 1,
                    "VolumeSizeInGB": request.volume_gb,
                }
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": request.max_runtime_s},
            "Tags": tags_of(self._names.stage, request.scope, request.owner),
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
