"""Validation, errors, lists and tags at the wire."""

import json
import urllib.error
import urllib.request
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.contract.sagemaker_local.engine_process import EngineProcess, eventually
from tests.contract.sagemaker_local.scenario import IMAGE, ROLE, Scenario

pytestmark = pytest.mark.contract


def call(engine: EngineProcess, operation: str, body: bytes) -> tuple[int, dict[str, Any]]:
    """A call that boto3 would refuse to make."""
    request = urllib.request.Request(
        engine.url + "/", data=body, headers={"X-Amz-Target": f"SageMaker.{operation}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:
            return int(reply.status), json.loads(reply.read() or b"{}")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


@pytest.mark.parametrize(
    ("body", "error", "words"),
    [
        (
            {},
            "ValidationException",
            "Value null at 'trainingJobName' failed to satisfy constraint: Member must not be null",
        ),
        ({"TrainingJobName": 5}, "SerializationException", "NUMBER_VALUE can not be converted to String"),
        (
            {"TrainingJobName": "a_b"},
            "ValidationException",
            "Value 'a_b' at 'trainingJobName' failed to satisfy constraint: Member must satisfy "
            "regular expression pattern",
        ),
        (
            {"TrainingJobName": "x" * 64},
            "ValidationException",
            "Member must have length less than or equal to 63",
        ),
        (
            {"ResourceConfig": {"InstanceType": "ml.nothing"}},
            "ValidationException",
            "at 'resourceConfig.instanceType' failed to satisfy constraint: Member must satisfy "
            "enum value set",
        ),
        ({"Nonsense": 1}, "ValidationException", "nonsense"),
        ({"InputDataConfig": {}}, "SerializationException", "START_OBJECT can not be converted to List"),
    ],
)
def test_a_malformed_create_is_refused_in_the_words_of_the_service(
    engine: EngineProcess, body: dict[str, Any], error: str, words: str
) -> None:
    status, reply = call(engine, "CreateTrainingJob", json.dumps(body).encode())
    assert (status, reply["__type"]) == (400, error)
    assert words in reply["message"]


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"TrainingJobName": NaN}', b"\xff\xfe", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_a_serialization_error(engine: EngineProcess, body: bytes) -> None:
    status, reply = call(engine, "DescribeTrainingJob", body)
    assert (status, reply["__type"]) == (400, "SerializationException")


@pytest.mark.parametrize("operation", ["CreatePipeline", "ListPipelines", "Nonsense"])
def test_an_operation_that_is_not_implemented_is_an_unknown_operation(
    engine: EngineProcess, operation: str
) -> None:
    status, reply = call(engine, operation, b"{}")
    assert (status, reply["__type"]) == (400, "UnknownOperationException")
    assert operation in reply["message"]


@pytest.mark.parametrize(
    ("operation", "member", "words"),
    [
        ("describe_model", "ModelName", "Could not find model"),
        ("delete_model", "ModelName", "Could not find model"),
        ("describe_endpoint_config", "EndpointConfigName", "Could not find endpoint configuration"),
        ("describe_endpoint", "EndpointName", "Could not find endpoint"),
        ("delete_endpoint", "EndpointName", "Could not find endpoint"),
        ("describe_training_job", "TrainingJobName", "Requested resource not found."),
        ("stop_training_job", "TrainingJobName", "Requested resource not found."),
    ],
)
def test_unknown_names_are_validation_errors(
    engine: EngineProcess, operation: str, member: str, words: str
) -> None:
    with pytest.raises(ClientError, match=f"ValidationException.*{words}"):
        getattr(engine.sagemaker, operation)(**{member: "nobody"})


def test_lists_filter_before_they_page_and_refuse_made_up_tokens(
    engine: EngineProcess, scenario: Scenario
) -> None:
    names = [f"{scenario.name}-{number}" for number in range(5)]
    for name in names:
        engine.sagemaker.create_model(
            ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer={"Image": IMAGE}
        )
    pages = engine.sagemaker.get_paginator("list_models").paginate(
        NameContains=scenario.name, SortBy="Name", SortOrder="Ascending", PaginationConfig={"PageSize": 2}
    )
    found = [[model["ModelName"] for model in page["Models"]] for page in pages]
    assert found == [names[:2], names[2:4], names[4:]]
    newest = engine.sagemaker.list_models(NameContains=scenario.name, MaxResults=1)
    assert newest["Models"][0]["ModelName"] == names[-1]
    for token in ("garbage", newest["NextToken"][:-4] + "AAAA"):
        with pytest.raises(ClientError, match=r"ValidationException.*pagination token"):
            engine.sagemaker.list_models(NameContains=scenario.name, NextToken=token)
    with pytest.raises(ClientError, match=r"ValidationException.*pagination token"):
        engine.sagemaker.list_models(NameContains="other", NextToken=newest["NextToken"])


def test_tags_are_added_listed_and_deleted(engine: EngineProcess, scenario: Scenario) -> None:
    arn = engine.sagemaker.create_model(
        ModelName=scenario.name,
        ExecutionRoleArn=ROLE,
        PrimaryContainer={"Image": IMAGE},
        Tags=[{"Key": "a", "Value": "1"}],
    )["ModelArn"]
    engine.sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "b", "Value": "2"}])
    engine.sagemaker.delete_tags(ResourceArn=arn, TagKeys=["a"])
    assert engine.sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]


