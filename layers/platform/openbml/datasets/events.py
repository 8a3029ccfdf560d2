"""Events this context publishes (contracts, section 6)."""

from collections.abc import Sequence
from typing import ClassVar

from openbml.compute.failures import Failure
from openbml.core.events import Event
from openbml.datasets.importing.data_imports import (
    DataImport,
    ImportCounts,
    ImportFailure,
    ImportProgress,
    ImportState,
)
from openbml.datasets.jobs.data_jobs import DataJob, DataJobState, WorkProgress
from openbml_formats.data_jobs import DataJobKind

SOURCE = "openbml.datasets"


class ImportStateChanged(Event):
    """State or progress of an import; the same may come again."""

    source: ClassVar[str] = SOURCE

    dataset_id: int
    version_number: int
    import_id: int
    state: ImportState
    progress: ImportProgress
    counts: ImportCounts
    failure: ImportFailure | None

    @classmethod
    def of(
        cls,
        data_import: DataImport,
        *,
        state: ImportState | None = None,
        failure: ImportFailure | None = None,
    ) -> "ImportStateChanged":
        """Return the event; `state` and `failure` are what the import is about to become."""
        return cls(
            scope=data_import.scope,
            dataset_id=data_import.dataset_id,
            version_number=data_import.version_number,
            import_id=data_import.import_id,
            state=state or data_import.state,
            progress=data_import.progress,
            counts=data_import.counts,
            failure=failure or data_import.failure,
        )


class DataJobStateChanged(Event):
    """State or progress of an export, report, cleaning …; the same may come again."""

    source: ClassVar[str] = SOURCE

    dataset_id: int
    version_number: int
    job_id: int
    kind: DataJobKind
    state: DataJobState
    progress: WorkProgress
    failure: Failure | None

    @classmethod
    def of(cls, job: DataJob) -> "DataJobStateChanged":
        return cls(
            scope=job.scope,
            dataset_id=job.dataset_id,
            version_number=job.version_number,
            job_id=job.job_id,
            kind=job.kind,
            state=job.state,
            progress=job.progress,
            failure=job.failure,
        )


class SnapshotReady(Event):
    source: ClassVar[str] = SOURCE

    snapshot_id: str
    task: str
    sample_count: int
    labels: Sequence[str]


class SnapshotFailed(Event):
    source: ClassVar[str] = SOURCE

    snapshot_id: str
    reason: str
