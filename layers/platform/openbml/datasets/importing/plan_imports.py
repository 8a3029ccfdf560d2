"""Planning: what was uploaded is read, judged as a whole, and cut into shards."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from openbml.core.clock import Clock
from openbml.core.errors import OpenBMLError
from openbml.core.events import EventPublisher
from openbml.core.queues import MessageQueue
from openbml.datasets.datasets import Dataset, DatasetRepository
from openbml.datasets.events import ImportStateChanged
from openbml.datasets.importing.data_imports import (
    DataImport,
    FailureReason,
    ImportChangedError,
    ImportCounts,
    ImportPlan,
    ImportRepository,
    ImportState,
)
from openbml.datasets.importing.end_imports import fail_import, finish_when_done
from openbml.datasets.importing.plan_sources import (
    OpenedUpload,
    PlanRefusedError,
    opened_upload,
    refused,
    samples_of_version,
)
from openbml.datasets.importing.reports import PLAN, ProblemLog, ReportRepository
from openbml.datasets.importing.shards import shard_key, shard_messages, shared_key
from openbml.datasets.quotas import Quotas
from openbml.datasets.samples import SampleRepository
from openbml.datasets.stored_objects import ObjectStore
from openbml_catalog.datasets import Content
from openbml_formats.planned import PlannedSample, packed_plan
from openbml_formats.planning import Found, PlanSummary, located, write_plan
from openbml_formats.protocols import ReadSettings
from openbml_formats.readers import reader_of
from openbml_formats.records import NameMismatchError, Problem, SourceFormatError


class NotStartedError(OpenBMLError):
    """The upload is there before its import says so; the message comes again. Details: import_id."""


class Planner(NamedTuple):
    """Collaborators of planning."""

    datasets: DatasetRepository
    imports: ImportRepository
    samples: SampleRepository
    reports: ReportRepository
    archives: ObjectStore
    data: ObjectStore
    shards: MessageQueue
    events: EventPublisher
    now: Clock
    quotas: Quotas


def plan_import(project_id: int, import_id: int, planner: Planner) -> DataImport | None:
    """Plan an import whose files have arrived; a repeat sends the shards' messages again.

    Returns:
        The import, or None when the dataset is gone already.

    Raises:
        NotStartedError: try again.
    """
    data_import = planner.imports.find(project_id, import_id)
    if data_import is None or data_import.state.is_final:
        return data_import
    if data_import.state is ImportState.UPLOADING:
        raise NotStartedError(import_id=import_id)
    if data_import.state is ImportState.PLANNING:
        try:
            data_import = _planned(data_import, planner)
        except PlanRefusedError as error:
            reason, message = FailureReason(error.details["reason"]), str(error.details["message"])
            return fail_import(
                data_import, reason, message, imports=planner.imports, events=planner.events, now=planner.now
            )
        except ImportChangedError:
            return planner.imports.find(project_id, import_id)  # cancelled or deleted meanwhile
    return send_shards(data_import, planner)


def send_shards(data_import: DataImport, planner: Planner) -> DataImport:
    """Tell that the import runs and ask for its shards; one without a shard is at its end."""
    planner.events.publish([ImportStateChanged.of(data_import)])
    if not data_import.shard_count:
        return finish_when_done(
            data_import,
            imports=planner.imports,
            reports=planner.reports,
            data=planner.data,
            events=planner.events,
            now=planner.now,
        )
    planner.shards.send(shard_messages(data_import))
    return data_import


def _planned(data_import: DataImport, planner: Planner) -> DataImport:
    """Raises PlanRefusedError, ImportChangedError."""
    room = planner.imports.room(data_import)
    if room <= 0:
        limits = planner.quotas.of(data_import.content).describe()
        message = (
            f"Data volume over the limit: {limits}. Delete data you no longer need, or ask for expansion."
        )
        raise refused(FailureReason.VOLUME_LIMIT, message)
    dataset = planner.datasets.get(data_import.scope, data_import.dataset_id)
    output = StoredPlan(data_import, planner)
    try:
        found = _found(data_import, dataset, planner, output)
        summary = write_plan(found, room=room, unique_texts=has_unique_texts(dataset), output=output)
    except NameMismatchError as error:
        for problem in error.problems:
            output.problem(problem)
        raise refused(FailureReason.NAME_MISMATCH, f"{error}.") from error
    except SourceFormatError as error:
        raise refused(FailureReason(error.reason), f"{_FAULTS[error.reason]}: {error}.") from error
    finally:
        output.log.close()
    if not summary.entries and not output.log.counts.rejected:
        raise refused(FailureReason.ARCHIVE_FORMAT, "There is nothing to import in what was uploaded.")
    return record_plan(data_import, summary, output.log.counts, planner)


_FAULTS = {
    "archive_format": "Archive format wrong",
    "name_mismatch": "Names do not match",
    "encoding": "Text encoding wrong",
    "tag_scheme": "Tags do not follow the dataset's scheme",
    "schema": "Columns do not follow the schema",
}


def record_plan(
    data_import: DataImport, summary: PlanSummary, counts: ImportCounts, planner: Planner
) -> DataImport:
    plan = ImportPlan(
        first_chunk=planner.imports.reserve_chunks(data_import.scope, max(summary.shards, 1)),
        shard_count=summary.shards,
        entries_total=summary.entries,
        counts=counts,
    )
    return planner.imports.plan(data_import, plan)


def has_unique_texts(dataset: Dataset) -> bool:
    texts = dataset.kind.content in (Content.TEXT, Content.PAIR, Content.TOKENS)
    return texts and dataset.deduplicated


class StoredPlan:
    """The `PlanOutput` of a function: shards in the uploads bucket, problems in the report."""

    def __init__(self, data_import: DataImport, planner: Planner) -> None:
        self._import = data_import
        self._archives = planner.archives
        self.log = ProblemLog(data_import, PLAN, planner.reports)

    def shard(self, index: int, samples: Sequence[PlannedSample]) -> None:
        key = shard_key(self._import, index)
        self._archives.put(key, packed_plan(samples), content_type="application/octet-stream")

    def problem(self, problem: Problem) -> None:
        self.log.add(problem)


def _found(
    data_import: DataImport, dataset: Dataset, planner: Planner, output: StoredPlan
) -> Callable[[], Found]:
    if data_import.source is not None:
        return partial(
            samples_of_version,
            data_import.version_key,
            data_import.source,
            planner.samples,
            planner.datasets,
        )
    upload = opened_upload(data_import, planner.archives)
    for problem in upload.skipped:
        output.problem(problem)
    return _read_upload(data_import, dataset, upload, planner)


def _read_upload(
    data_import: DataImport, dataset: Dataset, upload: OpenedUpload, planner: Planner
) -> Callable[[], Found]:
    settings = read_settings(data_import, dataset)
    reader = reader_of(data_import.format)
    if hasattr(reader, "shared"):
        shared = reader.shared(upload.source, settings)
        planner.archives.put(
            shared_key(data_import), shared.model_dump_json().encode(), content_type="application/json"
        )
    return lambda: located(reader.records(upload.source, settings), upload.source)


def read_settings(data_import: DataImport, dataset: Dataset) -> ReadSettings:
    chosen = data_import.data_format
    return ReadSettings(
        kind=dataset.kind,
        labelled=chosen.labelled if chosen else True,
        tag_scheme=dataset.tag_scheme,
        label_map=dataset.label_map or None,
    )
