"""Jobs in the state file; every change is written with the event that tells of it."""

import os
import signal
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sagemaker_local.jobs.job import Job
from sagemaker_local.protocol.errors import ResourceInUse
from sagemaker_local.state import outbox, resources, tags
from sagemaker_local.state.database import Database
from sagemaker_local.state.resources import Record

J = TypeVar("J", bound=Job)


class UnknownJobError(Exception):
    """There is no such job (any more)."""


def _nothing_else(_: sqlite3.Connection, __: Job, ___: Job) -> None:
    return


@dataclass(frozen=True)
class JobKind(Generic[J]):
    """How jobs of one kind are kept and told of.

    Attributes:
        is_news: whether the step from one job to the next is an event.
        follow_up: written in the transaction of every change, after it.
    """

    model: type[J]
    event_type: str
    event_detail: Callable[[sqlite3.Connection, J], dict[str, Any]]
    is_news: Callable[[J, J], bool]
    follow_up: Callable[[sqlite3.Connection, J, J], None] = _nothing_else

    def from_record(self, record: Record) -> J:
        return self.model.model_validate_json(record.doc)

    def load(self, connection: sqlite3.Connection, arn: str) -> J:
        record = resources.get(connection, arn)
        if record is None:
            raise UnknownJobError(arn)
        return self.from_record(record)

    def insert(self, connection: sqlite3.Connection, job: J, its_tags: Mapping[str, str]) -> None:
        """Store a new job with the event of its beginning.

        Raises:
            ResourceInUse: the name is taken.
        """
        if not resources.insert(connection, job.record()):
            raise ResourceInUse(
                f"{job.noun.capitalize()} names must be unique within an AWS account and region, and a "
                f"{job.noun} with this name already exists ({job.arn})"
            )
        tags.put(connection, job.arn, its_tags)
        self.emit(connection, job)

    def save_change(self, connection: sqlite3.Connection, before: J, after: J) -> None:
        resources.update(connection, after.record())
        self.follow_up(connection, before, after)
        if self.is_news(before, after):
            self.emit(connection, after)

    def emit(self, connection: sqlite3.Connection, job: J) -> None:
        outbox.add(
            connection,
            arn=job.arn,
            detail_type=self.event_type,
            detail=self.event_detail(connection, job),
            happened_at=job.modified_at,
        )


@dataclass
class CrashPoint:
    """Fault hook: the engine dies when a job enters a state, just before or just after the commit."""

    status: str | None = None
    before_commit: bool = False

    def reached(self, status: str, *, before_commit: bool) -> None:
        if status == self.status and before_commit == self.before_commit:
            os.kill(os.getpid(), signal.SIGKILL)


class JobStore(Generic[J]):
    def __init__(self, database: Database, kind: JobKind[J]) -> None:
        self.kind = kind
        self.crash_point = CrashPoint()
        self._database = database

    async def get(self, arn: str) -> J:
        return await self._database.read(lambda connection: self.kind.load(connection, arn))

    async def create(self, job: J, wanted_tags: Mapping[str, str]) -> None:
        def work(connection: sqlite3.Connection) -> None:
            self.kind.insert(connection, job, wanted_tags)
            self.crash_point.reached(job.secondary_status, before_commit=True)

        await self._database.run(work)
        self.crash_point.reached(job.secondary_status, before_commit=False)

    async def change(
        self,
        arn: str,
        how: Callable[[J], J],
        also: Callable[[sqlite3.Connection], None] | None = None,
    ) -> J:
        """Apply ``how`` to the job as it is now and commit; returns the job after it.

        Args:
            also: written in the same transaction, if there is a change at all.
        """

        def work(connection: sqlite3.Connection) -> tuple[J, bool]:
            before = self.kind.load(connection, arn)
            after = how(before)
            if after is before:
                return after, False
            if also is not None:
                also(connection)
            self.kind.save_change(connection, before, after)
            moves = after.secondary_status != before.secondary_status
            if moves:
                self.crash_point.reached(after.secondary_status, before_commit=True)
            return after, moves

        job, moves = await self._database.run(work)
        if moves:
            self.crash_point.reached(job.secondary_status, before_commit=False)
        return job

    async def unfinished(self) -> list[J]:
        """Jobs that have not ended, the oldest first."""
        records = await self._database.read(
            lambda connection: resources.all_of(connection, self.kind.model.kind, ("InProgress", "Stopping"))
        )
        return [self.kind.from_record(record) for record in records]
