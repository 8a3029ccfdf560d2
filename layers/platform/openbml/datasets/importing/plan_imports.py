"""Planning: what was uploaded is read, judged as a whole, and cut into shards."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from openbml.core.clock import Clock
from openbml.core.errors import OpenBMLError
from openbml.core.events import EventPublisher
from openbml.core.queues import MessageQueue
from openbml.datasets.datasets import Dataset, DatasetNotFoundError, DatasetRepository
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
from openbml.datasets.importing.inputs import SourceVersion
from openbml.datasets.importing.plan_sources import (
    PlanRefusedError,
    is_too_large,
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
from openbml_formats.planning import Found, PlanLimits, PlanSummary, plan_upload, write_plan
from openbml_formats.protocols import ReadSettings, Shared
from openbml_formats.records import NameMismatchError, Problem, SourceFormatError

_FAULTS = {
    FailureReason.ENCODING: "Text encoding wrong",
    FailureReason.TAG_SCHEME: "Tags do not follow the dataset's scheme",
    FailureReason.SCHEMA: "Columns do not follow the schema",
    FailureReason.NAME_MISMATCH: "Names of files do not match",
}


class NotStartedError(OpenBMLError):
    """The upload is there before its import says so; the message comes again. Details: import_id."""


class HeavyPlanner(Protocol):
    """Has an upload planned by a job; the import stays in planning until the job has ended."""

    def plan(self, data_import: DataImport, dataset: Dataset, limits: PlanLimits) -> DataImport: ...


class TablePlanner(Protocol):
    """Imports tables, which have no shards."""

    def plan(self, data_import: DataImport) -> DataImport: ...


class Planner(NamedTuple):
    """Collaborators of planning."""

    datasets: DatasetRepository
    imports: ImportRepository
    samples: SampleRepository
    reports: ReportRepository
    archives: ObjectStore
    data: ObjectStore
    shards: MessageQueue
    heavy: HeavyPlanner
    tables: TablePlanner
    events: EventPublisher
    now: Clock
    quotas: Quotas


class InJob(NamedTuple):
    """A job plans the import."""

    data_import: DataImport


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
            planned = _planned(data_import, planner)
        except PlanRefusedError as error:
            reason, message = FailureReason(error.details["reason"]), str(error.details["message"])
            return refuse(data_import, reason, message, planner)
        except (ImportChangedError, DatasetNotFoundError):
            return planner.imports.find(project_id, import_id)  # cancelled or deleted meanwhile
        if isinstance(planned, InJob):
            return planned.data_import
        data_import = planned
    return send_shards(data_import, planner)


def refuse(data_import: DataImport, reason: FailureReason, message: str, planner: Planner) -> DataImport:
    return fail_import(
        data_import, reason, message, imports=planner.imports, events=planner.events, now=planner.now
    )


def send_shards(data_import: DataImport, planner: Planner) -> DataImport:
    """Tell that the import runs and ask for its shards; one without a shard is at its end."""
    if not data_import.shard_count:
        return finish_when_done(
            data_import,
            imports=planner.imports,
            reports=planner.reports,
            data=planner.data,
            events=planner.events,
            now=planner.now,
        )
    planner.events.publish([ImportStateChanged.of(data_import)])
    planner.shards.send(shard_messages(data_import))
    return data_import


def _planned(data_import: DataImport, planner: Planner) -> DataImport | InJob:
    """Raises PlanRefusedError, ImportChangedError, DatasetNotFoundError."""
    if data_import.content is Content.ROWS:
        return InJob(planner.tables.plan(data_import))
    dataset = planner.datasets.get(data_import.scope, data_import.dataset_id)
    limits = PlanLimits(room=_room(data_import, planner), unique_texts=has_unique_texts(dataset))
    output = StoredPlan(data_import, planner)
    try:
        if data_import.source is not None:
            summary = _copied(data_import, data_import.source, dataset, limits, output, planner)
        else:
            upload = opened_upload(data_import, planner.archives)
            if is_too_large(data_import, upload.source.members()):
                return InJob(planner.heavy.plan(data_import, dataset, limits))
            for problem in upload.skipped:
                output.problem(problem)
            settings = read_settings(data_import, dataset)
            summary = plan_upload(data_import.format, upload.source, settings, limits, output)
    except NameMismatchError as error:
        for problem in error.problems:
            output.problem(problem)
        raise refused(FailureReason(error.reason), fault_text(error.reason, str(error))) from error
    except SourceFormatError as error:
        raise refused(FailureReason(error.reason), fault_text(error.reason, str(error))) from error
    finally:
        output.log.close()
    return record_plan(data_import, dataset, summary, output.log.counts, planner)


def _room(data_import: DataImport, planner: Planner) -> int:
    room = planner.imports.room(data_import)
    if room <= 0:
        limits = planner.quotas.of(data_import.content).describe()
        message = (
            f"Data volume over the limit: {limits}. Delete data you no longer need, or ask for expansion."
        )
        raise refused(FailureReason.VOLUME_LIMIT, message)
    return room


def fault_text(reason: str, message: str) -> str:
    return f"{_FAULTS.get(FailureReason(reason), 'Archive format wrong')}: {message}."


def record_plan(
    data_import: DataImport,
    dataset: Dataset,
    summary: PlanSummary,
    counts: ImportCounts,
    planner: Planner,
) -> DataImport:
    """Raises PlanRefusedError: there is nothing to import; ImportChangedError, VolumeTakenError."""
    if not summary.entries and not counts.rejected:
        raise refused(FailureReason.ARCHIVE_FORMAT, "There is nothing to import in what was chosen.")
    if summary.label_map:
        planner.datasets.set_label_map(dataset, summary.label_map)
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

    def shared(self, shared: Shared) -> None:
        body = shared.model_dump_json().encode()
        self._archives.put(shared_key(self._import), body, content_type="application/json")

    def problem(self, problem: Problem) -> None:
        self.log.add(problem)


def read_settings(data_import: DataImport, dataset: Dataset) -> ReadSettings:
    chosen = data_import.data_format
    return ReadSettings(
        kind=dataset.kind,
        labelled=chosen.labelled if chosen else True,
        tag_scheme=dataset.tag_scheme,
        label_map=dataset.label_map or None,
    )


def _copied(
    data_import: DataImport,
    source: SourceVersion,
    dataset: Dataset,
    limits: PlanLimits,
    output: StoredPlan,
    planner: Planner,
) -> PlanSummary:
    try:
        other = planner.datasets.get(data_import.scope, source.dataset_id)
    except DatasetNotFoundError as error:
        raise refused(FailureReason.SOURCE_DATASET, "The dataset to copy from is gone.") from error

    def found() -> Found:
        samples = samples_of_version(source.key(data_import.scope), source, planner.samples)
        return _with_known_tags(samples, dataset) if dataset.label_map else samples

    summary = write_plan(found, limits, output)
    new = other.label_map if not dataset.label_map else {}
    return summary.model_copy(update={"label_map": new})


def _with_known_tags(found: Found, dataset: Dataset) -> Iterator[PlannedSample | Problem]:
    """Leave out sentences with labels that are not in the dataset's map (spec 02 section 4.4)."""
    for sample in found:
        tags = sample.annotation.tags if isinstance(sample, PlannedSample) and sample.annotation else ()
        unknown = next((tag for tag in tags if tag not in dataset.label_map), None)
        if unknown is None or isinstance(sample, Problem):
            yield sample
        else:
            message = f"the label {unknown[:60]!r} is not in label_map.json"
            yield Problem(file=sample.file, line=sample.line, reason="unknown_label", message=message)
