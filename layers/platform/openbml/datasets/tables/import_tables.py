"""Imports of tables: the job that reads the rows, and what becomes of them (spec 02 section 8.10)."""

from collections.abc import Mapping
from typing import NamedTuple

from pydantic import JsonValue

from openbml.core.clock import Clock
from openbml.core.events import EventPublisher
from openbml.core.ids import IdFactory
from openbml.core.queues import MessageQueue
from openbml.core.scope import ProjectScope
from openbml.datasets.datasets import DatasetRepository
from openbml.datasets.events import ImportStateChanged
from openbml.datasets.garbage.marks import GRACE, Mark, MarkKind, MarkRepository
from openbml.datasets.importing.data_imports import (
    DataImport,
    FailureReason,
    ImportCounts,
    ImportRepository,
    ImportState,
)
from openbml.datasets.importing.end_imports import fail_import
from openbml.datasets.importing.reports import PLAN, ReportRepository, write_report
from openbml.datasets.jobs.data_jobs import DataJob, DataJobRepository, DataJobState
from openbml.datasets.jobs.start_data_jobs import request_data_job
from openbml.datasets.limits import PROBLEMS_PER_PART
from openbml.datasets.stored_objects import ObjectStore
from openbml.datasets.tables.table_catalogues import (
    CatalogueTable,
    CatalogueTableNotFoundError,
    CatalogueTableRefusedError,
    TableCatalogue,
)
from openbml.datasets.tables.table_settings import CataloguePlace, TableSettings, table_settings
from openbml.datasets.tables.table_versions import (
    TableChangedError,
    TableColumnsError,
    TableRepository,
    TableVolumeError,
    VersionTable,
    appended,
    changed_manifest_key,
    import_table_prefix,
    table_after,
)
from openbml_formats.data_jobs import DataJobKind
from openbml_formats.records import Severity
from openbml_formats.tables.table_imports import (
    DATASET_BYTES,
    ROWS_AT_MOST,
    HeaderChoice,
    TableFormat,
    TableManifest,
    TableOrder,
    TableResult,
    UploadType,
)

_REASONS = {reason.value: reason for reason in FailureReason}


