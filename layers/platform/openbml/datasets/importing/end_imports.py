"""How imports end: by themselves, by their user, by a deletion, or by silence."""

from datetime import timedelta

from openbml.core.clock import Clock
from openbml.core.events import EventPublisher
from openbml.datasets.events import ImportStateChanged
from openbml.datasets.importing.data_imports import (
    SILENCE_LIMIT,
    UPLOAD_LIFETIME,
    DataImport,
    FailureReason,
    ImportFailure,
    ImportRepository,
    ImportState,
)
from openbml.datasets.importing.reports import ReportRepository, write_report
from openbml.datasets.stored_objects import ObjectStore, UploadStore


def end_import(
    data_import: DataImport,
    state: ImportState,
    *,
    failure: ImportFailure | None = None,
    imports: ImportRepository,
    events: EventPublisher,
    now: Clock,
) -> DataImport:
    """Announce and record a final state; an import that has ended already stays as it is."""
    if data_import.state.is_final:
        return data_import
    events.publish([ImportStateChanged.of(data_import, state=state, failure=failure)])
    ended = imports.end(data_import, state, failure, now())
    return ended or imports.get(data_import.version_key, data_import.import_id)


def fail_import(
    data_import: DataImport,
    reason: FailureReason,
    message: str,
    *,
    imports: ImportRepository,
    events: EventPublisher,
    now: Clock,
) -> DataImport:
    failure = ImportFailure(reason=reason, message=message)
    return end_import(
        data_import, ImportState.FAILED, failure=failure, imports=imports, events=events, now=now
    )


def finish_when_done(
    data_import: DataImport,
    *,
    imports: ImportRepository,
    reports: ReportRepository,
    data: ObjectStore,
    events: EventPublisher,
    now: Clock,
) -> DataImport:
    """Write the report and close the import when this was its last shard, else tell its progress."""
    current = imports.get(data_import.version_key, data_import.import_id)
    if current.state is not ImportState.IMPORTING:
        return current
    if current.shards_done < current.shard_count:
        events.publish([ImportStateChanged.of(current)])
        return current
    write_report(current, reports=reports, data=data)
    return end_import(current, ImportState.FINISHED, imports=imports, events=events, now=now)


def cancel_import(
    data_import: DataImport,
    *,
    imports: ImportRepository,
    uploads: UploadStore,
    events: EventPublisher,
    now: Clock,
) -> DataImport:
    """Stop an import; shards that are finished stay. Cancelling one that has ended changes nothing."""
    abort_uploads(data_import, uploads)
    return end_import(data_import, ImportState.CANCELLED, imports=imports, events=events, now=now)


def abort_uploads(data_import: DataImport, uploads: UploadStore) -> None:
    if data_import.state is ImportState.UPLOADING:
        for index, file in enumerate(data_import.files):
            uploads.abort(data_import.file_key(index), file.upload_id)


def expire_imports(
    *, imports: ImportRepository, uploads: UploadStore, events: EventPublisher, now: Clock
) -> int:
    """End imports that nobody will go on with: uploads given up, work lost for good.

    Returns:
        How many were ended.
    """
    expired = [
        data_import
        for data_import in imports.open_since(now() - min(UPLOAD_LIFETIME, SILENCE_LIMIT))
        if now() - data_import.changed_at >= _patience(data_import)
    ]
    for data_import in expired:
        if data_import.state is ImportState.UPLOADING:
            cancel_import(data_import, imports=imports, uploads=uploads, events=events, now=now)
        else:
            message = "The platform lost the work on this import; import the files again."
            fail_import(data_import, FailureReason.INTERNAL, message, imports=imports, events=events, now=now)
    return len(expired)


def _patience(data_import: DataImport) -> timedelta:
    return UPLOAD_LIFETIME if data_import.state is ImportState.UPLOADING else SILENCE_LIMIT
