"""Runs as the repository sees them: what can be published, and the port that tells of it."""

from collections.abc import Mapping
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope
from openbml.models.sources import ModelSource
from openbml.models.versions import DatasetVersion


class RunNotPublishableError(OpenBMLError):
    """The run did not end with a model; details: run_id, state."""


class PublishableRun(BaseModel):
    """A run that succeeded."""

    model_config = ConfigDict(frozen=True)

    run_id: int
    source: ModelSource = ModelSource.PRESET
    experiment_id: int
    task_type: str
    network: str
    labels: tuple[str, ...]
    metrics: Mapping[str, float]
    recommended_threshold: float | None
    snapshot_id: str
    dataset_versions: tuple[DatasetVersion, ...]
    hyper_parameters: Mapping[str, str]
    model_uri: str


class RunSource(Protocol):
    """Port to the runs of training."""

    def get(self, scope: ProjectScope, run_id: int) -> PublishableRun:
        """Return a run that can be published.

        Raises:
            RunNotFoundError (training): the project has no such run.
            RunNotPublishableError: it has not succeeded.
        """
