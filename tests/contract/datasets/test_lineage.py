"""Which models were trained on a dataset version."""

from datetime import UTC, datetime

from openbml.core.scope import ProjectScope
from openbml.datasets.lineage import TrainedModel, TrainedOn, record_training
from openbml.datasets.lineage_dynamodb import DynamoLineageRepository
from tests.contract.datasets.conftest import World


def model(number: int) -> TrainedModel:
    return TrainedModel(
        model_id=number,
        model_version_number=1,
        run_id=7,
        snapshot_id="ab",
        published_at=datetime(2026, 11, 1, tzinfo=UTC),
    )


def test_a_version_names_the_models_trained_on_it_newest_first_and_each_once(world: World) -> None:
    key, lineage = world.dataset(), DynamoLineageRepository(world.table)
    trained_on = [
        TrainedOn(dataset_id=key.dataset_id, version_number=1),
        TrainedOn(dataset_id=99, version_number=1),
    ]
    for number in (1, 2, 1):
        noted = record_training(
            world.scope, model(number), trained_on, datasets=world.datasets, lineage=lineage
        )
        assert noted == 1  # the other version was deleted since
    first, position = lineage.page(key, limit=1, position=None)
    rest, end = lineage.page(key, limit=9, position=position)
    assert [row.model_id for row in (*first, *rest)] == [2, 1]
    assert end is None


def test_another_project_sees_no_lineage(world: World) -> None:
    key, lineage = world.dataset(), DynamoLineageRepository(world.table)
    trained_on = [TrainedOn(dataset_id=key.dataset_id, version_number=1)]
    stranger = ProjectScope(account_id=9, region="us-east-1", project_id=9)
    assert record_training(stranger, model(1), trained_on, datasets=world.datasets, lineage=lineage) == 0
    assert lineage.page(key, limit=9, position=None)[0] == []
