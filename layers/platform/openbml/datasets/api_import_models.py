"""Bodies and replies of imports below `/v1/datasets`."""

from collections.abc import Mapping, Sequence
from typing import Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from openbml.datasets.api_models import Body, Reply
from openbml.datasets.importing.complete_imports import GivenPart, GivenParts
from openbml.datasets.importing.data_imports import (
    DataImport,
    ImportCounts,
    ImportFailure,
    ImportProgress,
    ImportState,
)
from openbml.datasets.importing.inputs import ImportFile, SourceVersion, Take
from openbml.datasets.importing.start_imports import GivenFile
from openbml.datasets.limits import FILES_PER_IMPORT, PARTS, URLS_PER_CALL
from openbml.datasets.tables.table_settings import TableSettings

# What the format was called while there were two of them; still taken and told.
_FORMER_NAMES = {"json": "json", "none": "images"}


class NewFile(Body):
    name: str = Field(min_length=1, max_length=255)
    size_bytes: int


class NewSource(Body):
    dataset_id: int = Field(ge=1, lt=2**53)
    version_number: int = Field(ge=1, lt=1_000_000)
    take: Take
    labels: Sequence[str] = Field(default=(), max_length=1_000)

    @property
    def version(self) -> SourceVersion:
        return SourceVersion(
            dataset_id=self.dataset_id,
            version_number=self.version_number,
            take=self.take,
            labels=tuple(self.labels),
        )


class NewImport(Body):
    """Files of a format, or another dataset version.

    `filename`, `size_bytes` and `annotation_format` announce one archive as earlier clients do.
    """

    format: str | None = Field(default=None, max_length=50)
    files: Sequence[NewFile] = Field(default=(), max_length=FILES_PER_IMPORT + 1)
    filename: str | None = Field(default=None, min_length=1, max_length=255)
    size_bytes: int | None = None
    annotation_format: Literal["json", "none"] | None = None
    table: TableSettings | None = None
    source: NewSource | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = [bool(self.files), self.filename is not None, self.source is not None, self.is_external]
        if sum(ways) != 1:
            raise ValueError("give either files, or filename with size_bytes, or source, or table.catalogue")
        if (self.filename is None) is not (self.size_bytes is None):
            raise ValueError("filename and size_bytes belong together")
        if self.files and self.format is None:
            raise ValueError("files need their format")
        return self

    @property
    def is_external(self) -> bool:
        """Tell whether the rows come from a table of the catalogue."""
        return self.table is not None and self.table.catalogue is not None

    @property
    def format_code(self) -> str:
        return self.format or _FORMER_NAMES[self.annotation_format or "json"]

    @property
    def given_files(self) -> Sequence[GivenFile]:
        if self.filename is not None:
            return [GivenFile(name=self.filename, size_bytes=self.size_bytes or 0)]
        return [GivenFile(name=file.name, size_bytes=file.size_bytes) for file in self.files]


class PartNumbers(Body):
    part_numbers: Sequence[int] = Field(min_length=1, max_length=URLS_PER_CALL)
    file: int = 0


class CompletedFile(Body):
    file: int = Field(ge=0)
    parts: Sequence[GivenPart] = Field(max_length=PARTS)


class CompletedParts(Body):
    """The parts of each file; `parts` are those of an only one."""

    parts: Sequence[GivenPart] = Field(default=(), max_length=PARTS)
    files: Sequence[CompletedFile] = Field(default=(), max_length=FILES_PER_IMPORT)

    @property
    def given(self) -> GivenParts:
        given: dict[int, Sequence[GivenPart]] = {file.file: file.parts for file in self.files}
        return {0: self.parts, **given}


class PartUrl(Reply):
    part_number: int
    url: str


class PartUrlList(Reply):
    items: Sequence[PartUrl]
    next_cursor: Literal[None] = None

    @classmethod
    def of(cls, urls: Mapping[int, str]) -> "PartUrlList":
        return cls(items=[PartUrl(part_number=number, url=url) for number, url in sorted(urls.items())])


class PartView(Reply):
    part_number: int
    etag: str
    size_bytes: int


class PartList(Reply):
    items: Sequence[PartView]
    next_cursor: Literal[None] = None


class UploadView(Reply):
    """How one file is uploaded; `parts` are addresses, where they were asked for."""

    upload_id: str
    part_size_bytes: int
    part_count: int
    parts: Sequence[PartUrl]

    @classmethod
    def of(cls, file: ImportFile, urls: Mapping[int, str]) -> "UploadView":
        return cls(
            upload_id=file.upload_id,
            part_size_bytes=file.part_size_bytes,
            part_count=file.part_count,
            parts=PartUrlList.of(urls).items,
        )


class FileView(Reply):
    file: int
    name: str
    size_bytes: int
    upload: UploadView | None


class ImportView(Reply):
    """An import; `filename` and `upload` are the first file's, `size_bytes` is of all."""

    import_id: int
    state: ImportState
    format: str
    filename: str
    size_bytes: int
    annotation_format: str | None
    files: Sequence[FileView]
    source: SourceVersion | None
    progress: ImportProgress
    counts: ImportCounts
    failure: ImportFailure | None
    upload: UploadView | None
    created_by: int
    created_at: AwareDatetime
    finished_at: AwareDatetime | None

    @classmethod
    def of(cls, data_import: DataImport, urls: Mapping[int, Mapping[int, str]] | None = None) -> "ImportView":
        """Return the view; while uploading its files have uploads, with the addresses by file's index."""
        uploading = data_import.state is ImportState.UPLOADING
        files = [
            FileView(
                file=index,
                name=file.name,
                size_bytes=file.size_bytes,
                upload=UploadView.of(file, (urls or {}).get(index, {})) if uploading else None,
            )
            for index, file in enumerate(data_import.files)
        ]
        former = {code: name for name, code in _FORMER_NAMES.items()}
        return cls(
            import_id=data_import.import_id,
            state=data_import.state,
            format=data_import.format,
            filename=files[0].name if files else "",
            size_bytes=data_import.size_bytes,
            annotation_format=former.get(data_import.format),
            files=files,
            source=data_import.source,
            progress=data_import.progress,
            counts=data_import.counts,
            failure=data_import.failure,
            upload=files[0].upload if files else None,
            created_by=data_import.created_by,
            created_at=data_import.created_at,
            finished_at=data_import.finished_at,
        )


class ReportView(Reply):
    """Where the report can be downloaded; the address is good for some minutes."""

    import_id: int
    download_url: str
    counts: ImportCounts
