"""Model imports: what one is, and where they are kept."""

import math
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope
from openbml.datasets.importing.inputs import part_size_bytes
from openbml_catalog.frameworks.manifest import PictureInput

Position = dict[str, Any] | None


class ModelImportNotFoundError(OpenBMLError):
    """The model has no such import; details: import_id."""


class ModelImportConflictError(OpenBMLError):
    """Someone else changed the import; details: import_id. Read again, then repeat."""


class ModelImportStateError(OpenBMLError):
    """The import is not in a state for this; details: import_id, state, action."""


class ModelImportRefusedError(OpenBMLError):
    """The files are not a model that can be kept; details: import_id, count, problems."""


class ModelImportState(StrEnum):
    """`checking`: the files are whole and were looked at; without problems they can be submitted."""

    UPLOADING = "uploading"
    CHECKING = "checking"
    SUBMITTED = "submitted"
    FAILED = "failed"
    READY = "ready"

    @property
    def is_open(self) -> bool:
        """Files may still be brought, looked at and given up."""
        return self in (ModelImportState.UPLOADING, ModelImportState.CHECKING)


class FileProblem(BaseModel):
    """What is wrong with a file; `file` is empty where it is about all of them."""

    model_config = ConfigDict(frozen=True)

    file: str = ""
    code: str
    message: str


class UploadedFile(BaseModel):
    """A file on its way up, a multipart upload of its own."""

    model_config = ConfigDict(frozen=True)

    name: str
    size_bytes: int
    upload_id: str

    @property
    def part_size_bytes(self) -> int:
        return part_size_bytes(self.size_bytes)

    @property
    def part_count(self) -> int:
        return max(1, math.ceil(self.size_bytes / self.part_size_bytes))

    def part_length(self, number: int) -> int:
        return min(self.part_size_bytes, self.size_bytes - (number - 1) * self.part_size_bytes)


class ModelImport(BaseModel):
    """One import, which becomes one version.

    Attributes:
        files: what is uploaded; empty where `s3_uri` is read.
        model_file, code_file, labels_file: which of the files are these; None: told by their names.
        labels: where they are known without a file.
        problems: what the last look found.
        version_number: the version it became.
        revision: grows with every save; the slower of two writers is refused.
    """

    model_config = ConfigDict(frozen=True)

    scope: ProjectScope
    model_id: int
    import_id: int
    task_type: str
    framework: str
    description: str = ""
    files: tuple[UploadedFile, ...] = ()
    s3_uri: str | None = None
    picture: PictureInput | None = None
    recommended_threshold: float | None = None
    model_file: str | None = None
    code_file: str | None = None
    labels_file: str | None = None
    labels: tuple[str, ...] = ()
    state: ModelImportState = ModelImportState.UPLOADING
    problems: tuple[FileProblem, ...] = ()
    version_number: int | None = None
    created_by: int
    created_at: AwareDatetime
    changed_at: AwareDatetime
    revision: int = Field(default=1, ge=1)

    @property
    def prefix(self) -> str:
        return f"{self.scope.prefix}model-imports/{self.import_id}/"

    def file_key(self, index: int) -> str:
        return f"{self.prefix}files/{index:03}"

    def looked_at(
        self, state: ModelImportState, problems: Sequence[FileProblem], at: AwareDatetime
    ) -> "ModelImport":
        return self._changed(at, state=state, problems=tuple(problems))

    def submitted(self, version_number: int, at: AwareDatetime) -> "ModelImport":
        return self._changed(at, state=ModelImportState.SUBMITTED, problems=(), version_number=version_number)

    def ended(self, at: AwareDatetime, problem: FileProblem | None = None) -> "ModelImport":
        """Return the import at its end: ready, or failed with a problem. An ended one stays as it is."""
        if self.state in (ModelImportState.FAILED, ModelImportState.READY):
            return self
        if problem is None:
            return self._changed(at, state=ModelImportState.READY)
        return self._changed(at, state=ModelImportState.FAILED, problems=(problem,))

    def touched(self, at: AwareDatetime) -> "ModelImport":
        return self._changed(at)

    def _changed(self, at: AwareDatetime, **changes: object) -> "ModelImport":
        return self.model_copy(update={**changes, "changed_at": at, "revision": self.revision + 1})


class ModelImportRepository(Protocol):
    """Port; `tests/contract/models/test_model_imports.py` holds what implementations owe."""

    def add(self, model_import: ModelImport) -> None: ...

    def get(self, scope: ProjectScope, model_id: int, import_id: int) -> ModelImport:
        """Raises ModelImportNotFoundError."""

    def save(self, model_import: ModelImport) -> None:
        """Raises ModelImportConflictError unless the stored revision is the one before."""

    def remove(self, model_import: ModelImport) -> None:
        """Again is fine."""

    def page(
        self, scope: ProjectScope, model_id: int, *, limit: int, position: Position
    ) -> tuple[Sequence[ModelImport], Position]:
        """Return a page, the newest first, and the position of the next one."""

    def unfinished(self) -> Sequence[ModelImport]:
        """Return all imports that have not ended, of all projects."""
