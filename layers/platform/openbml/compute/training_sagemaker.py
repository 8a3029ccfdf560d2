"""SageMaker adapter of `JobRuntime`: training jobs."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from openbml.compute import job_calls_sagemaker as job_calls
from openbml.compute.failures import Failure, Fault, classify
from openbml.compute.image_addresses import ImageAddresses
from openbml.compute.intervals import Interval
from openbml.compute.jobs import ChannelKind, JobReport, JobState, TrainingJobRequest
from openbml.compute.names import ComputeNames
from openbml.compute.owners import Owner
from openbml.core.scope import ProjectScope
from openbml_catalog.images import images
from openbml_catalog.machines import machines

_VOLUME_GB = 50
_RETRIES = 3  # of SageMaker's own faults; never of a job's non-zero exit
_DATA_TYPES = {ChannelKind.S3_PREFIX: "S3Prefix", ChannelKind.MANIFEST_FILE: "ManifestFile"}
_WORKING = ("Training", "Uploading")
_NUMBER = r"([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)"


class SageMakerTrainingRuntime:
    def __init__(self, client: Any, *, names: ComputeNames, images: ImageAddresses, role_arn: str) -> None:
        self._client = client
        self._names = names
        self._images = images
        self._role_arn = role_arn

    def submit(self, request: TrainingJobRequest) -> None:
        creation = self._creation(request)
        job_calls.create(lambda: self._client.create_training_job(**creation), request.job_id)

    def stop(self, job_id: str) -> None:
        name = self._names.job(job_id)
        job_calls.stop(lambda: self._client.stop_training_job(TrainingJobName=name))

    def describe(self, job_id: str) -> JobReport | None:
        name = self._names.job(job_id)
        reply = job_calls.describe(lambda: self._client.describe_training_job(TrainingJobName=name))
        return report_of(reply) if reply else None

    def _creation(self, request: TrainingJobRequest) -> dict[str, Any]:
        return {
            "TrainingJobName": self._names.job(request.job_id),
            "RoleArn": self._role_arn,
            "AlgorithmSpecification": {
                "TrainingImage": self._images.address(request.image),
                "TrainingInputMode": "File",
                "MetricDefinitions": _metric_definitions(request.image),
            },
            "HyperParameters": dict(request.hyper_parameters),
            "InputDataConfig": [
                {
                    "ChannelName": channel.name,
                    "DataSource": {
                        "S3DataSource": {
                            "S3DataType": _DATA_TYPES[channel.kind],
                            "S3Uri": channel.uri,
                            "S3DataDistributionType": "FullyReplicated",
                        }
                    },
                }
                for channel in request.channels
            ],
            "OutputDataConfig": {"S3OutputPath": request.output_uri, "CompressionType": "NONE"},
            "CheckpointConfig": {"S3Uri": request.checkpoint_uri, "LocalPath": "/opt/ml/checkpoints"},
            "ResourceConfig": {
                "InstanceType": machines()[request.machine_type].instance_type,
                "InstanceCount": request.node_count,
                "VolumeSizeInGB": _VOLUME_GB,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": request.max_runtime_s},
            "RetryStrategy": {"MaximumRetryAttempts": _RETRIES},
            "EnableNetworkIsolation": True,
            "Tags": tags_of(self._names.stage, request.scope, request.owner),
        }


def tags_of(stage: str, scope: ProjectScope, owner: Owner) -> list[dict[str, str]]:
    """Return the tags that every object of ours in SageMaker carries."""
    values = {
        "openbml:stage": stage,
        "openbml:project": str(scope.project_id),
        "openbml:owner": f"{owner.context}/{owner.id}",
    }
    return [{"Key": key, "Value": value} for key, value in values.items()]


def report_of(reply: Mapping[str, Any]) -> JobReport:
    """Return a DescribeTrainingJob reply in our words."""
    uri = str(reply["OutputDataConfig"]["S3OutputPath"]).rstrip("/")
    output = f"{uri}/{reply['TrainingJobName']}/output"
    return JobReport(
        state=_state(reply["TrainingJobStatus"], reply.get("SecondaryStatus", "")),
        intervals=_intervals(reply.get("SecondaryStatusTransitions", ()), reply.get("TrainingEndTime")),
        failure=_failure(reply),
        model_uri=f"{output}/model/",
        data_uri=f"{output}/data/",
    )


def _state(status: str, secondary: str) -> JobState:
    match status:
        case "Completed":
            return JobState.COMPLETED
        case "Failed":
            return JobState.FAILED
        case "Stopped":
            return JobState.STOPPED
        case "Stopping":
            return JobState.STOPPING
        case _:
            return JobState.RUNNING if secondary in _WORKING else JobState.QUEUED


def _intervals(transitions: Sequence[Mapping[str, Any]], ended: datetime | None) -> tuple[Interval, ...]:
    """Return the spans of status `Training`: only they are billed (spec 01 section 2.1)."""
    spans = [step for step in transitions if step["Status"] == "Training"]
    return tuple(
        Interval(start=step["StartTime"], end=_not_before(step["StartTime"], step.get("EndTime") or ended))
        for step in spans
    )


def _not_before(start: datetime, end: datetime | None) -> datetime | None:
    return max(start, end) if end else None


def _failure(reply: Mapping[str, Any]) -> Failure | None:
    if reply["TrainingJobStatus"] == "Failed":
        return classify(reply.get("FailureReason", ""))
    if reply.get("SecondaryStatus") == "MaxRuntimeExceeded":
        return Failure(fault=Fault.USER, message="the maximum running time was reached")
    return None


def _metric_definitions(image: str) -> list[dict[str, str]]:
    figures = images()[image].epoch_figures
    return [{"Name": name, "Regex": rf"(?:^|\s){name}={_NUMBER}"} for name in figures]
