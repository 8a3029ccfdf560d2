"""Requests against the service model, in the service's words."""

from typing import Any

import pytest

from sagemaker_local.protocol.errors import SerializationException, ValidationException
from sagemaker_local.protocol.service_model import load_service_models
from sagemaker_local.protocol.validate import check_input

MODELS = load_service_models()


def check(operation: str, document: Any) -> None:
    check_input(MODELS.control.operation_model(operation).input_shape, document)


def test_a_good_request_passes() -> None:
    check("DescribeTrainingJob", {"TrainingJobName": "a-1"})


def test_every_violation_is_named_with_its_path() -> None:
    variants = [{"VariantName": "v", "InitialInstanceCount": 0, "InstanceType": "ml.none"}]
    with pytest.raises(ValidationException) as caught:
        check("CreateEndpointConfig", {"EndpointConfigName": "", "ProductionVariants": variants})
    message = caught.value.message
    assert "validation errors detected" in message
    assert "'productionVariants.1.member.initialInstanceCount'" in message
    assert "Member must have value greater than or equal to 1" in message
    assert "'productionVariants.1.member.instanceType'" in message


def test_map_entries_are_checked() -> None:
    with pytest.raises(ValidationException, match="Map value must satisfy constraint"):
        check("CreateTrainingJob", {"TrainingJobName": "a", "RoleArn": "arn:aws:iam::000000000000:role/r",
                                    "OutputDataConfig": {"S3OutputPath": "s3://b/"},
                                    "HyperParameters": {"a": "x" * 3000}})  # fmt: skip


@pytest.mark.parametrize("value", [True, "3", 1.5, [], 2**40])
def test_a_wrong_json_type_is_a_serialization_error(value: object) -> None:
    with pytest.raises(SerializationException):
        check("ListTrainingJobs", {"MaxResults": value})


@pytest.mark.parametrize("value", ["now", True, float("inf")])
def test_a_time_must_be_a_number(value: object) -> None:
    with pytest.raises(SerializationException):
        check("ListTrainingJobs", {"CreationTimeAfter": value})
