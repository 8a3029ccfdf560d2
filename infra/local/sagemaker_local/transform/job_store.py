"""Transform jobs in the state file; every change is written with the event that tells of it."""

import sqlite3
from collections.abc import Callable, Sequence

from sagemaker_local.state import outbox, resources, tags
from sagemaker_local.state.database import Database
from sagemaker_local.transform import journal
from sagemaker_local.transform.jobs import KIND, TransformJob, from_record
from sagemaker_local.transform.journal import InputObject, Tally
from sagemaker_local.transform.views import EVENT_TYPE, event_detail


class UnknownJobError(Exception):
    """There is no such job (any more)."""


def load(connection: sqlite3.Connection, arn: str) -> TransformJob:
    record = resources.get(connection, arn)
    if record is None:
        raise UnknownJobError(arn)
    return from_record(record)


def save_change(connection: sqlite3.Connection, before: TransformJob, after: TransformJob) -> None:
    resources.update(connection, after.record())
    if after.status != before.status:
        emit(connection, after)
    if after.is_terminal:
        journal.forget(connection, after.arn)


def emit(connection: sqlite3.Connection, job: TransformJob) -> None:
    detail = event_detail(job, tags.of(connection, job.arn))
    outbox.add(connection, arn=job.arn, detail_type=EVENT_TYPE, detail=detail, happened_at=job.modified_at)


class JobStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, arn: str) -> TransformJob:
        return await self._database.read(lambda connection: load(connection, arn))

    async def change(self, arn: str, how: Callable[[TransformJob], TransformJob]) -> TransformJob:
        """Apply ``how`` to the job as it is now and commit; returns the job after it."""

        def work(connection: sqlite3.Connection) -> TransformJob:
            before = load(connection, arn)
            after = how(before)
            if after is not before:
                save_change(connection, before, after)
            return after

        return await self._database.run(work)

    async def unfinished(self) -> list[TransformJob]:
        records = await self._database.read(lambda connection: resources.all_of(connection, KIND))
        jobs = [from_record(record) for record in records]
        return [job for job in jobs if not job.is_terminal]

    async def add_objects(self, arn: str, objects: Sequence[InputObject]) -> TransformJob:
        """Write the job's journal; from now on these are its objects, whatever happens in S3."""

        def work(connection: sqlite3.Connection) -> TransformJob:
            before = load(connection, arn)
            if before.is_listed:
                return before
            journal.add(connection, arn, objects)
            after = before.model_copy(update={"is_listed": True})
            save_change(connection, before, after)
            return after

        return await self._database.run(work)

    async def pending(self, arn: str, *, after: int, limit: int) -> list[InputObject]:
        return await self._database.read(
            lambda connection: journal.pending(connection, arn, after=after, limit=limit)
        )

    async def finish_object(self, arn: str, one: InputObject, failure: str | None) -> None:
        state: journal.State = "done" if failure is None else "failed"
        await self._database.run(
            lambda connection: journal.finish(connection, arn, one.ordinal, state, failure)
        )

    async def tally(self, arn: str) -> Tally:
        return await self._database.read(lambda connection: journal.tally(connection, arn))
