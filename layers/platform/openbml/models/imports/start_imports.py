"""Use case: begin an import into a model whose source is local upload."""

from collections.abc import Iterator, Sequence

from pydantic import BaseModel, ConfigDict, Field, model_validator

from openbml.core.clock import Clock
from openbml.core.errors import InvalidRequestError, OpenBMLError
from openbml.core.ids import IdFactory
from openbml.core.scope import ProjectScope
from openbml.datasets.stored_objects import UploadStore
from openbml.models.imports.file_names import clashing_names, name_fault
from openbml.models.imports.limits import FILE_BYTES, FILES_PER_UPLOAD, GIB, TOTAL_BYTES
from openbml.models.imports.model_imports import ModelImport, ModelImportRepository, UploadedFile
from openbml.models.manage_models import usable_model
from openbml.models.models import Model, ModelRepository, ModelSourceMixedError
from openbml.models.sources import ModelSource
from openbml_catalog.frameworks import frameworks, import_row, import_rows
from openbml_catalog.frameworks.manifest import MANIFEST_FILE, PictureInput


class FrameworkNotTakenError(OpenBMLError):
    """Models of the task are not imported from the framework; details: task_type, framework, available."""


class FrameworkRefusedError(OpenBMLError):
    """The manual lists the framework, but nothing reads its models; details: framework, reason…"""


class NewModelFile(BaseModel):
    """`name` is the path below the model's folder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=200)
    size_bytes: int = Field(ge=0, le=FILE_BYTES)


class ModelImportRequest(BaseModel):
    """Files that are going to be uploaded, or an address `s3://bucket/prefix` that the platform may read."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, protected_namespaces=())

    framework: str = Field(max_length=50)
    files: Sequence[NewModelFile] = Field(default=(), max_length=FILES_PER_UPLOAD)
    s3_uri: str | None = Field(default=None, max_length=1000)
    description: str | None = Field(default=None, max_length=2000)
    picture: PictureInput | None = None
    recommended_threshold: float | None = Field(default=None, ge=0, le=1)
    model_file: str | None = Field(default=None, max_length=200)
    code_file: str | None = Field(default=None, max_length=200)
    labels_file: str | None = Field(default=None, max_length=200)

    @model_validator(mode="after")
    def _one_way(self) -> "ModelImportRequest":
        if bool(self.files) is (self.s3_uri is not None):
            raise ValueError("give either files or s3_uri")
        return self


def start_import(
    request: ModelImportRequest,
    *,
    scope: ProjectScope,
    model_id: int,
    user_id: int,
    models: ModelRepository,
    imports: ModelImportRepository,
    uploads: UploadStore,
    new_id: IdFactory,
    now: Clock,
) -> ModelImport:
    """Open the uploads of an import.

    Raises:
        ModelNotFoundError, ModelDeletingError, ModelSourceMixedError, FrameworkNotTakenError,
        FrameworkRefusedError
        InvalidRequestError: names or sizes of the files.
    """
    model = usable_model(scope, model_id, models)
    if model.source is not ModelSource.LOCAL:
        raise ModelSourceMixedError(model_id=model_id, source=model.source, wanted=ModelSource.LOCAL)
    _require_framework(model, request.framework)
    _require_names(request)
    import_id = new_id()
    draft = ModelImport(
        scope=scope,
        model_id=model_id,
        import_id=import_id,
        task_type=model.task_type,
        framework=request.framework,
        description=request.description or "",
        s3_uri=request.s3_uri,
        picture=request.picture,
        recommended_threshold=request.recommended_threshold,
        model_file=request.model_file,
        code_file=request.code_file,
        labels_file=request.labels_file,
        created_by=user_id,
        created_at=now(),
        changed_at=now(),
    )
    files = tuple(
        UploadedFile(
            name=file.name, size_bytes=file.size_bytes, upload_id=uploads.open(draft.file_key(index))
        )
        for index, file in enumerate(request.files)
    )
    started = draft.model_copy(update={"files": files})
    imports.add(started)
    return started


def _require_framework(model: Model, code: str) -> None:
    framework = frameworks().get(code)
    if framework is None or import_row(model.task_type, code) is None:
        rows = (row for row in import_rows() if row.task in (model.task_type, "*"))
        available = [name for row in rows for name in row.frameworks if not frameworks()[name].refusal_en]
        raise FrameworkNotTakenError(
            task_type=model.task_type, framework=code, available=", ".join(available)
        )
    if framework.refusal_en:
        raise FrameworkRefusedError(
            framework=framework.name, reason=framework.refusal_en, reason_zh=framework.refusal_zh
        )


def _require_names(request: ModelImportRequest) -> None:
    for field, reason in _faults(request.files, exported=request.framework == "mlflow"):
        raise InvalidRequestError(field=field, reason=reason)


def _faults(files: Sequence[NewModelFile], *, exported: bool) -> Iterator[tuple[str, str]]:
    for index, file in enumerate(files):
        fault = name_fault(file.name)
        if fault and not (exported and file.name == MANIFEST_FILE):
            yield f"files.{index}.name", fault
        if file.size_bytes == 0:
            yield f"files.{index}.size_bytes", "must not be 0: the file is empty"
    for name in clashing_names(file.name for file in files):
        yield "files", f"has {name} twice, or as a file and a folder"
    if sum(file.size_bytes for file in files) > TOTAL_BYTES:
        yield "files", f"must not have more than {TOTAL_BYTES // GIB} GiB together"
