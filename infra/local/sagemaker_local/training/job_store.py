"""Training jobs in the state file; every change is written with the event that tells of it."""

import sqlite3
from collections.abc import Callable

from sagemaker_local.state import cursors, outbox, resources, tags
from sagemaker_local.state.database import Database
from sagemaker_local.training.jobs import KIND, TrainingJob, from_record
from sagemaker_local.training.views import EVENT_TYPE, event_detail


class UnknownJobError(Exception):
    """There is no such job (any more)."""


def load(connection: sqlite3.Connection, arn: str) -> TrainingJob:
    record = resources.get(connection, arn)
    if record is None:
        raise UnknownJobError(arn)
    return from_record(record)


def save_change(connection: sqlite3.Connection, before: TrainingJob, after: TrainingJob) -> None:
    resources.update(connection, after.record())
    if after.secondary_status != before.secondary_status or after.attempt != before.attempt:
        emit(connection, after)


def emit(connection: sqlite3.Connection, job: TrainingJob) -> None:
    detail = event_detail(job, cursors.metrics_of(connection, job.arn), tags.of(connection, job.arn))
    outbox.add(connection, arn=job.arn, detail_type=EVENT_TYPE, detail=detail, happened_at=job.modified_at)


class JobStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, arn: str) -> TrainingJob:
        return await self._database.read(lambda connection: load(connection, arn))

    async def change(self, arn: str, how: Callable[[TrainingJob], TrainingJob]) -> TrainingJob:
        """Apply ``how`` to the job as it is now and commit; returns the job after it."""

        def work(connection: sqlite3.Connection) -> TrainingJob:
            before = load(connection, arn)
            after = how(before)
            if after is not before:
                save_change(connection, before, after)
            return after

        return await self._database.run(work)

    async def unfinished(self) -> list[TrainingJob]:
        records = await self._database.read(lambda connection: resources.all_of(connection, KIND))
        jobs = [from_record(record) for record in records]
        return [job for job in jobs if not job.is_terminal]
