"""Repository models: what one is, and where models and versions are kept."""

from collections.abc import Sequence
from typing import Any, Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope
from openbml.models.sources import ModelSource
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


class ModelConflictError(OpenBMLError):
    """Someone else changed the model at the same time; details: model_id. Read again, then repeat."""


class ModelDeletingError(OpenBMLError):
    """The model is being deleted; details: model_id."""


class ModelSourceMixedError(OpenBMLError):
    """All versions of a model are of its one source; details: model_id, source, wanted."""


class ModelNotNewError(OpenBMLError):
    """A custom job's model needs a model without versions; details: model_id."""


class Model(BaseModel):
    """A named line of versions of one task and one source.

    Attributes:
        experiment_id: where all its versions come from; None before the first, and of other sources (spec 03
            section 7.2).
        latest_version: number of the newest version ever, 0 before the first; removed_versions: how many are
            gone.
        deleting: nobody may use it any more; its files go.
    """

    model_config = ConfigDict(frozen=True)

    scope: ProjectScope
    model_id: int
    name: str = Field(min_length=1, max_length=50)
    task_type: str
    description: str = ""
    source: ModelSource = ModelSource.PRESET
    experiment_id: int | None = None
    latest_version: int = 0
    removed_versions: int = 0
    deleting: bool = False
    created_at: AwareDatetime

    @property
    def version_count(self) -> int:
        return self.latest_version - self.removed_versions


class ModelRepository(Protocol):
    """Port; `tests/contract/models/test_model_repository.py` holds what implementations owe."""

    def add(self, model: Model) -> None:
        """Raises ModelNameTakenError."""

    def get(self, scope: ProjectScope, model_id: int) -> Model:
        """Raises ModelNotFoundError."""

    def named(self, scope: ProjectScope, name: str) -> Model | None:
        """Return the project's model of this name."""

    def page(
        self,
        scope: ProjectScope,
        *,
        limit: int,
        position: Position,
        task_type: str | None = None,
        source: ModelSource | None = None,
    ) -> tuple[Sequence[Model], Position]:
        """Return a page, the newest first, and the position of the next one."""

    def rename(self, model: Model, *, name: str, description: str) -> Model:
        """Return the model with another name and description; its former name is free again.

        Raises:
            ModelNameTakenError
            ModelConflictError: someone else changed it, or it is being deleted.
        """

    def mark_deleting(self, model: Model, *, deleting: bool) -> Model:
        """Return the model marked, or no longer marked; again is fine. Raises ModelNotFoundError."""

    def remove(self, model: Model) -> None:
        """Forget the model, its name and the experiment bound to it; again is fine."""

    def add_version(self, version: ModelVersion, model: Model, experiment_id: int | None) -> None:
        """Store the version as the model's next one, bound to run and experiment: all or nothing.

        Raises:
            VersionConflictError: number, run or experiment was taken by another meanwhile, or the model is
                being deleted.
        """

    def remove_version(self, version: ModelVersion) -> None:
        """Forget the version; its run can be published again. Again is fine."""

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

    def version_of_import(self, scope: ProjectScope, import_id: int) -> ModelVersion | None:
        """Return the version an import became."""

    def model_of_experiment(self, scope: ProjectScope, experiment_id: int) -> int | None:
        """Return the id of the model that the experiment's runs are published to."""
