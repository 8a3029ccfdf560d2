"""Who uses a model, asked of the tables that services keep."""

from typing import Any

import pytest

from openbml.models.model_uses_services import ServiceUses
from openbml.services.batch.batch_predictions import BatchPrediction
from openbml.services.batch.batch_predictions_dynamodb import DynamoBatchRepository
from openbml.services.deployed_models_dynamodb import DynamoDeployedModels
from openbml.services.deployments import ServiceState
from openbml.services.services_dynamodb import DynamoServiceRepository
from openbml.services.validation.validations import LIFETIME, Validation
from openbml.services.validation.validations_dynamodb import DynamoValidations
from tests.contract.emulator import client, make_table
from tests.fakes.compute_memory import NOON
from tests.fakes.services_samples import SCOPE, configuration, deployment, service

pytestmark = pytest.mark.contract
ELSEWHERE = SCOPE.model_copy(update={"project_id": 43})


class World:
    def __init__(self, emulator_url: str) -> None:
        table: Any = make_table(emulator_url, "services")
        self.services = DynamoServiceRepository(table)
        self.validations = DynamoValidations(table)
        self.batches = DynamoBatchRepository(table)
        self.deployed = DynamoDeployedModels(client("dynamodb", emulator_url), table.name)
        self.uses = ServiceUses(
            deployed=self.deployed, services=self.services, validations=self.validations, batches=self.batches
        )

    def numbers(self, model_id: int) -> list[int]:
        return [row.version_number for row in self.uses.of_versions(SCOPE, model_id)]


@pytest.fixture
def world(emulator_url: str) -> World:
    return World(emulator_url)


def test_services_of_many_models_are_found_at_once(world: World) -> None:
    for number in range(3):
        world.services.add(service(5 + number, model_id=100 + number))

    found = world.uses.services_of(SCOPE, [*range(100, 230)])

    assert found == {100: 5, 101: 6, 102: 7}
    assert world.uses.services_of(ELSEWHERE, [100]) == {}
    assert world.uses.services_of(SCOPE, []) == {}


def test_what_is_wanted_and_what_answers_are_in_use(world: World) -> None:
    updating = deployment(
        "5",
        state=ServiceState.UPDATING,
        serving=configuration(model_version=1),
        wanted=configuration(model_version=2),
    )
    challenger = deployment("5b", wanted=configuration(model_version=7))
    world.services.add(service(5, model_id=100, main=updating, challenger=challenger))

    assert world.numbers(100) == [1, 2, 7]
    assert {row.service_id for row in world.uses.of_versions(SCOPE, 100)} == {5}
    assert world.numbers(101) == []


@pytest.mark.parametrize("state", [ServiceState.STOPPED, ServiceState.FAILED])
def test_a_service_that_is_over_keeps_its_model_but_no_version(world: World, state: ServiceState) -> None:
    world.services.add(service(5, model_id=100, main=deployment("5", state=state)))

    assert world.numbers(100) == []
    assert world.uses.services_of(SCOPE, [100]) == {100: 5}


def test_an_open_validation_uses_its_version(world: World) -> None:
    validation = Validation(
        scope=SCOPE,
        validation_id=3,
        model_id=100,
        model_version=4,
        task_type="general",
        model_uri="s3://data/m/",
        image="serving",
        started_at=NOON,
        ends_at=NOON + LIFETIME,
    )
    world.validations.add(validation)
    assert world.numbers(100) == [4]

    world.validations.end(validation.ended(NOON))
    assert world.numbers(100) == []


def batch(batch_id: int, model_id: int, **changes: Any) -> BatchPrediction:
    work = {
        "model_id": model_id,
        "model_version": 3,
        "task_type": "general",
        "model_uri": "s3://data/m/",
        "image": "custom-sklearn",
        "variant": "fp32",
        "input_uri": "s3://data/in/",
        "input_format": "jsonl",
        "output_uri": "s3://data/out/",
        "output_format": "jsonl",
        "machine_type": "CPU",
        "nodes": 1,
    }
    fields = {
        "scope": SCOPE,
        "batch_id": batch_id,
        "name": f"batch {batch_id}",
        "work": work,
        "created_by": 1,
    }
    return BatchPrediction.model_validate({**fields, "created_at": NOON, "changed_at": NOON, **changes})


def test_a_batch_prediction_uses_its_version_until_it_ends(world: World) -> None:
    mine = batch(7, 100)
    world.batches.add(mine)
    world.batches.add(batch(8, 101, scope=ELSEWHERE))
    assert world.numbers(100) == [3]
    assert world.numbers(101) == []

    world.batches.save(mine.stopping(NOON))
    assert world.numbers(100) == []
