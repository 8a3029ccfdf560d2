"""The training job that a proposal makes, and the order in which children are listed."""

from typing import Any

from sagemaker_local.tuning.child_listing import listed
from sagemaker_local.tuning.children import training_request
from sagemaker_local.tuning.jobs import definitions_of
from tests.unit.sagemaker_local.tuning_cases import child, tuning_job


def made(tuned: dict[str, str], **definition: Any) -> dict[str, Any]:
    request = dict(tuning_job().request)
    request["TrainingJobDefinition"] = {
        "RoleArn": "r",
        "StaticHyperParameters": {"epochs": "3", "_tuning_objective_metric": "another"},
        **definition,
    }
    [one] = definitions_of(request)
    return training_request(one, "t-001-abc", tuned, lambda instance_type: instance_type == "ml.m5.large")


def test_a_child_gets_static_and_tuned_values_and_the_objective() -> None:
    assert made({"lr": "0.1"}, DefinitionName="d") == {
        "TrainingJobName": "t-001-abc",
        "RoleArn": "r",
        "HyperParameters": {"epochs": "3", "lr": "0.1", "_tuning_objective_metric": "loss"},
    }


def test_children_do_not_share_a_checkpoint_folder() -> None:
    config = {"S3Uri": "s3://b/checkpoints/", "LocalPath": "/opt/ml/c"}
    assert made({}, CheckpointConfig=config)["CheckpointConfig"] == {
        "S3Uri": "s3://b/checkpoints/t-001-abc",
        "LocalPath": "/opt/ml/c",
    }


def test_the_first_instance_type_that_the_machine_has_is_taken() -> None:
    options = [
        {"InstanceType": name, "InstanceCount": count, "VolumeSizeInGB": 1}
        for name, count in (("ml.p5.48xlarge", 1), ("ml.m5.large", 2), ("ml.m5.xlarge", 3))
    ]
    flexible = {"AllocationStrategy": "Prioritized", "InstanceConfigs": options, "VolumeKmsKeyId": "k"}
    found = made({}, HyperParameterTuningResourceConfig=flexible)["ResourceConfig"]
    assert found == {**options[1], "VolumeKmsKeyId": "k"}
    plain = {"InstanceType": "ml.p5.48xlarge", "InstanceCount": 1, "VolumeSizeInGB": 5}
    assert made({}, HyperParameterTuningResourceConfig=plain)["ResourceConfig"] == plain


def test_children_are_listed_by_value_without_those_that_have_none() -> None:
    children = [
        child(1, value=2.0),
        child(2, status="Failed", value=1.0),
        child(3, value=2.0),
        child(4, value=1.0),
    ]

    def numbers(**asked: Any) -> list[int]:
        wanted = {"status": None, "sort_by": "Name", "descending": False, **asked}
        return [one.record.number for one in listed(children, **wanted)]

    assert numbers() == [1, 2, 3, 4]
    assert numbers(descending=True) == [4, 3, 2, 1]
    assert numbers(status="Failed") == [2]
    assert numbers(sort_by="FinalObjectiveMetricValue") == [4, 1, 3]
    assert numbers(sort_by="FinalObjectiveMetricValue", descending=True) == [3, 1, 4]
    assert numbers(sort_by="CreationTime") == [1, 2, 3, 4]
