"""Use cases that only read, and what the API shows (contracts, section 4)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict

from openbml.compute.failures import Failure
from openbml.core.pages import CursorCodec, Page
from openbml.core.scope import ProjectScope
from openbml.models.models import Model, ModelRepository
from openbml.models.served_tables import ServedTable
from openbml.models.versions import Lineage, ModelVariant, ModelVersion, OnnxProof, VersionState


class ModelView(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)

    model_id: int
    name: str
    task_type: str
    description: str
    experiment_id: int | None
    latest_version: int
    created_at: datetime


class ModelVersionView(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)

    model_id: int
    version_number: int
    run_id: int
    state: VersionState
    failure: Failure | None
    task_type: str
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

    @classmethod
    def of(cls, version: ModelVersion) -> Self:
        return cls.model_validate(version)


class ModelVersionDetail(ModelVersionView):
    """A version with what lists leave out: a table may have a thousand features."""

    table: ServedTable | None


def list_models(
    scope: ProjectScope, *, limit: int, cursor: str | None, models: ModelRepository, cursors: CursorCodec
) -> Page[ModelView]:
    purpose = f"models {scope.key}"
    items, following = models.page(scope, limit=limit, position=cursors.decode(cursor, purpose=purpose))
    return Page(
        items=[model_view(row) for row in items], next_cursor=cursors.encode(following, purpose=purpose)
    )


def list_versions(
    scope: ProjectScope,
    model_id: int,
    *,
    limit: int,
    cursor: str | None,
    models: ModelRepository,
    cursors: CursorCodec,
) -> Page[ModelVersionView]:
    """Raises ModelNotFoundError."""
    models.get(scope, model_id)
    purpose = f"model versions {scope.key} {model_id}"
    position = cursors.decode(cursor, purpose=purpose)
    items, following = models.version_page(scope, model_id, limit=limit, position=position)
    views = [ModelVersionView.of(row) for row in items]
    return Page(items=views, next_cursor=cursors.encode(following, purpose=purpose))


def model_view(model: Model) -> ModelView:
    return ModelView.model_validate(model)
