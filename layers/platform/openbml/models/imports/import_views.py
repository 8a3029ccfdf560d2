"""What the API shows and takes of imports (contracts, section 4)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from openbml.datasets.stored_objects import UploadedPart, UploadStore
from openbml.models.imports.limits import URLS_PER_CALL
from openbml.models.imports.model_imports import FileProblem, ModelImport, ModelImportState
from openbml.models.imports.submit_imports import part_urls
from openbml.models.read_models import PictureView
from openbml_catalog.frameworks import Contract, frameworks, import_rows
from openbml_catalog.frameworks.manifest import PictureInput


class ModelPartUrl(BaseModel):
    model_config = ConfigDict(frozen=True)

    part_number: int
    url: str


class ModelUploadView(BaseModel):
    """How a file goes up: each part is put to its address, and nothing else has to be said.

    Attributes:
        url: of the first part, which is all of a file of up to `part_size_bytes`.
        parts: as many addresses as one call gives; `part-urls` gives the others.
    """

    model_config = ConfigDict(frozen=True)

    file: int
    name: str
    size_bytes: int
    part_size_bytes: int
    part_count: int
    url: str | None
    parts: Sequence[ModelPartUrl]


class ModelFileView(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)

    name: str
    size_bytes: int


class ModelImportView(BaseModel):
    """An import; `uploads` only while files are awaited."""

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    import_id: int
    model_id: int
    framework: str
    description: str
    state: ModelImportState
    files: Sequence[ModelFileView]
    s3_uri: str | None
    picture: PictureView | None
    recommended_threshold: float | None
    model_file: str | None
    code_file: str | None
    labels_file: str | None
    uploads: Sequence[ModelUploadView]
    problems: Sequence[FileProblem]
    version_number: int | None
    created_at: datetime
    changed_at: datetime

    @classmethod
    def of(cls, model_import: ModelImport, uploads: Sequence[ModelUploadView] = ()) -> "ModelImportView":
        known = set(cls.model_fields) - {"files", "uploads", "picture"}
        files = [ModelFileView.model_validate(row) for row in model_import.files]
        picture = PictureView.model_validate(model_import.picture) if model_import.picture else None
        told = {name: getattr(model_import, name) for name in known}
        return cls(**told, files=files, uploads=uploads, picture=picture)


class ModelPartNumbers(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    part_numbers: Sequence[int] = Field(min_length=1, max_length=URLS_PER_CALL)
    file: int = 0


class ModelPartUrlList(BaseModel):
    model_config = ConfigDict(frozen=True)

    items: Sequence[ModelPartUrl]

    @classmethod
    def of(cls, urls: Mapping[int, str]) -> "ModelPartUrlList":
        return cls(items=[ModelPartUrl(part_number=number, url=url) for number, url in urls.items()])


class ModelPartList(BaseModel):
    model_config = ConfigDict(frozen=True)

    items: Sequence[UploadedPart]


class FrameworkView(BaseModel):
    """A framework as the import's form needs it.

    Attributes:
        layouts: the files of a model, as people read them: any one of these.
        refusal_en, refusal_zh: why models of it are not taken.
    """

    model_config = ConfigDict(frozen=True)

    code: str
    name: str
    image: str | None
    service_code: Literal["none", "wrapper", "functions"]
    layouts: Sequence[str]
    refusal_en: str | None
    refusal_zh: str | None


class ImportRowView(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)

    task: str
    frameworks: Sequence[str]
    contract: Contract
    deployments: Sequence[Literal["cloud", "edge"]]
    checked: bool
    extension: bool


class ImportCatalogView(BaseModel):
    """What may be imported; `*` is every task."""

    model_config = ConfigDict(frozen=True)

    frameworks: Sequence[FrameworkView]
    imports: Sequence[ImportRowView]
    picture: PictureView


def import_catalog() -> ImportCatalogView:
    return ImportCatalogView(
        frameworks=[
            FrameworkView(
                code=row.code,
                name=row.name,
                image=row.image,
                service_code=row.service_code,
                layouts=[layout.text for layout in row.layouts],
                refusal_en=row.refusal_en,
                refusal_zh=row.refusal_zh,
            )
            for row in frameworks().values()
        ],
        imports=[ImportRowView.model_validate(row) for row in import_rows()],
        picture=PictureView.model_validate(PictureInput()),
    )


def view_with_uploads(model_import: ModelImport, *, uploads: UploadStore) -> ModelImportView:
    """Return the view with the addresses of as many first parts as one call gives."""
    if model_import.state is not ModelImportState.UPLOADING:
        return ModelImportView.of(model_import)
    views: list[ModelUploadView] = []
    left = URLS_PER_CALL
    for index, file in enumerate(model_import.files):
        numbers = range(1, min(file.part_count, left) + 1)
        urls = part_urls(model_import, numbers, file=index, uploads=uploads) if numbers else {}
        left -= len(numbers)
        views.append(
            ModelUploadView(
                file=index,
                name=file.name,
                size_bytes=file.size_bytes,
                part_size_bytes=file.part_size_bytes,
                part_count=file.part_count,
                url=urls.get(1),
                parts=ModelPartUrlList.of(urls).items,
            )
        )
    return ModelImportView.of(model_import, views)
