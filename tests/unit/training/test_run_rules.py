"""What a run may be asked for (spec 03 sections 2.3 and 2.13)."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from openbml.core.errors import InvalidRequestError
from openbml.training import run_requests
from openbml.training.create_runs import ExperimentRequest, create_experiment
from openbml.training.experiments import ExperimentNameTakenError, TaskNotAvailableError
from openbml.training.run_requests import NodesNotAvailableError, PaidBillingNeededError, RunRequest
from openbml.training.training_catalog import training_catalog
from openbml.training.training_data import (
    DataNotSelectableError,
    EvaluationLabelsDifferError,
    Selection,
    TooFewLabelsError,
)
from openbml_catalog.images import images
from tests.fakes.compute_samples import SCOPE
from tests.fakes.training_samples import TrainingWorld


@pytest.fixture
def world() -> TrainingWorld:
    return TrainingWorld()


@pytest.mark.parametrize(
    "dataset",
    [
        {"labels": {}},
        {"labels": {"cat": 0, "dog": 0}},
        {"labels": {"cat": 1, "dog": 1}, "state": "importing"},
        {"labels": {"cat": 1, "dog": 1}, "state": "deleting"},
        {"labels": {"cat": 1, "dog": 1}, "annotation_type": "object_detection", "template": "rectangle"},
        {"labels": {"cat": 1, "dog": 1}, "template": "multi_label"},
    ],
)
def test_a_dataset_of_another_kind_or_without_ready_data_cannot_be_chosen(
    world: TrainingWorld, dataset: dict[str, Any]
) -> None:
    selection = world.data.add(6, **dataset)
    with pytest.raises(DataNotSelectableError):
        world.create(training_data=[selection])


def test_an_unknown_dataset_version_is_named(world: TrainingWorld) -> None:
    with pytest.raises(DataNotSelectableError) as refused:
        world.create(training_data=[Selection(dataset_id=99, version_number=2)])
    assert refused.value.details["dataset_id"] == 99


def test_labels_of_the_same_name_become_one_class(world: TrainingWorld) -> None:
    other = world.data.add(6, {"dog": 4, "bird": 3})
    assert world.create(training_data=[world.selection, other]).labels == ("bird", "cat", "dog")


def test_a_run_needs_two_labels(world: TrainingWorld) -> None:
    one = world.data.add(6, {"cat": 10})
    with pytest.raises(TooFewLabelsError):
        world.create(training_data=[one])
    chosen = Selection(dataset_id=5, version_number=1, labels=["cat"])
    with pytest.raises(TooFewLabelsError):
        world.create(training_data=[chosen])


def test_a_chosen_label_must_have_samples(world: TrainingWorld) -> None:
    with pytest.raises(DataNotSelectableError):
        world.create(training_data=[Selection(dataset_id=5, version_number=1, labels=["cat", "cow"])])


@pytest.mark.parametrize("labels", [{"cat": 1}, {"cat": 1, "dog": 1, "cow": 1}, {"cat": 1, "cow": 1}])
def test_an_evaluation_set_has_exactly_the_labels_of_the_training_set(
    world: TrainingWorld, labels: dict[str, int]
) -> None:
    evaluation = world.data.add(6, labels)
    with pytest.raises(EvaluationLabelsDifferError):
        world.create(evaluation_data=[evaluation])
    same = world.data.add(7, {"dog": 1, "cat": 1})
    assert world.create(evaluation_data=[same]).evaluation_data == (same,)


@pytest.mark.parametrize("machine", ["GPU_P40", "GPU_V100"])
def test_without_paid_billing_only_the_p4_can_be_used(world: TrainingWorld, machine: str) -> None:
    with pytest.raises(PaidBillingNeededError):
        world.create(machine_type=machine)
    assert world.create(machine_type=machine, paid_billing=True).machine_type == machine


@pytest.mark.parametrize("machine", ["CPU_4C_16G", "SVC_CPU", "TPU", ""])
def test_machines_of_other_modules_are_refused(world: TrainingWorld, machine: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        world.create(machine_type=machine, paid_billing=True)
    assert refused.value.details["field"] == "machine_type"


@pytest.mark.parametrize("count", [0, 7])
def test_node_counts_lie_between_one_and_six(count: int) -> None:
    with pytest.raises(ValidationError):
        RunRequest(
            training_data=[Selection(dataset_id=1, version_number=1)],
            network="ResNet18_vd",
            machine_type="GPU_P4",
            max_training_minutes=1,
            node_count=count,
        )


def test_more_nodes_than_the_image_can_use_are_refused_with_the_limit(
    world: TrainingWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = images()["deep"].model_copy(update={"max_nodes": 1})
    monkeypatch.setattr(run_requests, "training_image", lambda _task: alone)
    with pytest.raises(NodesNotAvailableError) as refused:
        world.create(node_count=2)
    assert refused.value.details["max_nodes"] == 1


def test_up_to_six_machines_train_a_vision_network(world: TrainingWorld) -> None:
    assert world.create(node_count=6).node_count == 6


@pytest.mark.parametrize(
    ("given", "field", "hint"),
    [
        ({"epoch": 3}, "hyper_parameters.epoch", "there are epochs"),
        ({"epochs": 0}, "hyper_parameters.epochs", "between 1 and 500"),
        ({"epochs": 1.5}, "hyper_parameters.epochs", "whole number"),
        ({"learning_rate": "fast"}, "hyper_parameters.learning_rate", "number"),
        ({"learning_rate": "nan"}, "hyper_parameters.learning_rate", "finite"),
        ({"weights": "all"}, "hyper_parameters.weights", "auto, none"),
        ({"run_id": "7"}, "hyper_parameters.run_id", "not a hyper-parameter"),
        ({"labels": "[]"}, "hyper_parameters.labels", "not a hyper-parameter"),
    ],
)
def test_a_wrong_hyper_parameter_is_named_with_what_is_allowed(
    world: TrainingWorld, given: dict[str, Any], field: str, hint: str
) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        world.create(hyper_parameters=given)
    assert refused.value.details["field"] == field
    assert hint in refused.value.details["reason"]


def test_an_unknown_network_is_named(world: TrainingWorld) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        world.create(network="ResNet18")
    assert "ResNet18_vd" in refused.value.details["reason"]


def test_values_left_out_come_from_the_network_and_the_catalogue(world: TrainingWorld) -> None:
    values = world.create(network="EfficientNetB4", hyper_parameters={}).hyper_parameters
    assert (values["input_size"], values["batch_size"], values["seed"]) == ("320", "16", "42")
    assert "run_id" not in values


def test_the_estimate_is_the_price_of_the_maximum_time(world: TrainingWorld) -> None:
    assert world.create(max_training_minutes=90).cost_estimate == Decimal("25.20")


def test_names_of_experiments_are_unique_in_their_project(world: TrainingWorld) -> None:
    request = ExperimentRequest(name="pets", direction="vision", task_type="image_classification")
    with pytest.raises(ExperimentNameTakenError):
        create_experiment(
            request, scope=SCOPE, experiments=world.experiments, new_id=world.new_id, now=world.now
        )


@pytest.mark.parametrize(
    ("direction", "task", "error"),
    [
        ("vision", "telepathy", InvalidRequestError),
        ("nlp", "image_classification", InvalidRequestError),
        ("ocr", "ocr", TaskNotAvailableError),
    ],
)
def test_a_task_that_cannot_be_trained_is_refused(
    world: TrainingWorld, direction: str, task: str, error: type[Exception]
) -> None:
    request = ExperimentRequest(name="other", direction=direction, task_type=task)
    with pytest.raises(error):
        create_experiment(
            request, scope=SCOPE, experiments=world.experiments, new_id=world.new_id, now=world.now
        )


def test_the_catalogue_for_forms_has_prices_and_labels_in_two_languages() -> None:
    catalog = training_catalog()
    prices = {machine.code: machine.price for machine in catalog.machines}
    assert prices == {"GPU_P4": Decimal("0.28"), "GPU_P40": Decimal("0.36"), "GPU_V100": Decimal("0.45")}
    assert {network["name"] for network in catalog.networks} >= {"ResNet18_vd", "EfficientNetB4"}
    names = {row.name for row in catalog.hyper_parameters}
    assert "epochs" in names
    assert not names & {"task", "run_id", "labels", "network"}
    assert all(row.label_en and row.label_zh for row in catalog.hyper_parameters)
