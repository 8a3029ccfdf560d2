"""Lineage of dataset versions: which models were trained on one; the other way round, `models` knows."""

from collections.abc import Sequence
from typing import Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict

from openbml.core.scope import ProjectScope
from openbml.datasets.datasets import (
    DatasetRepository,
    DatasetVersionNotFoundError,
    Position,
    VersionKey,
)


class TrainedModel(BaseModel):
    """A published model version that was trained on a dataset version, and the snapshot it saw of it."""

    model_config = ConfigDict(frozen=True)

    model_id: int
    model_version_number: int
    run_id: int
    snapshot_id: str
    published_at: AwareDatetime


class TrainedOn(BaseModel):
    """A dataset version as a published model names it."""

    model_config = ConfigDict(frozen=True)

    dataset_id: int
    version_number: int


class LineageRepository(Protocol):
    def add(self, key: VersionKey, model: TrainedModel) -> None:
        """A repeat changes nothing."""

    def page(
        self, key: VersionKey, *, limit: int, position: Position | None
    ) -> tuple[Sequence[TrainedModel], Position | None]:
        """Newest model first."""


def record_training(
    scope: ProjectScope,
    model: TrainedModel,
    trained_on: Sequence[TrainedOn],
    *,
    datasets: DatasetRepository,
    lineage: LineageRepository,
) -> int:
    """Note the model at each of its dataset versions that are still there; return at how many."""
    noted = 0
    for version in trained_on:
        key = VersionKey(scope=scope, dataset_id=version.dataset_id, version_number=version.version_number)
        try:
            datasets.version(key)
        except DatasetVersionNotFoundError:
            continue  # deleted since
        lineage.add(key, model)
        noted += 1
    return noted
