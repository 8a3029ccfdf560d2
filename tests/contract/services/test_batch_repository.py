"""What repositories of batch predictions owe; the fake passes the same suite."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from openbml.compute.intervals import Interval
from openbml.services.batch.batch_predictions import (
    BatchConflictError,
    BatchNameTakenError,
    BatchNotFoundError,
    BatchPrediction,
    BatchRepository,
    BatchState,
    NodeProgress,
)
from openbml.services.batch.batch_predictions_dynamodb import DynamoBatchRepository
from tests.contract.emulator import make_table
from tests.fakes.batches_memory import InMemoryBatches
from tests.fakes.compute_memory import NOON
from tests.fakes.services_samples import SCOPE

pytestmark = pytest.mark.contract
ELSEWHERE = SCOPE.model_copy(update={"project_id": 43})


def batch(batch_id: int = 5, **changes: Any) -> BatchPrediction:
    fields: dict[str, Any] = {
        "scope": SCOPE,
        "batch_id": batch_id,
        "name": f"night {batch_id}",
        "work": {
            "model_id": 3,
            "model_version": 1,
            "task_type": "object_detection",
            "model_uri": "s3://data/projects/42/models/3/1/",
            "image": "serving",
            "variant": "fp32",
            "input_uri": "s3://uploads/projects/42/in/",
            "input_format": "auto",
            "output_uri": "s3://data/projects/42/batch-predictions/5/output/",
            "output_format": "jsonl",
            "machine_type": "CPU_4C_16G",
            "nodes": 2,
            "parameters": {"threshold": 0.35},
        },
        "created_by": 9,
        "created_at": NOON,
        "changed_at": NOON,
    }
    return BatchPrediction.model_validate({**fields, **changes})


class BatchRepositoryContract:
    def test_one_is_kept_as_it_is_and_added_once(self, batches: BatchRepository) -> None:
        assert batches.add(batch())
        assert not batches.add(batch(name="another"))

        assert batches.get(SCOPE, 5) == batch()
        with pytest.raises(BatchNotFoundError):
            batches.get(ELSEWHERE, 5)

    def test_the_slower_of_two_writers_is_refused(self, batches: BatchRepository) -> None:
        batches.add(batch())
        batches.save(batch().handed_over(NOON))

        with pytest.raises(BatchConflictError):
            batches.save(batch().stopping(NOON))
        assert batches.get(SCOPE, 5).submitted

    def test_a_save_leaves_the_progress_that_came_beside_it(self, batches: BatchRepository) -> None:
        batches.add(batch())
        told = NodeProgress(done=7, failed=1, total=9, share=0.5)
        assert batches.record_progress(SCOPE, 5, "n0", told)
        batches.save(batch().handed_over(NOON))

        assert batches.get(SCOPE, 5).progress == {"n0": told}

    def test_progress_never_goes_back_and_belongs_to_something(self, batches: BatchRepository) -> None:
        batches.add(batch())

        assert batches.record_progress(SCOPE, 5, "n1", NodeProgress(done=7))
        assert not batches.record_progress(SCOPE, 5, "n1", NodeProgress(done=6))
        assert batches.record_progress(SCOPE, 5, "n1", NodeProgress(done=7, total=9))
        assert not batches.record_progress(SCOPE, 6, "n1", NodeProgress(done=7))
        assert batches.get(SCOPE, 5).figures.total == 9

    def test_what_a_change_takes_away_is_gone(self, batches: BatchRepository) -> None:
        batches.add(batch())
        span = Interval(start=NOON, end=NOON + timedelta(minutes=1))
        failed = batch().observed(BatchState.STOPPED, None, [span], NOON)
        batches.save(failed)
        batches.save(failed.resumed(NOON))

        after = batches.get(SCOPE, 5)
        assert (after.ended_at, after.attempt, after.earlier) == (None, 2, (span,))

    def test_open_ones_are_found_until_they_end(self, batches: BatchRepository) -> None:
        batches.add(batch(5))
        batches.add(batch(6, scope=ELSEWHERE))
        ended = batch(5).observed(BatchState.SUCCEEDED, None, (), NOON)
        batches.save(ended)

        assert list(batches.open_everywhere()) == [(ELSEWHERE, 6)]

    def test_pages_are_the_newest_first(self, batches: BatchRepository) -> None:
        for batch_id in (5, 6, 7):
            batches.add(batch(batch_id))
        batches.add(batch(8, scope=ELSEWHERE))

        first, position = batches.page(SCOPE, limit=2, position=None)
        second, _ = batches.page(SCOPE, limit=2, position=position)
        assert [one.batch_id for one in (*first, *second)] == [7, 6, 5]

    def test_a_unique_name_is_held_until_it_is_removed(self, batches: BatchRepository) -> None:
        batches.add(batch(5, name="n", unique_name=True))
        batches.add(batch(6, name="n"))
        batches.add(batch(7, name="n", unique_name=True, scope=ELSEWHERE))
        with pytest.raises(BatchNameTakenError):
            batches.add(batch(8, name="n", unique_name=True))

        with pytest.raises(BatchConflictError):
            batches.remove(batch(5, name="n", unique_name=True, version=2))
        batches.remove(batch(5, name="n", unique_name=True))
        assert batches.add(batch(8, name="n", unique_name=True))

    def test_of_a_herd_one_adds(self, batches: BatchRepository) -> None:
        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(lambda _: batches.add(batch()), range(4))) == 1


class TestInMemory(BatchRepositoryContract):
    @pytest.fixture
    def batches(self) -> BatchRepository:
        return InMemoryBatches()


class TestDynamo(BatchRepositoryContract):
    @pytest.fixture
    def batches(self, emulator_url: str, request: pytest.FixtureRequest) -> BatchRepository:
        return DynamoBatchRepository(make_table(emulator_url, f"batches-{abs(hash(request.node.nodeid))}"))
