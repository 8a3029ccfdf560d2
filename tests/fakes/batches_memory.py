"""Fakes of the ports of batch predictions; repositories pass the contract suite of the real ones."""

import threading
from collections.abc import Sequence
from datetime import datetime
from itertools import count
from typing import Any

from openbml.compute.jobs import Job, JobNotFoundError, ProcessingJobRequest
from openbml.core.scope import ProjectScope
from openbml.services.batch import order_batches, run_batches, run_schedules
from openbml.services.batch.batch_files import StoredFile
from openbml.services.batch.batch_forms import BatchRequest, ScheduleRequest
from openbml.services.batch.batch_predictions import (
    BatchConflictError,
    BatchNameTakenError,
    BatchNotFoundError,
    BatchPrediction,
    NodeProgress,
    Position,
    StartBatch,
)
from openbml.services.batch.order_batches import BatchCollaborators, BatchNaming
from openbml.services.batch.run_batches import JobChange, JobOutput
from openbml.services.batch.schedules import (
    BatchSchedule,
    ScheduleConflictError,
    ScheduledRun,
    ScheduleNotFoundError,
)
from openbml.services.batch.settings import BatchSettings
from tests.fakes.compute_memory import RecordedEvents, Ticking
from tests.fakes.services_memory import FakeFunds, FakeVersions, RecordedQueue
from tests.fakes.services_samples import SCOPE

BUCKETS = BatchSettings(
    data_bucket_name="data",
    uploads_bucket_name="uploads",
    user_bucket_prefix="openbml-exchange-",
    batch_queue_url="",
)


class InMemoryBatches:
    def __init__(self) -> None:
        self._batches: dict[int, BatchPrediction] = {}
        self._lock = threading.Lock()
        self.lost_saves = 0

    def add(self, batch: BatchPrediction) -> bool:
        with self._lock:
            if batch.batch_id in self._batches:
                return False
            names = [
                row.name for row in self._batches.values() if row.unique_name and row.scope == batch.scope
            ]
            if batch.unique_name and batch.name in names:
                raise BatchNameTakenError(name=batch.name)
            self._batches[batch.batch_id] = batch
            return True

    def get(self, scope: ProjectScope, batch_id: int) -> BatchPrediction:
        batch = self._batches.get(batch_id)
        if batch is None or batch.scope != scope:
            raise BatchNotFoundError(batch_id=batch_id)
        return batch

    def save(self, batch: BatchPrediction) -> None:
        with self._lock:
            known = self._batches.get(batch.batch_id)
            if self.lost_saves or known is None or known.version != batch.version - 1:
                self.lost_saves = max(0, self.lost_saves - 1)
                raise BatchConflictError(batch_id=batch.batch_id)
            self._batches[batch.batch_id] = batch.model_copy(update={"progress": known.progress})

    def record_progress(self, scope: ProjectScope, batch_id: int, node: str, progress: NodeProgress) -> bool:
        with self._lock:
            batch = self._batches.get(batch_id)
            if batch is None or batch.scope != scope:
                return False
            known = batch.progress.get(node)
            if known is not None and known.done > progress.done:
                return False
            self._batches[batch_id] = batch.model_copy(
                update={"progress": {**batch.progress, node: progress}}
            )
            return True

    def remove(self, batch: BatchPrediction) -> None:
        with self._lock:
            known = self._batches.get(batch.batch_id)
            if known is None or known.version != batch.version:
                raise BatchConflictError(batch_id=batch.batch_id)
            del self._batches[batch.batch_id]

    def page(
        self, scope: ProjectScope, *, limit: int, position: Position
    ) -> tuple[Sequence[BatchPrediction], Position]:
        mine = sorted(
            (row for row in self._batches.values() if row.scope == scope), key=lambda row: -row.batch_id
        )
        start = position["start"] if position else 0
        following = {"start": start + limit} if start + limit < len(mine) else None
        return mine[start : start + limit], following

    def open_everywhere(self) -> Sequence[tuple[ProjectScope, int]]:
        return [(row.scope, row.batch_id) for row in self._batches.values() if not row.state.is_final]