class _NoSourceError(Exception):
    """There is nothing to read the rows from."""

    def __init__(self, reason: FailureReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class TableImporter(NamedTuple):
    """Collaborators of imports of tables."""

    datasets: DatasetRepository
    imports: ImportRepository
    tables: TableRepository
    reports: ReportRepository
    data: ObjectStore
    marks: MarkRepository
    catalogue: TableCatalogue
    jobs: DataJobRepository
    starting: MessageQueue
    events: EventPublisher
    new_id: IdFactory
    now: Clock

    def plan(self, data_import: DataImport) -> DataImport:
        """Ask for the job that reads the import's rows; a repeat asks for the same job."""
        try:
            order = self._order(data_import)
        except _NoSourceError as error:
            return self.fail(data_import, error.reason, str(error))
        request_data_job(
            data_import.version_key,
            DataJobKind.IMPORT_TABLE,
            selection=None,
            settings=order.model_dump(mode="json"),
            user_id=data_import.created_by,
            jobs=self.jobs,
            starting=self.starting,
            new_id=self.new_id,
            now=self.now,
            job_id=data_import.import_id,
            uploads=[
                (data_import.file_key(index), file.name) for index, file in enumerate(data_import.files)
            ],
        )
        return data_import

    def _order(self, data_import: DataImport) -> TableOrder:
        """Raises _NoSourceError."""
        settings = table_settings(data_import.settings)
        # A table that is replaced counts for nothing.
        overwrites = settings.upload_type is UploadType.OVERWRITE
        before = None if overwrites else self.tables.find(data_import.version_key)
        order = _order_of(data_import, settings, before)
        if settings.catalogue is not None:
            return _of_external(order, self._described(settings.catalogue))
        if data_import.source is not None:
            copied = self.tables.find(data_import.source.key(data_import.scope))
            if copied is None:
                raise _NoSourceError(
                    FailureReason.SOURCE_DATASET, "The version to copy from holds no rows any more."
                )
            return order.model_copy(update={"copied_key": copied.manifest_key})
        return order

    def _described(self, place: CataloguePlace) -> CatalogueTable:
        """Raises _NoSourceError."""
        try:
            return self.catalogue.describe(place.database, place.table)
        except (CatalogueTableNotFoundError, CatalogueTableRefusedError) as error:
            raise _NoSourceError(FailureReason.SOURCE_TABLE, _source_message(error)) from error

    def done(self, data_import: DataImport, result: TableResult) -> DataImport:
        """Take what the job has left: its rows count from now on, or the import fails. It may be repeated."""
        if data_import.state is not ImportState.PLANNING:
            return self._given_up(data_import, result)
        self._keep_problems(data_import, result)
        if result.failure is not None:
            reason = _REASONS.get(result.failure.reason, FailureReason.INTERNAL)
            return self.fail(data_import, reason, result.failure.message)
        try:
            return self._committed(data_import, result)
        except TableColumnsError as error:
            message = f"The version has other columns: {', '.join(error.details['wanted'][:20])}."
            return self.fail(data_import, FailureReason.SCHEMA, message)
        except TableVolumeError:
            message = f"Data volume over the limit: {ROWS_AT_MOST:,} rows and 20 GB per data set."
            return self.fail(data_import, FailureReason.VOLUME_LIMIT, message)

    def _keep_problems(self, data_import: DataImport, result: TableResult) -> None:
        for place, start in enumerate(range(0, len(result.problems), PROBLEMS_PER_PART)):
            part = result.problems[start : start + PROBLEMS_PER_PART]
            self.reports.add(data_import, PLAN, place, part)

    def _committed(self, data_import: DataImport, result: TableResult) -> DataImport:
        """Raises TableColumnsError, TableVolumeError."""
        before = self.tables.find(data_import.version_key)
        overwrites = table_settings(data_import.settings).upload_type is UploadType.OVERWRITE
        held = self.manifest(before.manifest_key) if before and not overwrites else None
        manifest = appended(held, result)
        body = manifest.model_dump_json().encode()
        self.data.put(changed_manifest_key(data_import), body, content_type="application/json")
        replaced_key = before.manifest_key if before and overwrites else None
        table = table_after(data_import, manifest, before, self.now(), replaced_key=replaced_key)
        counts = _counts(result)
        write_report(
            data_import.model_copy(update={"state": ImportState.FINISHED, **counts.model_dump()}),
            reports=self.reports,
            data=self.data,
        )
        try:
            self.tables.commit(data_import, table, counts)
        except TableChangedError:
            ended = self.imports.get(data_import.version_key, data_import.import_id)
            return self._given_up(ended, result)
        return self._announced(self.imports.get(data_import.version_key, data_import.import_id))

    def _announced(self, ended: DataImport) -> DataImport:
        """Do what follows a commit; a repeat tells it again and marks the same objects."""
        self.events.publish([ImportStateChanged.of(ended)])
        table = self.tables.find(ended.version_key)
        if table is None or table.manifest_key != changed_manifest_key(ended):
            return ended  # a later import has gone on from here
        if table.replaced_key is not None and not self.datasets.version(ended.version_key).frozen:
            self.release(ended.scope, self.manifest(table.replaced_key))
        return ended

    def _given_up(self, data_import: DataImport, result: TableResult) -> DataImport:
        """Let go of rows that came too late, or do what a killed predecessor has left undone."""
        if data_import.state is ImportState.FINISHED:
            return self._announced(data_import)
        self.release(data_import.scope, result)
        return data_import

    def manifest(self, key: str) -> TableManifest:
        """Raises ObjectMissingError."""
        return TableManifest.model_validate_json(self.data.read(key))

    def release(self, scope: ProjectScope, rows: TableManifest | TableResult) -> None:
        """Mark what no version holds any more; readers that have begun have a day to finish."""
        due_at = self.now() + GRACE
        for key in [part.key for part in rows.parts] + [page.key for page in rows.pages]:
            self.marks.mark(Mark(scope=scope, kind=MarkKind.OBJECT, name=key, due_at=due_at))

    def fail(self, data_import: DataImport, reason: FailureReason, message: str) -> DataImport:
        return fail_import(
            data_import, reason, message, imports=self.imports, events=self.events, now=self.now
        )


def _order_of(data_import: DataImport, settings: TableSettings, before: VersionTable | None) -> TableOrder:
    return TableOrder(
        import_id=data_import.import_id,
        prefix=import_table_prefix(data_import),
        format=TableFormat(data_import.format) if data_import.files else TableFormat.PARQUET,
        header=settings.header,
        delimiter=settings.delimiter,
        encoding=settings.encoding,
        column_error=settings.column_error,
        chosen=settings.chosen,
        known_key=before.manifest_key if before else None,
        rows=ROWS_AT_MOST - (before.rows if before else 0),
        source_bytes=DATASET_BYTES - (before.source_bytes if before else 0),
    )


def _of_external(order: TableOrder, described: CatalogueTable) -> TableOrder:
    return order.model_copy(
        update={
            "format": described.format,
            "header": HeaderChoice.TRUE if described.header else HeaderChoice.FALSE,
            "delimiter": described.delimiter,
            "external": described.files,
            "source": described.columns,
        }
    )


def _source_message(error: CatalogueTableNotFoundError | CatalogueTableRefusedError) -> str:
    place = f"{error.details['database']}.{error.details['table']}"
    if isinstance(error, CatalogueTableRefusedError):
        return f"The table {place} cannot be imported: {error.details['reason']}."
    return f"The catalogue has no table {place}."


def _counts(result: TableResult) -> ImportCounts:
    """Rows are samples; a row that was filled up or cut counts once for each of its cells."""
    found = result.severities
    return ImportCounts(
        accepted=result.rows,
        rejected=result.rows_left_out,
        skipped=found.get(Severity.SKIPPED.value, 0),
        cut=found.get(Severity.CUT.value, 0),
        changed=found.get(Severity.CHANGED.value, 0),
    )


class TableImportHook:
    """What becomes of `import_table` jobs; a `DataJobHook`."""

    def __init__(self, importer: TableImporter) -> None:
        self._importer = importer

    def completed(self, job: DataJob, result: Mapping[str, JsonValue]) -> None:
        """Raises pydantic.ValidationError: the result is not what the job leaves."""
        data_import, found = self._import_of(job), TableResult.model_validate(result)
        if data_import is None:  # its dataset is gone
            self._importer.release(job.scope, found)
        else:
            self._importer.done(data_import, found)

    def not_completed(self, job: DataJob) -> None:
        data_import = self._import_of(job)
        if data_import is None or data_import.state.is_final:
            return
        if job.state is DataJobState.CANCELLED:
            message = "The job that reads the rows was cancelled."
        else:
            message = job.failure.message if job.failure else "The job that reads the rows has failed."
        self._importer.fail(data_import, FailureReason.INTERNAL, message)

    def _import_of(self, job: DataJob) -> DataImport | None:
        return self._importer.imports.find(job.scope.project_id, job.job_id)