def test_a_config_of_an_unknown_model_and_a_second_create_are_refused(
    engine: EngineProcess, scenario: Scenario
) -> None:
    variant = {
        "VariantName": "v",
        "ModelName": scenario.name,
        "InitialInstanceCount": 1,
        "InstanceType": "ml.m5.large",
    }
    with pytest.raises(ClientError, match=r"ValidationException.*Could not find model"):
        engine.sagemaker.create_endpoint_config(
            EndpointConfigName=scenario.name, ProductionVariants=[variant]
        )
    engine.sagemaker.create_model(
        ModelName=scenario.name, ExecutionRoleArn=ROLE, PrimaryContainer={"Image": IMAGE}
    )
    with pytest.raises(ClientError, match=r"ValidationException.*already existing model"):
        engine.sagemaker.create_model(
            ModelName=scenario.name, ExecutionRoleArn=ROLE, PrimaryContainer={"Image": IMAGE}
        )


def test_regions_and_accounts_do_not_see_each_other(
    engine: EngineProcess, emulator: str, scenario: Scenario
) -> None:
    """A job of another account and region has its own name, bucket, role, logs and event bus."""
    scenario.put("data/a.txt")
    request = scenario.training_request()
    engine.sagemaker.create_training_job(**request)
    keys = {
        "aws_access_key_id": "111122223333", "aws_secret_access_key": "test", "region_name": "eu-central-1",
    }  # fmt: skip
    sagemaker = boto3.client("sagemaker", endpoint_url=engine.url, **keys)
    with pytest.raises(ClientError, match=r"Requested resource not found\."):
        sagemaker.describe_training_job(TrainingJobName=scenario.name)
    s3 = boto3.client("s3", endpoint_url=emulator, **keys)
    s3.create_bucket(
        Bucket=f"{scenario.name}-other", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    s3.put_object(Bucket=f"{scenario.name}-other", Key="data/b.txt", Body=b"x")
    request |= {
        "RoleArn": "arn:aws:iam::111122223333:role/engine-tests",
        "OutputDataConfig": {"S3OutputPath": f"s3://{scenario.name}-other/out", "CompressionType": "NONE"},
        "InputDataConfig": [scenario.channel("train", S3Uri=f"s3://{scenario.name}-other/data/")],
    }
    arn = sagemaker.create_training_job(**request)["TrainingJobArn"]
    assert arn == f"arn:aws:sagemaker:eu-central-1:111122223333:training-job/{scenario.name}"
    sagemaker.get_waiter("training_job_completed_or_stopped").wait(
        TrainingJobName=scenario.name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    assert scenario.finished(engine)["TrainingJobArn"] != arn
    assert len(sagemaker.list_training_jobs()["TrainingJobSummaries"]) == 1
    report = s3.get_object(
        Bucket=f"{scenario.name}-other", Key=f"out/{scenario.name}/output/model/report.json"
    )
    assert json.loads(report["Body"].read())["channels"] == {"train": ["b.txt"]}
    logs = boto3.client("logs", endpoint_url=emulator, **keys)
    eventually(
        lambda: logs.describe_log_streams(logGroupName="/aws/sagemaker/TrainingJobs")["logStreams"],
        what="the log is in the other account",
    )
    eventually(lambda: len(scenario.events()) >= 5, what="the home job is told")
    assert {one["account"] for one in scenario.events()} == {"000000000000"}


def test_admin_routes_need_the_token(engine: EngineProcess) -> None:
    with pytest.raises(urllib.error.HTTPError, match="403") as caught:
        urllib.request.urlopen(f"{engine.url}/_local/state", timeout=5)
    caught.value.close()
    assert "resources" in engine.admin("GET", "state")
