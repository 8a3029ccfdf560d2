"""The API operations that are the same for jobs of every kind."""

import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sagemaker_local.capacity.machine import CapacityError, Machine
from sagemaker_local.core import Core
from sagemaker_local.jobs.job import Job
from sagemaker_local.jobs.runs import JobRuns
from sagemaker_local.jobs.store import JobStore, UnknownJobError
from sagemaker_local.protocol.arns import Scope
from sagemaker_local.protocol.errors import ResourceInUse, ResourceLimitExceeded, ValidationException
from sagemaker_local.state import cursors, resources
from sagemaker_local.state.resources import ListFilter, Record

J = TypeVar("J", bound=Job)


@dataclass(frozen=True)
class JobOperations(Generic[J]):
    """``not_found`` makes the text for a name that no job has."""

    core: Core
    store: JobStore[J]
    runs: JobRuns[J]
    not_found: Callable[[str], str]

    def check_capacity(self, job: J) -> None:
        """Raise ResourceLimitExceeded for what this machine can never run."""
        try:
            types = self.core.instance_types
            for name in set(job.instance_types):
                types.slot(name)
            sizes = [types.size(name) for name in job.instance_types]
            whole = Machine(
                cpus=sum(one.cpus for one in sizes),
                memory_mib=sum(one.memory_mib for one in sizes),
                gpus=sum(one.gpus for one in sizes),
            )
            types.check(f"a job of {len(sizes)} instances", whole)
        except CapacityError as error:
            raise ResourceLimitExceeded(str(error)) from error

    async def begin(self, job: J, wanted_tags: Mapping[str, str]) -> None:
        """Commit a new job and start to drive it.

        Raises:
            ResourceInUse: the name is taken.
        """
        await self.store.create(job, wanted_tags)
        self.runs.begin(job)

    def load(self, connection: sqlite3.Connection, arn: str, name: str) -> J:
        try:
            return self.store.kind.load(connection, arn)
        except UnknownJobError as error:
            raise ValidationException(self.not_found(name)) from error

    async def list(
        self,
        scope: Scope,
        request: Mapping[str, Any],
        *,
        operation: str,
        member: str,
        summary: Callable[[sqlite3.Connection, Record], dict[str, Any]],
        narrow: Callable[[ListFilter], ListFilter] = lambda wanted: wanted,
    ) -> dict[str, Any]:
        return await self.core.listings.of_resources(
            scope,
            request,
            operation=operation,
            kind=self.store.kind.model.kind,
            member=member,
            summary=summary,
            narrow=narrow,
        )

    async def stop(self, arn: str, name: str) -> None:
        def how(job: J) -> J:
            if job.is_terminal:
                raise ValidationException(
                    f"The request was rejected because the {job.noun} is in status {job.status}."
                )
            return job.stopping("request", time.time())

        try:
            await self.store.change(arn, how)
        except UnknownJobError as error:
            raise ValidationException(self.not_found(name)) from error
        self.runs.stop(arn)

    async def delete(
        self, arn: str, name: str, also: Callable[[sqlite3.Connection], None] = lambda _: None
    ) -> None:
        """Remove an ended job; ``also`` is part of the transaction and may refuse it."""

        def work(connection: sqlite3.Connection) -> None:
            job = self.load(connection, arn, name)
            if not job.is_terminal:
                raise ResourceInUse(f"The {job.noun} {arn} is in status {job.status} and cannot be deleted.")
            also(connection)
            resources.delete(connection, arn)
            cursors.forget_metrics(connection, arn)

        await self.core.database.run(work)
        await self.runs.discard(arn)
