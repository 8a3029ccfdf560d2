"""What the SageMaker adapter asks for and how it reads processing jobs."""

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from openbml.compute.failures import Failure, Fault
from openbml.compute.image_addresses import ImageAddresses
from openbml.compute.intervals import total_seconds
from openbml.compute.jobs import JobRefusedError, JobReport, JobState, RuntimeBusyError
from openbml.compute.names import ComputeNames
from openbml.compute.processing_sagemaker import SageMakerProcessingRuntime
from tests.fakes.compute_samples import processing_request
from tests.fakes.sagemaker_client import START, FakeSageMakerClient

NAME = "openbml-dev-run-data7"


@pytest.fixture
def client() -> FakeSageMakerClient:
    return FakeSageMakerClient()


@pytest.fixture
def runtime(client: FakeSageMakerClient) -> SageMakerProcessingRuntime:
    return SageMakerProcessingRuntime(
        client,
        names=ComputeNames(stage="dev"),
        images=ImageAddresses(prefix="000000000000.dkr.ecr.us-east-1.amazonaws.com/openbml", tag="v1"),
        role_arns={
            "data": "arn:aws:iam::000000000000:role/openbml-data-job",
            "search": "arn:aws:iam::000000000000:role/openbml-search",
        },
    )


def told(runtime: SageMakerProcessingRuntime, client: FakeSageMakerClient, **members: Any) -> JobReport:
    runtime.submit(processing_request())
    client.processing[NAME] |= members
    report = runtime.describe("data7")
    assert report is not None
    return report


def test_a_job_gets_its_order_its_arguments_and_its_limit(
    runtime: SageMakerProcessingRuntime, client: FakeSageMakerClient
) -> None:
    runtime.submit(processing_request())
    sent = client.processing[NAME]
    assert sent["AppSpecification"] == {
        "ImageUri": "000000000000.dkr.ecr.us-east-1.amazonaws.com/openbml/data:v1",
        "ContainerEntrypoint": ["process"],
        "ContainerArguments": ["export"],
    }
    (order,) = sent["ProcessingInputs"]
    assert order["S3Input"]["S3Uri"] == "s3://uploads/projects/42/jobs/data7/order/"
    assert order["S3Input"]["LocalPath"] == "/opt/ml/processing/input/order"
    assert sent["StoppingCondition"] == {"MaxRuntimeInSeconds": 3600}
    assert sent["ProcessingResources"]["ClusterConfig"]["InstanceType"] == "ml.m5.xlarge"
    tags = {tag["Key"]: tag["Value"] for tag in sent["Tags"]}
    assert tags == {"openbml:stage": "dev", "openbml:project": "42", "openbml:owner": "datasets/data7"}


def test_a_job_gets_its_model_and_its_nodes(
    runtime: SageMakerProcessingRuntime, client: FakeSageMakerClient
) -> None:
    model = "s3://data/projects/42/models/3/1/"
    runtime.submit(processing_request(model_uri=model, node_count=3))

    sent = client.processing[NAME]
    places = {one["InputName"]: one["S3Input"]["LocalPath"] for one in sent["ProcessingInputs"]}
    assert places["model"] == "/opt/ml/processing/input/model"
    assert sent["ProcessingResources"]["ClusterConfig"]["InstanceCount"] == 3


def test_submitting_twice_makes_one_job(
    runtime: SageMakerProcessingRuntime, client: FakeSageMakerClient
) -> None:
    runtime.submit(processing_request())
    runtime.submit(processing_request())
    assert list(client.processing) == [NAME]


def test_an_unknown_job_is_told_apart_from_a_failed_call(
    runtime: SageMakerProcessingRuntime, client: FakeSageMakerClient
) -> None:
    assert runtime.describe("data7") is None
    client.failing = ClientError({"Error": {"Code": "ThrottlingException", "Message": "Rate"}}, "Describe")
    with pytest.raises(RuntimeBusyError):
        runtime.describe("data7")


def test_a_job_runs_once_its_processing_has_started(
    runtime: SageMakerProcessingRuntime, client: FakeSageMakerClient
) -> None:
    assert told(runtime, client).state is JobState.QUEUED
    assert told(runtime, client, ProcessingStartTime=START).state is JobState.RUNNING


def test_a_finished_job_tells_how_long_it_worked(
    runtime: SageMakerProcessingRuntime, client: FakeSageMakerClient
) -> None:
    end = START + timedelta(seconds=20)
    report = told(
        runtime, client, ProcessingJobStatus="Completed", ProcessingStartTime=START, ProcessingEndTime=end
    )
    assert report.state is JobState.COMPLETED
    assert total_seconds(report.intervals) == 20


@pytest.mark.parametrize(
    ("members", "fault", "message"),
    [
        (
            {
                "FailureReason": "AlgorithmError: x, exit code: 1",
                "ExitMessage": "user: no such label\n\ntrace",
            },
            Fault.USER,
            "no such label",
        ),
        ({"FailureReason": "InternalServerError: lost"}, Fault.PLATFORM, "lost"),
        ({"FailureReason": "AlgorithmError: killed, exit code: 137"}, Fault.PLATFORM, "killed"),
        (
            {"FailureReason": "AlgorithmError: x, exit code: 1", "ExitMessage": "platform: disk"},
            Fault.PLATFORM,
            "disk",
        ),
    ],
)
def test_a_failed_job_tells_whose_fault_it_was(
    runtime: SageMakerProcessingRuntime,
    client: FakeSageMakerClient,
    members: dict[str, str],
    fault: Fault,
    message: str,
) -> None:
    report = told(runtime, client, ProcessingJobStatus="Failed", **members)
    assert report.failure == Failure(fault=fault, message=message)


def test_a_job_cut_at_its_limit_is_stopped_and_says_so(
    runtime: SageMakerProcessingRuntime, client: FakeSageMakerClient
) -> None:
    reason = "MaxRuntimeInSeconds (3600) exceeded"
    report = told(runtime, client, ProcessingJobStatus="Stopped", FailureReason=reason)
    assert report.state is JobState.STOPPED
    assert report.failure is not None


def test_stopping_an_ended_or_unknown_job_is_harmless(
    runtime: SageMakerProcessingRuntime, client: FakeSageMakerClient
) -> None:
    runtime.stop("data7")
    told(runtime, client, ProcessingJobStatus="Completed")
    runtime.stop("data7")
    assert client.processing[NAME]["ProcessingJobStatus"] == "Completed"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ClientError({"Error": {"Code": "ValidationException", "Message": "bad"}}, "C"), JobRefusedError),
        (ClientError({"Error": {"Code": "ResourceLimitExceeded", "Message": "full"}}, "C"), RuntimeBusyError),
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), RuntimeBusyError),
    ],
)
def test_a_call_that_may_succeed_later_is_told_apart_from_a_refusal(
    runtime: SageMakerProcessingRuntime,
    client: FakeSageMakerClient,
    error: Any,
    expected: type[Exception],
) -> None:
    client.failing = error
    with pytest.raises(expected):
        runtime.submit(processing_request())


def test_a_job_without_an_order_has_no_input_and_each_image_its_own_role(
    runtime: SageMakerProcessingRuntime, client: FakeSageMakerClient
) -> None:
    runtime.submit(processing_request(image="search", order_uri=None))
    creation = client.processing[NAME]
    assert creation["ProcessingInputs"] == []
    assert creation["RoleArn"].endswith("role/openbml-search")
