"""Repository models: what one is, and where models and versions are kept."""

from collections.abc import Sequence
from typing import Any, Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope
from openbml.models.versions import ModelVersion

Position = dict[str, Any] | None


class ModelNotFoundError(OpenBMLError):
    """The project has no such model; details: model_id."""


class ModelNameTakenError(OpenBMLError):
    """The project has a model of this name; details: name."""


class TaskUnknownError(OpenBMLError):
    """There is no such task; details: task_type, available."""


class ModelTaskDiffersError(OpenBMLError):
    """All versions of a model are of one task; details: model_id, task_type, run_task_type."""


class ModelSourceDiffersError(OpenBMLError):
    """All versions of a model come from one experiment; details: model_id, experiment_id."""


class ExperimentPublishedError(OpenBMLError):
    """Runs of one experiment become versions of one model only; details: experiment_id, model_id."""


class Model(BaseModel):
    """A named line of versions of one task.

    Attributes:
        experiment_id: where all its versions come from; None before the first (spec 03 section 7.2).
        latest_version: number of the newest version, 0 before the first.
    """

    model_config = ConfigDict(frozen=True)

    scope: ProjectScope
    model_id: int
    name: str = Field(min_length=1, max_length=50)
    task_type: str
    description: str = ""
    experiment_id: int | None = None
    latest_version: int = 0
    created_at: AwareDatetime


class ModelRepository(Protocol):
    """Port; `tests/contract/models/test_model_repository.py` holds what implementations owe."""

    def add(self, model: Model) -> None:
        """Raises ModelNameTakenError."""

    def get(self, scope: ProjectScope, model_id: int) -> Model:
        """Raises ModelNotFoundError."""

    def named(self, scope: ProjectScope, name: str) -> Model | None:
        """Return the project's model of this name."""

    def page(
        self, scope: ProjectScope, *, limit: int, position: Position
    ) -> tuple[Sequence[Model], Position]:
        """Return a page, the newest first, and the position of the next one."""

    def add_version(self, version: ModelVersion, model: Model, experiment_id: int) -> None:
        """Store the version as the model's next one, bound to run and experiment: all or nothing.

        Raises:
            VersionConflictError: number, run or experiment was taken by another meanwhile.
        """

    def version(self, scope: ProjectScope, model_id: int, version_number: int) -> ModelVersion:
        """Raises VersionNotFoundError."""

    def save_version(self, version: ModelVersion) -> None:
        """Raises VersionConflictError unless the stored revision is the one before."""

    def version_page(
        self, scope: ProjectScope, model_id: int, *, limit: int, position: Position
    ) -> tuple[Sequence[ModelVersion], Position]:
        """Return a page, the newest first, and the position of the next one."""

    def version_of_run(self, scope: ProjectScope, run_id: int) -> ModelVersion | None:
        """Return the version a run was published as."""

    def model_of_experiment(self, scope: ProjectScope, experiment_id: int) -> int | None:
        """Return the id of the model that the experiment's runs are published to."""
