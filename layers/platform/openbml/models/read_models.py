"""Use cases that only read, and what the API shows (contracts, section 4)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict

from openbml.compute.failures import Failure
from openbml.core.pages import CursorCodec, Page
from openbml.core.scope import ProjectScope
from openbml.models.model_uses import ModelUses
from openbml.models.models import Model, ModelRepository
from openbml.models.served_tables import ServedTable
from openbml.models.sources import ModelSource
from openbml.models.versions import (
    Deployment,
    Lineage,
    ModelVariant,
    ModelVersion,
    OnnxProof,
    VersionState,
)
from openbml_catalog.frameworks import Contract


class ModelView(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)

    model_id: int
    name: str
    task_type: str
    description: str
    source: ModelSource
    experiment_id: int | None
    latest_version: int
    version_count: int
    deleting: bool
    service_id: int | None = None
    created_at: datetime


class ModelVersionView(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)

    model_id: int
    version_number: int
    run_id: int | None
    import_id: int | None
    state: VersionState
    failure: Failure | None
    task_type: str
    source: ModelSource
    framework: str | None
    contract: Contract
    image: str | None
    deployments: Sequence[Deployment]
    can_validate: bool
    has_report: bool
    deployed: bool = False
    network: str
    description: str
    labels: Sequence[str]
    metrics: Mapping[str, float]
    recommended_threshold: float | None
    onnx: OnnxProof | None
    variants: Sequence[ModelVariant]
    lineage: Lineage
    created_at: datetime
    size_bytes: int | None
    content_digest: str | None

    @classmethod
    def of(cls, version: ModelVersion, *, deployed: bool = False) -> Self:
        return cls.model_validate(version).model_copy(update={"deployed": deployed})


class PictureView(BaseModel):
    """How a picture becomes the model's input; mean and std of red, green, blue or as `channels` says."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    size: int
    mean: Sequence[float]
    std: Sequence[float]
    channels: Literal["rgb", "bgr"]
    layout: Literal["chw", "hwc"]
    resize: Literal["cover", "stretch"]


class ModelVersionDetail(ModelVersionView):
    """A version with what lists leave out: a table may have a thousand features."""

    table: ServedTable | None
    picture: PictureView | None


def list_models(
    scope: ProjectScope,
    *,
    task_type: str | None,
    source: ModelSource | None,
    limit: int,
    cursor: str | None,
    models: ModelRepository,
    uses: ModelUses,
    cursors: CursorCodec,
) -> Page[ModelView]:
    purpose = f"models {scope.key}"
    position = cursors.decode(cursor, purpose=purpose)
    items, following = models.page(scope, limit=limit, position=position, task_type=task_type, source=source)
    services = uses.services_of(scope, [row.model_id for row in items])
    views = [_view(row, services.get(row.model_id)) for row in items]
    return Page(items=views, next_cursor=cursors.encode(following, purpose=purpose))


def list_versions(
    scope: ProjectScope,
    model_id: int,
    *,
    limit: int,
    cursor: str | None,
    models: ModelRepository,
    uses: ModelUses,
    cursors: CursorCodec,
) -> Page[ModelVersionView]:
    """Raises ModelNotFoundError."""
    models.get(scope, model_id)
    purpose = f"model versions {scope.key} {model_id}"
    position = cursors.decode(cursor, purpose=purpose)
    items, following = models.version_page(scope, model_id, limit=limit, position=position)
    used = _used(scope, model_id, uses)
    views = [ModelVersionView.of(row, deployed=row.version_number in used) for row in items]
    return Page(items=views, next_cursor=cursors.encode(following, purpose=purpose))


def model_view(model: Model, *, uses: ModelUses) -> ModelView:
    return _view(model, uses.services_of(model.scope, [model.model_id]).get(model.model_id))


def version_view(version: ModelVersion, *, uses: ModelUses) -> ModelVersionDetail:
    deployed = version.version_number in _used(version.scope, version.model_id, uses)
    return ModelVersionDetail.of(version, deployed=deployed)


def _used(scope: ProjectScope, model_id: int, uses: ModelUses) -> set[int]:
    """Return the versions that a service answers with, or is about to."""
    return {row.version_number for row in uses.of_versions(scope, model_id) if row.service_id is not None}


def _view(model: Model, service_id: int | None) -> ModelView:
    return ModelView.model_validate(model).model_copy(update={"service_id": service_id})
