"""Fakes of what data jobs need, held to the same contract suites as the adapters."""

from collections.abc import Sequence
from typing import Any

from openbml.compute.jobs import Job, JobNotFoundError, ProcessingJobRequest
from openbml.core.scope import ProjectScope
from openbml.datasets.datasets import Position, VersionKey
from openbml.datasets.jobs.data_job_kinds import Result
from openbml.datasets.jobs.data_jobs import (
    DataJob,
    DataJobConflictError,
    DataJobNotFoundError,
    SampleSelection,
    WorkProgress,
)
from openbml_formats.data_jobs import DataJobKind
from tests.fakes.compute_memory import NOON

SCOPE = ProjectScope(account_id=1, region="us-east-1", project_id=42)
KEY = VersionKey(scope=SCOPE, dataset_id=5, version_number=1)


def data_job(job_id: int = 700, **changes: Any) -> DataJob:
    fields: dict[str, Any] = {
        "scope": SCOPE,
        "dataset_id": KEY.dataset_id,
        "version_number": KEY.version_number,
        "job_id": job_id,
        "kind": DataJobKind.EXPORT,
        "selection": SampleSelection(),
        "settings": {"format": "json", "target_bucket": "data", "target_key": "a.zip", "share": 0.25},
        "created_by": 7,
        "created_at": NOON,
        "changed_at": NOON,
    }
    return DataJob.model_validate({**fields, **changes})


class InMemoryDataJobRepository:
    def __init__(self) -> None:
        self._jobs: dict[int, DataJob] = {}

    def add(self, job: DataJob) -> bool:
        if job.job_id in self._jobs:
            return False
        self._jobs[job.job_id] = job
        return True

    def get(self, key: VersionKey, job_id: int) -> DataJob:
        job = self._jobs.get(job_id)
        if job is None or job.version_key != key:
            raise DataJobNotFoundError(job_id=job_id)
        return job

    def find(self, job_id: int) -> DataJob | None:
        return self._jobs.get(job_id)

    def save(self, job: DataJob) -> None:
        stored = self._jobs.get(job.job_id)
        if stored is None or stored.version != job.version - 1:
            raise DataJobConflictError(job_id=job.job_id)
        self._jobs[job.job_id] = job

    def record_progress(self, job: DataJob, progress: WorkProgress) -> bool:
        stored = self._jobs.get(job.job_id)
        if stored is None or stored.state.is_final or stored.progress_done >= progress.done:
            return False
        changes = {"progress_done": progress.done, "progress_total": progress.total}
        self._jobs[job.job_id] = stored.model_copy(update=changes)
        return True

    def page(
        self, key: VersionKey, kind: DataJobKind | None, *, limit: int, position: Position | None
    ) -> tuple[Sequence[DataJob], Position | None]:
        found = sorted(
            (job for job in self._jobs.values() if job.version_key == key and kind in (None, job.kind)),
            key=lambda job: -job.job_id,
        )
        left = [job for job in found if position is None or job.job_id < position["before"]]
        following = {"before": left[limit - 1].job_id} if len(left) > limit else None
        return left[:limit], following

    def open_of(self, key: VersionKey) -> Sequence[DataJob]:
        return [job for job in self.open_jobs() if job.version_key == key]

    def open_jobs(self) -> Sequence[DataJob]:
        return [job for job in self._jobs.values() if not job.state.is_final]

    def remove_all(self, key: VersionKey) -> None:
        self._jobs = {job_id: job for job_id, job in self._jobs.items() if job.version_key != key}


class RecordedRuntime:
    """Compute, as far as data jobs use it."""

    def __init__(self) -> None:
        self.submitted: dict[str, ProcessingJobRequest] = {}
        self.stopped: list[str] = []
        self.announced: list[str] = []

    def submit_processing(self, request: ProcessingJobRequest) -> Job:
        assert self.submitted.setdefault(request.job_id, request) == request, "an id with different work"
        return Job(request=request, created_at=NOON, changed_at=NOON)

    def stop_processing(self, job_id: str) -> Job:
        if job_id not in self.submitted:
            raise JobNotFoundError(job_id=job_id)
        self.stopped.append(job_id)
        return Job(request=self.submitted[job_id], created_at=NOON, changed_at=NOON)

    def announce_end(self, job_id: str) -> Job:
        if job_id not in self.submitted:
            raise JobNotFoundError(job_id=job_id)
        self.announced.append(job_id)
        return Job(request=self.submitted[job_id], created_at=NOON, changed_at=NOON)


class RecordedHook:
    """A kind's business; `failing` is raised instead of taking a result."""

    def __init__(self) -> None:
        self.results: list[Result] = []
        self.ended: list[DataJob] = []
        self.failing: Exception | None = None

    def completed(self, job: DataJob, result: Result) -> None:
        if self.failing:
            raise self.failing
        self.results.append(result)

    def not_completed(self, job: DataJob) -> None:
        self.ended.append(job)
