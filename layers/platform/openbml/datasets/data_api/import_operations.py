"""createImportTask, describeImportTask, guessSchema: tables of a catalogue (spec 02, 8.10, 8.11, 8.16).

The manual's catalogue is EDAP; its name is taken for the installation's own.
"""

from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from openbml.core.clock import Clock
from openbml.core.errors import InvalidRequestError
from openbml.core.events import EventPublisher
from openbml.core.ids import IdFactory
from openbml.datasets.data_api.callers import Caller
from openbml.datasets.data_api.errors import ParameterInvalidError, TaskNotFoundError
from openbml.datasets.data_api.replies import ApiReply, Nested, size_in_mb, time_text
from openbml.datasets.data_api.requests import ApiRequest, Id, Text, Whole
from openbml.datasets.data_api.version_figures import VersionFigures
from openbml.datasets.data_api.version_operations import found_version
from openbml.datasets.datasets import DatasetRepository
from openbml.datasets.importing.data_imports import ImportRepository, ImportState
from openbml.datasets.jobs.data_jobs import DataJobRepository
from openbml.datasets.jobs.exports import check_not_exporting
from openbml.datasets.stored_objects import ObjectStore
from openbml.datasets.tables.start_table_imports import import_from_catalogue
from openbml.datasets.tables.table_catalogues import ExternalReader, TableCatalogue, guess_schema
from openbml.datasets.tables.table_settings import CataloguePlace, ColumnLists, TableSettings
from openbml.datasets.version_states import check_changeable
from openbml_catalog.datasets import Content
from openbml_formats.tables.schemas import MOST_COLUMNS, BadValuePolicy
from openbml_formats.tables.table_imports import UploadType

_SOURCE = "cloud_edap"
_STATUS = {
    ImportState.FINISHED: "ImportFinished",
    ImportState.FAILED: "ImportFailed",
    ImportState.CANCELLED: "ImportFailed",
}
_RUNNING = "Importing"
Name = Annotated[str, Field(min_length=1, max_length=255)]
ColumnText = Annotated[str, Field(max_length=4096)]


class ImportCollaborators(NamedTuple):
    datasets: DatasetRepository
    imports: ImportRepository
    jobs: DataJobRepository
    figures: VersionFigures
    catalogue: TableCatalogue
    reader: ExternalReader
    archives: ObjectStore
    events: EventPublisher
    new_id: IdFactory
    now: Clock


class SchemaGiven(ApiRequest):
    """Which columns are taken, what they are called, and of which types; four lists of one length."""

    columns: Annotated[Sequence[Annotated[Whole, Field(ge=0)]], Field(max_length=MOST_COLUMNS)]
    raw_names: Annotated[Sequence[ColumnText], Field(max_length=MOST_COLUMNS)]
    names: Annotated[Sequence[ColumnText], Field(max_length=MOST_COLUMNS)]
    types: Annotated[Sequence[ColumnText], Field(max_length=MOST_COLUMNS)]


class SourceRequest(ApiRequest):
    """A request that names a table of the catalogue."""

    data_source_type: Text
    database_name: Name
    table_name: Name

    def check_source(self) -> None:
        if self.data_source_type != _SOURCE:
            raise ParameterInvalidError(field="data_source_type")


class CreateImportRequest(SourceRequest):
    model_config = ConfigDict(protected_namespaces=())

    dataset_id: Id
    column_error: Text = BadValuePolicy.AUTO.value
    table_schema: Annotated[SchemaGiven | None, Field(alias="schema")] = None
    upload_type: Text = UploadType.APPEND.value


class ImportCreated(ApiReply):
    task_id: int


def create_import_task(
    caller: Caller, request: CreateImportRequest, *, using: ImportCollaborators
) -> ImportCreated:
    request.check_source()
    settings = _settings(request)
    dataset, version = found_version(caller, request.dataset_id, datasets=using.datasets)
    if dataset.kind.content is not Content.ROWS:
        raise ParameterInvalidError(field="dataset_id")
    check_changeable(version)
    check_not_exporting(version.key, jobs=using.jobs)
    try:
        data_import = import_from_catalogue(
            version.key,
            settings,
            user_id=caller.user_id,
            catalogue=using.catalogue,
            datasets=using.datasets,
            imports=using.imports,
            archives=using.archives,
            events=using.events,
            new_id=using.new_id,
            now=using.now,
        )
    except InvalidRequestError as error:
        raise ParameterInvalidError(field="schema") from error
    return ImportCreated(task_id=data_import.import_id)


def _settings(request: CreateImportRequest) -> TableSettings:
    try:
        policy = BadValuePolicy(request.column_error)
    except ValueError as error:
        raise ParameterInvalidError(field="column_error") from error
    try:
        upload_type = UploadType(request.upload_type)
    except ValueError as error:
        raise ParameterInvalidError(field="upload_type") from error
    given = request.table_schema
    return TableSettings(
        column_error=policy,
        upload_type=upload_type,
        columns=ColumnLists.model_validate(given.model_dump()) if given else None,
        catalogue=CataloguePlace(database=request.database_name, table=request.table_name),
    )


class ImportTaskRequest(ApiRequest):
    task_id: Id


class ImportDetail(Nested):
    dataset_id: int
    size_MB: float  # noqa: N815 - the manual's spelling
    columns: int
    rows: int
    import_status: str
    import_progress: float
    start_time: str
    finish_time: str


def describe_import_task(
    caller: Caller, request: ImportTaskRequest, *, using: ImportCollaborators
) -> ImportDetail:
    data_import = using.imports.find(caller.scope.project_id, request.task_id)
    if data_import is None or data_import.scope != caller.scope:
        raise TaskNotFoundError(task_id=request.task_id)
    version = using.datasets.identified(using.datasets.version(data_import.version_key), using.new_id())
    done = data_import.state is ImportState.FINISHED
    return ImportDetail(
        dataset_id=version.version_id or 0,
        size_MB=size_in_mb(version.size_bytes) if done else 0.0,
        columns=version.column_count if done else 0,
        rows=data_import.accepted,
        import_status=_STATUS.get(data_import.state, _RUNNING),
        import_progress=using.figures.progress_of(data_import),
        start_time=time_text(data_import.created_at),
        finish_time=time_text(data_import.finished_at),
    )


class GuessedSchema(BaseModel):
    model_config = ConfigDict(frozen=True)

    names: Sequence[str]
    types: Sequence[str]
    columns: Sequence[int]


class Guess(Nested):
    """`total_size` is 0 where nobody knows the number of rows without reading all of them."""

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    table_schema: Annotated[GuessedSchema, Field(serialization_alias="schema")]
    values: Sequence[Sequence[Any]]
    total_size: int
    has_preview: bool


def guess_table_schema(caller: Caller, request: SourceRequest, *, using: ImportCollaborators) -> Guess:
    request.check_source()
    guessed = guess_schema(
        request.database_name, request.table_name, catalogue=using.catalogue, reader=using.reader
    )
    columns = guessed.columns.columns
    return Guess(
        table_schema=GuessedSchema(
            names=[column.name for column in columns],
            types=[str(column.type) for column in columns],
            columns=[column.ordinal for column in columns],
        ),
        values=guessed.model_dump(mode="json", include={"values"})["values"],
        total_size=guessed.row_count or 0,
        has_preview=bool(guessed.values),
    )
