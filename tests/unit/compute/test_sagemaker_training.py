"""The SageMaker adapter of training jobs against a client that checks requests by botocore's own model."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from openbml.compute.failures import Fault
from openbml.compute.image_addresses import ImageAddresses
from openbml.compute.intervals import total_seconds
from openbml.compute.jobs import Channel, ChannelKind, JobRefusedError, JobState, RuntimeBusyError
from openbml.compute.names import ComputeNames
from openbml.compute.training_sagemaker import SageMakerTrainingRuntime
from tests.fakes.compute_samples import job_request
from tests.fakes.sagemaker_client import FakeSageMakerClient

NAME = "openbml-dev-run-1001"


@pytest.fixture
def client() -> FakeSageMakerClient:
    return FakeSageMakerClient()


@pytest.fixture
def runtime(client: FakeSageMakerClient) -> SageMakerTrainingRuntime:
    return SageMakerTrainingRuntime(
        client,
        names=ComputeNames(stage="dev"),
        images=ImageAddresses(prefix="000000000000.dkr.ecr.us-east-1.amazonaws.com/openbml", tag="v1"),
        role_arn="arn:aws:iam::000000000000:role/openbml-training",
    )


def test_a_job_is_isolated_checkpointed_and_keeps_its_output_uncompressed(
    runtime: SageMakerTrainingRuntime, client: FakeSageMakerClient
) -> None:
    runtime.submit(job_request())
    sent = client.jobs[NAME]
    assert sent["EnableNetworkIsolation"] is True
    assert sent["OutputDataConfig"]["CompressionType"] == "NONE"
    assert sent["CheckpointConfig"]["S3Uri"] == "s3://data/projects/42/runs/1001/checkpoints/"
    assert sent["RetryStrategy"] == {"MaximumRetryAttempts": 3}
    assert sent["StoppingCondition"] == {"MaxRuntimeInSeconds": 3600}
    assert sent["ResourceConfig"]["InstanceType"] == "ml.g4dn.xlarge"
    image = sent["AlgorithmSpecification"]["TrainingImage"]
    assert image == "000000000000.dkr.ecr.us-east-1.amazonaws.com/openbml/deep:v1"
    tags = {tag["Key"]: tag["Value"] for tag in sent["Tags"]}
    assert tags == {"openbml:stage": "dev", "openbml:project": "42", "openbml:owner": "training/1001"}


def test_a_channel_is_filled_by_a_prefix_or_by_a_manifest(
    runtime: SageMakerTrainingRuntime, client: FakeSageMakerClient
) -> None:
    folder = Channel(name="train", uri="s3://data/projects/42/snapshots/abc/")
    parts = Channel(name="train_parts", uri=f"{folder.uri}parts.json", kind=ChannelKind.MANIFEST_FILE)
    runtime.submit(job_request(channels=[folder, parts]))
    sources = [row["DataSource"]["S3DataSource"] for row in client.jobs[NAME]["InputDataConfig"]]
    assert [(row["S3DataType"], row["S3Uri"]) for row in sources] == [
        ("S3Prefix", folder.uri),
        ("ManifestFile", parts.uri),
    ]


def test_submitting_twice_makes_one_job(
    runtime: SageMakerTrainingRuntime, client: FakeSageMakerClient
) -> None:
    runtime.submit(job_request())
    runtime.submit(job_request())
    assert list(client.jobs) == [NAME]


def test_an_unknown_job_is_told_apart_from_a_failed_call(
    runtime: SageMakerTrainingRuntime, client: FakeSageMakerClient
) -> None:
    assert runtime.describe("1001") is None
    client.failing = ClientError({"Error": {"Code": "ThrottlingException", "Message": "Rate"}}, "Describe")
    with pytest.raises(RuntimeBusyError):
        runtime.describe("1001")


def test_only_time_in_status_training_counts(
    runtime: SageMakerTrainingRuntime, client: FakeSageMakerClient
) -> None:
    runtime.submit(job_request())
    client.go_on(
        NAME,
        ("Downloading", "InProgress"),
        ("Training", "InProgress"),
        ("Interrupted", "InProgress"),
        ("Training", "InProgress"),
        ("Uploading", "InProgress"),
        ("Completed", "Completed"),
    )
    report = runtime.describe("1001")
    assert report is not None
    assert report.state is JobState.COMPLETED
    assert len(report.intervals) == 2
    assert total_seconds(report.intervals) == 20
    assert report.data_uri == f"s3://data/projects/42/runs/1001/job/{NAME}/output/data/"
    assert report.model_uri == f"s3://data/projects/42/runs/1001/job/{NAME}/output/model/"


@pytest.mark.parametrize(
    ("secondary", "state"),
    [
        ("Starting", JobState.QUEUED),
        ("Pending", JobState.QUEUED),
        ("Downloading", JobState.QUEUED),
        ("Training", JobState.RUNNING),
        ("Uploading", JobState.RUNNING),
    ],
)
def test_a_job_runs_once_it_trains(
    runtime: SageMakerTrainingRuntime, client: FakeSageMakerClient, secondary: str, state: JobState
) -> None:
    runtime.submit(job_request())
    client.go_on(NAME, (secondary, "InProgress"))
    report = runtime.describe("1001")
    assert report is not None
    assert report.state is state


def test_a_failed_job_tells_whose_fault_it_was(
    runtime: SageMakerTrainingRuntime, client: FakeSageMakerClient
) -> None:
    runtime.submit(job_request())
    reason = "AlgorithmError: platform: the export differs, exit code: 1"
    client.go_on(NAME, ("Training", "InProgress"), ("Failed", "Failed"), reason=reason)
    report = runtime.describe("1001")
    assert report is not None
    assert report.failure is not None
    assert (report.failure.fault, report.failure.message) == (Fault.PLATFORM, "the export differs")


def test_a_job_cut_at_its_limit_is_stopped_and_says_so(
    runtime: SageMakerTrainingRuntime, client: FakeSageMakerClient
) -> None:
    runtime.submit(job_request())
    client.go_on(NAME, ("Training", "InProgress"), ("MaxRuntimeExceeded", "Stopped"))
    report = runtime.describe("1001")
    assert report is not None
    assert report.state is JobState.STOPPED
    assert report.failure is not None


def test_stopping_an_ended_or_unknown_job_is_harmless(
    runtime: SageMakerTrainingRuntime, client: FakeSageMakerClient
) -> None:
    runtime.stop("1001")
    runtime.submit(job_request())
    client.go_on(NAME, ("Completed", "Completed"))
    runtime.stop("1001")
    report = runtime.describe("1001")
    assert report is not None
    assert report.state is JobState.COMPLETED


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ClientError({"Error": {"Code": "ValidationException", "Message": "bad"}}, "C"), JobRefusedError),
        (ClientError({"Error": {"Code": "ResourceLimitExceeded", "Message": "full"}}, "C"), RuntimeBusyError),
        (ClientError({"Error": {"Code": "InternalFailure", "Message": "oops"}}, "C"), RuntimeBusyError),
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), RuntimeBusyError),
    ],
)
def test_a_call_that_may_succeed_later_is_told_apart_from_a_refusal(
    runtime: SageMakerTrainingRuntime,
    client: FakeSageMakerClient,
    error: Any,
    expected: type[Exception],
) -> None:
    client.failing = error
    with pytest.raises(expected):
        runtime.submit(job_request())
