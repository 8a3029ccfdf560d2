"""Use cases: rename models, describe versions."""

from pydantic import BaseModel, ConfigDict, Field

from openbml.core.scope import ProjectScope
from openbml.models.models import Model, ModelDeletingError, ModelRepository
from openbml.models.versions import ModelVersion, VersionDeletingError, VersionState


class ModelChanges(BaseModel):
    """What is left out stays."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    name: str | None = Field(default=None, min_length=1, max_length=50)
    description: str | None = Field(default=None, max_length=2000)


class VersionChanges(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    description: str = Field(max_length=2000)


def change_model(
    changes: ModelChanges, *, scope: ProjectScope, model_id: int, models: ModelRepository
) -> Model:
    """Raises ModelNotFoundError, ModelDeletingError, ModelNameTakenError, ModelConflictError."""
    model = usable_model(scope, model_id, models)
    name = changes.name or model.name
    description = model.description if changes.description is None else changes.description
    if (name, description) == (model.name, model.description):
        return model
    return models.rename(model, name=name, description=description)


def describe_version(
    changes: VersionChanges,
    *,
    scope: ProjectScope,
    model_id: int,
    version_number: int,
    models: ModelRepository,
) -> ModelVersion:
    """Raises ModelNotFoundError, VersionNotFoundError, VersionDeletingError, VersionConflictError."""
    version = models.version(scope, model_id, version_number)
    if version.state is VersionState.DELETING:
        raise VersionDeletingError(model_id=model_id, version_number=version_number)
    after = version.described(changes.description)
    if after is not version:
        models.save_version(after)
    return after


def usable_model(scope: ProjectScope, model_id: int, models: ModelRepository) -> Model:
    """Return a model that is not on its way out. Raises ModelNotFoundError, ModelDeletingError."""
    model = models.get(scope, model_id)
    if model.deleting:
        raise ModelDeletingError(model_id=model_id)
    return model
