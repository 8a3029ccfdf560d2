"""What every PreviewRepository owes. The fake behind the unit tests passes the same suite."""

import pytest

from openbml.services.performance.curves import MeasuredPoint
from openbml.services.performance.previews import (
    Preview,
    PreviewConflictError,
    PreviewKey,
    PreviewRepository,
)
from openbml.services.performance.previews_dynamodb import DynamoPreviews
from tests.contract.emulator import make_table
from tests.fakes.compute_memory import NOON
from tests.fakes.previews_memory import InMemoryPreviews
from tests.fakes.services_samples import SCOPE

POINT = MeasuredPoint(compute_units=1, latency_ms=12.345, qps=80.5)


def preview(model_id: int = 3) -> Preview:
    key = PreviewKey(model_id=model_id, model_version=1, variant="int8")
    return Preview(
        scope=SCOPE, key=key, preview_id=9, image="serving", model_uri="s3://b/m/", started_at=NOON
    )


class PreviewRepositoryContract:
    def test_a_preview_comes_back_as_it_was_kept(self, previews: PreviewRepository) -> None:
        measuring = preview(1)
        previews.save(measuring)
        ready = measuring.ready([POINT], "a machine", NOON)
        previews.save(ready)
        assert previews.find(SCOPE, ready.key) == ready

    def test_previews_belong_to_a_project_and_a_file(self, previews: PreviewRepository) -> None:
        kept = preview(2)
        previews.save(kept)
        elsewhere = SCOPE.model_copy(update={"project_id": 43})
        assert previews.find(elsewhere, kept.key) is None
        assert previews.find(SCOPE, kept.key.model_copy(update={"variant": "fp32"})) is None

    def test_of_two_writers_the_slower_is_refused(self, previews: PreviewRepository) -> None:
        kept = preview(3)
        previews.save(kept)
        with pytest.raises(PreviewConflictError):
            previews.save(kept)
        previews.save(kept.ready([POINT], "a machine", NOON))
        with pytest.raises(PreviewConflictError):
            previews.save(kept.ready([POINT], "another", NOON))


class TestInMemory(PreviewRepositoryContract):
    @pytest.fixture
    def previews(self) -> PreviewRepository:
        return InMemoryPreviews()


@pytest.mark.contract
class TestDynamo(PreviewRepositoryContract):
    @pytest.fixture
    def previews(self, emulator_url: str) -> PreviewRepository:
        return DynamoPreviews(make_table(emulator_url, "services-previews"))
