"""Exports: what one is, and where they are kept."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope

LIFETIME = timedelta(days=6)  # the uploads bucket drops the archive a day later


class ModelExportNotFoundError(OpenBMLError):
    """The version has no such export; details: export_id."""


class ModelExportConflictError(OpenBMLError):
    """Someone else changed the export; details: export_id."""


class VersionNotExportableError(OpenBMLError):
    """The version's files are not all there; details: model_id, version_number, state."""


class ModelExportState(StrEnum):
    PREPARING = "preparing"
    READY = "ready"
    FAILED = "failed"
    EXPIRED = "expired"


class ModelExport(BaseModel):
    """One export.

    Attributes:
        file_name: under which browsers save the archive.
    """

    model_config = ConfigDict(frozen=True)

    scope: ProjectScope
    model_id: int
    version_number: int
    export_id: int
    file_name: str
    state: ModelExportState = ModelExportState.PREPARING
    failure: str | None = None
    size_bytes: int | None = None
    created_at: AwareDatetime
    ended_at: AwareDatetime | None = None
    revision: int = Field(default=1, ge=1)

    @property
    def key(self) -> str:
        """Return where the archive lies in the uploads bucket, which forgets it."""
        return f"{self.scope.prefix}model-exports/{self.export_id}/model.zip"

    def ready(self, size_bytes: int, at: datetime) -> "ModelExport":
        return self._ended(at, state=ModelExportState.READY, size_bytes=size_bytes)

    def broken(self, failure: str, at: datetime) -> "ModelExport":
        return self._ended(at, state=ModelExportState.FAILED, failure=failure)

    def state_at(self, at: datetime) -> ModelExportState:
        if self.state is ModelExportState.READY and self.ended_at and at - self.ended_at >= LIFETIME:
            return ModelExportState.EXPIRED
        return self.state

    def _ended(self, at: datetime, **changes: object) -> "ModelExport":
        if self.state is not ModelExportState.PREPARING:
            return self
        return self.model_copy(update={**changes, "ended_at": at, "revision": self.revision + 1})


class ModelExportRepository(Protocol):
    """Port; `tests/contract/models/test_model_exports.py` holds what implementations owe."""

    def add(self, export: ModelExport) -> None: ...

    def get(self, scope: ProjectScope, model_id: int, export_id: int) -> ModelExport:
        """Raises ModelExportNotFoundError."""

    def save(self, export: ModelExport) -> None:
        """Raises ModelExportConflictError unless the stored revision is the one before."""