class InMemorySchedules:
    def __init__(self) -> None:
        self._schedules: dict[int, BatchSchedule] = {}
        self._runs: dict[tuple[int, datetime], ScheduledRun] = {}
        self._lock = threading.Lock()
        self.failing_saves = 0

    def add(self, schedule: BatchSchedule) -> None:
        self._schedules[schedule.schedule_id] = schedule

    def get(self, scope: ProjectScope, schedule_id: int) -> BatchSchedule:
        schedule = self._schedules.get(schedule_id)
        if schedule is None or schedule.scope != scope:
            raise ScheduleNotFoundError(schedule_id=schedule_id)
        return schedule

    def save(self, schedule: BatchSchedule) -> None:
        with self._lock:
            known = self._schedules.get(schedule.schedule_id)
            if self.failing_saves:
                self.failing_saves -= 1
                raise ConnectionError("the table is unreachable")
            if known is None or known.version != schedule.version - 1:
                raise ScheduleConflictError(schedule_id=schedule.schedule_id)
            self._schedules[schedule.schedule_id] = schedule

    def remove(self, schedule: BatchSchedule) -> None:
        self._schedules.pop(schedule.schedule_id, None)

    def all_of(self, scope: ProjectScope) -> Sequence[BatchSchedule]:
        mine = [row for row in self._schedules.values() if row.scope == scope]
        return sorted(mine, key=lambda row: -row.schedule_id)

    def due(self, at: datetime, *, limit: int) -> Sequence[tuple[ProjectScope, int]]:
        rows = [
            (row.next_due_at, row)
            for row in self._schedules.values()
            if row.next_due_at and row.next_due_at <= at
        ]
        rows.sort(key=lambda pair: pair[0])
        return [(row.scope, row.schedule_id) for _due, row in rows[:limit]]

    def claim(self, schedule: BatchSchedule, run: ScheduledRun) -> ScheduledRun:
        with self._lock:
            return self._runs.setdefault((schedule.schedule_id, run.due_at), run)

    def settle(self, schedule: BatchSchedule, run: ScheduledRun) -> None:
        self._runs[schedule.schedule_id, run.due_at] = run

    def runs(self, schedule: BatchSchedule, *, limit: int) -> Sequence[ScheduledRun]:
        mine = [run for (owner, _due), run in self._runs.items() if owner == schedule.schedule_id]
        return sorted(mine, key=lambda run: run.due_at, reverse=True)[:limit]


class MemoryBatchFiles:
    def __init__(self) -> None:
        self.orders: dict[str, bytes] = {}
        self.cleared: list[str] = []
        self.stored: dict[str, int] = {}

    def put_order(self, folder: str, body: bytes) -> str:
        self.orders[folder] = body
        return f"s3://data/{folder}"

    def upload_url(self, key: str) -> str:
        return f"https://uploads.example/{key}"

    def outputs(
        self, prefix: str, *, limit: int, position: Position
    ) -> tuple[Sequence[StoredFile], Position]:
        names = sorted(key.removeprefix(prefix) for key in self.stored if key.startswith(prefix))
        start = position["start"] if position else 0
        files = [
            StoredFile(name=name, size_bytes=self.stored[prefix + name], url=f"https://data.example/{name}")
            for name in names[start : start + limit]
        ]
        return files, {"start": start + limit} if start + limit < len(names) else None

    def clear(self, folder: str) -> None:
        self.cleared.append(folder)


class FakeBatchJobs:
    """Compute, which says nothing until a test does."""

    def __init__(self, now: Ticking) -> None:
        self._now = now
        self.submitted: dict[str, ProcessingJobRequest] = {}
        self.stopped: list[str] = []
        self.announced: list[str] = []

    def submit_processing(self, request: ProcessingJobRequest) -> Job:
        self.submitted[request.job_id] = request
        return Job(request=request, created_at=self._now(), changed_at=self._now())

    def stop_processing(self, job_id: str) -> Job:
        self.stopped.append(job_id)
        return self._known(job_id)

    def announce_end(self, job_id: str) -> Job:
        self.announced.append(job_id)
        return self._known(job_id)

    def _known(self, job_id: str) -> Job:
        if job_id not in self.submitted:
            raise JobNotFoundError(job_id=job_id)
        return Job(request=self.submitted[job_id], created_at=self._now(), changed_at=self._now())


