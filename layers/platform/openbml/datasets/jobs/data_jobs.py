"""Data jobs: heavy work on a dataset version that runs in a container, from order to result.

A job waits until its order is written (`preparing`), then follows its compute job; what is to happen with a
result is its kind's business (`data_job_kinds`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue

from openbml.compute.failures import Failure
from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope
from openbml.datasets.datasets import Position, VersionKey
from openbml.datasets.samples import AnnotationState, Sample
from openbml_formats.data_jobs import DataJobKind

OWNER_CONTEXT = "datasets"


class DataJobNotFoundError(OpenBMLError):
    """The version has no such job; details: job_id."""


class DataJobConflictError(OpenBMLError):
    """Someone else changed the job at the same moment; details: job_id."""


class DataJobRefusedError(OpenBMLError):
    """The version or the wish does not allow the job; details: reason."""


class DataJobState(StrEnum):
    PREPARING = "preparing"
    QUEUED = "queued"
    RUNNING = "running"
    STOPPING = "stopping"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        return _RANKS[self] == _RANKS[DataJobState.FINISHED]

    def may_become(self, state: "DataJobState") -> bool:
        """Tell whether a report of the state moves a job on; states never go back."""
        return _RANKS[state] > _RANKS[self]


_RANKS = {
    DataJobState.PREPARING: 0,
    DataJobState.QUEUED: 1,
    DataJobState.RUNNING: 2,
    DataJobState.STOPPING: 3,
    DataJobState.FINISHED: 4,
    DataJobState.FAILED: 4,
    DataJobState.CANCELLED: 4,
}


class SampleSelection(BaseModel):
    """Which samples of the version a job works on; no filter: all of them, in the order of import."""

    model_config = ConfigDict(frozen=True)

    labels: tuple[str, ...] | None = None
    annotation_state: AnnotationState | None = None

    def takes(self, sample: Sample) -> bool:
        if self.annotation_state and sample.labelled != (self.annotation_state is AnnotationState.LABELLED):
            return False
        return self.labels is None or not sample.label_counts.keys().isdisjoint(self.labels)


class WorkProgress(BaseModel):
    """`total` is 0 until it is known."""

    model_config = ConfigDict(frozen=True)

    done: int = 0
    total: int = 0


class DataJob(BaseModel):
    """One job.

    Attributes:
        selection: None where the job reads no samples: an import.
        uploads: keys of uploaded files with their names.
        settings: the kind's own.
        changed_at: of the state.
        result: what the job left, as the kind's model says; None of what is too large to keep here.
        version: grows with every save; the slower of two writers is refused.
    """

    model_config = ConfigDict(frozen=True)

    scope: ProjectScope
    dataset_id: int
    version_number: int
    job_id: int
    kind: DataJobKind
    selection: SampleSelection | None = None
    uploads: tuple[tuple[str, str], ...] = ()
    settings: Mapping[str, JsonValue] = Field(default_factory=dict)
    created_by: int
    created_at: AwareDatetime
    changed_at: AwareDatetime
    started_at: AwareDatetime | None = None
    finished_at: AwareDatetime | None = None
    state: DataJobState = DataJobState.PREPARING
    failure: Failure | None = None
    progress_done: int = 0
    progress_total: int = 0
    result: Mapping[str, JsonValue] | None = None
    version: int = Field(default=1, ge=1)

    @property
    def version_key(self) -> VersionKey:
        return VersionKey(scope=self.scope, dataset_id=self.dataset_id, version_number=self.version_number)

    @property
    def compute_id(self) -> str:
        return compute_id_of(self.job_id)

    @property
    def progress(self) -> WorkProgress:
        return WorkProgress(done=self.progress_done, total=self.progress_total)

    def ordered(self, sample_count: int, at: datetime) -> "DataJob":
        """Return the job handed over to compute."""
        return self._changed(at, state=DataJobState.QUEUED, progress_total=sample_count)

    def running(self, at: datetime) -> "DataJob":
        return self._changed(at, state=DataJobState.RUNNING, started_at=self.started_at or at)

    def stopping(self, at: datetime) -> "DataJob":
        """Return the job with the wish to cancel it; one that compute has not seen ends at once."""
        if self.state is DataJobState.PREPARING:
            return self.ended(DataJobState.CANCELLED, at)
        return self._changed(at, state=DataJobState.STOPPING)

    def finished(self, result: Mapping[str, JsonValue] | None, at: datetime) -> "DataJob":
        done = max(self.progress_total, self.progress_done)
        ended = self.ended(DataJobState.FINISHED, at)
        return ended.model_copy(update={"result": result, "progress_done": done, "progress_total": done})

    def failed(self, failure: Failure, at: datetime) -> "DataJob":
        return self.ended(DataJobState.FAILED, at).model_copy(update={"failure": failure})

    def ended(self, state: DataJobState, at: datetime) -> "DataJob":
        return self._changed(at, state=state, finished_at=at)

    def _changed(self, at: datetime, **changes: object) -> "DataJob":
        return self.model_copy(update={**changes, "changed_at": at, "version": self.version + 1})


class StartDataJob(BaseModel):
    """Asks for a job's order to be written and handed over."""

    model_config = ConfigDict(frozen=True)

    job_id: int


class DataJobRepository(Protocol):
    """Port; `tests/contract/datasets/test_data_job_repository.py` holds what implementations owe."""

    def add(self, job: DataJob) -> bool:
        """Return False when the id is taken: the job was added before."""

    def get(self, key: VersionKey, job_id: int) -> DataJob:
        """Raises DataJobNotFoundError."""

    def find(self, job_id: int) -> DataJob | None:
        """Return a job by its id alone; ids are unique in an installation."""

    def save(self, job: DataJob) -> None:
        """Raises DataJobConflictError unless the stored version is the one before."""

    def record_progress(self, job: DataJob, progress: WorkProgress) -> bool:
        """Keep progress that goes forward; return False for what is older, and of a job that has ended."""

    def page(
        self, key: VersionKey, kind: DataJobKind | None, *, limit: int, position: Position | None
    ) -> tuple[Sequence[DataJob], Position | None]:
        """The newest first."""

    def open_of(self, key: VersionKey) -> Sequence[DataJob]:
        """Return the version's jobs that have not ended."""

    def open_jobs(self) -> Sequence[DataJob]:
        """Return all jobs that have not ended, eventually."""

    def remove_all(self, key: VersionKey) -> None:
        """Drop the version's jobs; a repeat is harmless."""


def compute_id_of(job_id: int) -> str:
    """Return what compute calls the job by; its own runs have bare numbers."""
    return f"data{job_id}"


def job_prefix(scope: ProjectScope, job_id: int) -> str:
    """Return where a job's order, listings, shards and result lie, uploads bucket."""
    return f"{scope.prefix}jobs/{job_id}/"


def order_prefix(scope: ProjectScope, job_id: int) -> str:
    return f"{job_prefix(scope, job_id)}order/"


def listing_key(scope: ProjectScope, job_id: int, index: int) -> str:
    return f"{job_prefix(scope, job_id)}listings/{index:06}.json.z"


def shards_prefix(scope: ProjectScope, job_id: int) -> str:
    return f"{job_prefix(scope, job_id)}shards/"


def result_key(scope: ProjectScope, job_id: int) -> str:
    return f"{job_prefix(scope, job_id)}result.json"
