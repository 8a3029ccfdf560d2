"""Neural architecture search as runs: search only, and sub-nets as networks (spec 03 section 6)."""

import json
from typing import Any

import pytest

from openbml.core.errors import InvalidRequestError
from openbml.training.job_files import Report
from openbml.training.runs import Run, RunState
from openbml.training.subnets import SubnetNotFoundError
from tests.fakes.training_samples import TrainingWorld

SUBNET = {"input_size": 96, "depths": [2, 2, 2, 2, 2], "kernels": [3] * 20, "expansions": [3] * 20}


@pytest.fixture
def world() -> TrainingWorld:
    return TrainingWorld()


def searched(world: TrainingWorld, **changes: Any) -> Run:
    run = world.create(network="NAS-Supernet")
    ended = {"state": RunState.SUCCEEDED, "metrics": {"accuracy": 0.9}, "data_uri": "s3://data/nas/"}
    world.runs.runs[run.run_id] = run.model_copy(update={**ended, **changes})
    document = {"nas": {"subnets": [{"subnet_id": 1, "subnet": SUBNET}, {"subnet_id": 2, "subnet": "x"}]}}
    world.files.reports["s3://data/nas/"] = Report(overall={}, document=document)
    return world.runs.runs[run.run_id]


def test_a_first_run_of_a_search_cannot_search_only(world: TrainingWorld) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        world.create(network="NAS-Supernet", hyper_parameters={"nas_phase": "search_only"})
    assert refused.value.details["field"] == "base_run_id"


def test_a_trained_supernet_can_be_searched_again(world: TrainingWorld) -> None:
    trained = searched(world)
    run = world.create(
        network="NAS-Supernet", hyper_parameters={"nas_phase": "search_only"}, base_run_id=trained.run_id
    )
    assert run.hyper_parameters["nas_phase"] == "search_only"
    assert run.base_run_id == trained.run_id


def test_a_sub_net_is_the_network_of_another_run(world: TrainingWorld) -> None:
    trained = searched(world)
    run = world.create(network="NAS-Subnet", subnet={"run_id": trained.run_id, "subnet_id": 1})
    assert json.loads(run.hyper_parameters["subnet"]) == SUBNET
    assert run.hyper_parameters["input_size"] == "96"
    world.start(run)
    request = world.jobs.jobs[run.job_id].request
    assert request.hyper_parameters["subnet"] == run.hyper_parameters["subnet"]
    assert {channel.name: channel.uri for channel in request.channels}["base"] == "s3://data/nas/"


@pytest.mark.parametrize(
    ("changes", "subnet_id", "reason"),
    [
        ({}, 9, "no such sub-net"),
        ({}, 2, "no such sub-net"),
        ({"metrics": None, "state": RunState.FAILED}, 1, "found nothing"),
        ({"network": "ResNet18_vd"}, 1, "no supernet"),
        ({"task_type": "object_detection"}, 1, "object_detection"),
    ],
)
def test_what_is_no_sub_net_is_told(
    world: TrainingWorld, changes: dict[str, Any], subnet_id: int, reason: str
) -> None:
    trained = searched(world, **changes)
    with pytest.raises(SubnetNotFoundError) as refused:
        world.create(network="NAS-Subnet", subnet={"run_id": trained.run_id, "subnet_id": subnet_id})
    assert reason in refused.value.details["reason"]


def test_an_unknown_run_has_no_sub_nets(world: TrainingWorld) -> None:
    with pytest.raises(SubnetNotFoundError):
        world.create(network="NAS-Subnet", subnet={"run_id": 77, "subnet_id": 1})


def test_a_sub_net_belongs_to_its_network_and_nothing_else_goes_beside_it(world: TrainingWorld) -> None:
    trained = searched(world)
    choice = {"run_id": trained.run_id, "subnet_id": 1}
    for wrong in (
        {"network": "NAS-Subnet"},
        {"network": "ResNet18_vd", "subnet": choice},
        {"network": "NAS-Subnet", "subnet": choice, "base_run_id": trained.run_id},
    ):
        with pytest.raises(InvalidRequestError) as refused:
            world.create(**wrong)
        assert refused.value.details["field"] == "subnet"


def test_hyper_parameters_of_the_search_belong_to_its_network(world: TrainingWorld) -> None:
    with pytest.raises(InvalidRequestError):
        world.create(hyper_parameters={"nas_population": 8})