class BatchDesk:
    """One project's batch predictions and schedules."""

    def __init__(self) -> None:
        self.batches = InMemoryBatches()
        self.schedules = InMemorySchedules()
        self.files = MemoryBatchFiles()
        self.versions = FakeVersions()
        self.funds = FakeFunds()
        self.events = RecordedEvents()
        self.starting = RecordedQueue()
        self.now = Ticking()
        self.jobs = FakeBatchJobs(self.now)
        self.new_id = count(100).__next__

    @property
    def using(self) -> BatchCollaborators:
        return BatchCollaborators(
            batches=self.batches,
            versions=self.versions,
            funds=self.funds,
            buckets=BUCKETS,
            events=self.events,
            starting=self.starting,
            new_id=self.new_id,
            now=self.now,
        )

    def form(self, **changes: Any) -> BatchRequest:
        fields: dict[str, Any] = {
            "name": "night",
            "model_id": 3,
            "model_version": 1,
            "input": {"uri": "s3://uploads/projects/42/batch-inputs/1/"},
        }
        return BatchRequest.model_validate({**fields, **changes})

    def create(self, **changes: Any) -> BatchPrediction:
        form = self.form(**changes)
        naming = BatchNaming(name=form.name, user_id=9)
        return order_batches.create_batch(form, naming, scope=SCOPE, using=self.using)

    def start(self, batch_id: int) -> BatchPrediction | None:
        return run_batches.start_batch(
            StartBatch(scope=SCOPE, batch_id=batch_id),
            batches=self.batches,
            files=self.files,
            jobs=self.jobs,
            buckets=BUCKETS,
            events=self.events,
            now=self.now,
        )

    def change(self, batch: BatchPrediction, state: str, **more: Any) -> BatchPrediction | None:
        fields = {
            "scope": SCOPE,
            "job_id": batch.compute_id,
            "owner": {"context": "batch_predictions", "id": batch.batch_id},
            "state": state,
            "at": self.now(),
        }
        change = JobChange.model_validate({**fields, **more})
        return run_batches.track_batch(change, batches=self.batches, jobs=self.jobs, events=self.events)

    def tell(self, batch_id: int, *records: dict[str, Any]) -> BatchPrediction | None:
        fields = {
            "scope": SCOPE,
            "owner": {"context": "batch_predictions", "id": batch_id},
            "records": [{"kind": "batch", "failed": 0, "total": 0, "share": 0, **row} for row in records],
        }
        output = JobOutput.model_validate(fields)
        return run_batches.record_batch_progress(output, batches=self.batches, events=self.events)

    def stop(self, batch_id: int) -> BatchPrediction:
        return order_batches.stop_batch(
            SCOPE, batch_id, batches=self.batches, jobs=self.jobs, events=self.events, now=self.now
        )

    def running(self, **changes: Any) -> BatchPrediction:
        batch = self.create(**changes)
        self.start(batch.batch_id)
        self.change(batch, "running", intervals=[{"start": self.now()}])
        return self.batches.get(SCOPE, batch.batch_id)

    def schedule(self, **changes: Any) -> BatchSchedule:
        template = self.form().model_dump(exclude={"name", "description"})
        fields: dict[str, Any] = {
            "name": "nightly",
            "template": template,
            "unit": "hour",
            "starts_at": self.now(),
        }
        return run_schedules.create_schedule(
            ScheduleRequest.model_validate({**fields, **changes}),
            scope=SCOPE,
            user_id=9,
            schedules=self.schedules,
            versions=self.versions,
            buckets=BUCKETS,
            new_id=self.new_id,
            now=self.now,
        )

    def look(self) -> int:
        return run_schedules.start_scheduled(schedules=self.schedules, using=self.using)
