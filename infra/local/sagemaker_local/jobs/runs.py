"""All jobs of one kind that are being driven."""

import asyncio
import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from sagemaker_local.capacity.machine import CapacityError
from sagemaker_local.jobs.job import Job
from sagemaker_local.jobs.layout import job_folder
from sagemaker_local.jobs.run import JobRun
from sagemaker_local.jobs.store import JobStore
from sagemaker_local.processes.supervisor import Supervisor

J = TypeVar("J", bound=Job)

#: States in which a job holds no slot: it waits for one, or its processes have ended.
_WITHOUT_SLOT = ("Starting", "Pending", "Interrupted", "Uploading")


class JobRuns(Generic[J]):
    def __init__(self, store: JobStore[J], supervisor: Supervisor, new_run: Callable[[J], JobRun[J]]) -> None:
        self._store = store
        self._supervisor = supervisor
        self._new_run = new_run
        self._found: list[J] = []
        self._runs: dict[str, JobRun[J]] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def open(self) -> None:
        """Find the unfinished jobs, and count those that hold a slot before any other may take it."""
        self._found = await self._store.unfinished()
        for job in self._found:
            self._runs[job.arn] = self._new_run(job)
            if job.secondary_status not in _WITHOUT_SLOT:
                with contextlib.suppress(CapacityError):  # the settings changed: the job fails when it runs
                    self._runs[job.arn].slot.take(job)

    async def recover(self) -> int:
        """Take up every unfinished job where its state says it is, the oldest first."""
        for job in self._found:
            self._start(job, self._runs[job.arn])
        return len(self._found)

    def begin(self, job: J) -> None:
        self._start(job, self._new_run(job))

    def stop(self, arn: str) -> None:
        if arn in self._runs:
            self._runs[arn].signals.stop()

    def interrupt(self, arn: str) -> None:
        if arn in self._runs:
            self._runs[arn].signals.interrupt()

    async def discard(self, arn: str) -> None:
        """Remove what is left of a deleted job; a run that is cleaning up ends first."""
        if arn in self._tasks:
            await asyncio.gather(self._tasks[arn], return_exceptions=True)
        for record in await self._supervisor.of_owner(arn):
            await self._supervisor.forget(record)

    async def suspend(self) -> None:
        for run in self._runs.values():
            run.signals.suspend()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def sweep(self, kind_folder: Path) -> int:
        """Remove folders of jobs that have ended or are gone: a killed engine left them."""

        def leftovers() -> list[Path]:
            return [folder for region in kind_folder.glob("*") for folder in region.iterdir()]

        found = await asyncio.to_thread(leftovers)  # before the jobs are read, so that no new job is missed
        needed = {job_folder(kind_folder, job) for job in await self._store.unfinished()}
        old = [folder for folder in found if folder not in needed]
        for folder in old:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        return len(old)

    def _start(self, job: J, run: JobRun[J]) -> None:
        task = asyncio.create_task(run.run(), name=f"{job.noun} {job.name}")
        self._runs[job.arn] = run
        self._tasks[job.arn] = task
        task.add_done_callback(lambda _: self._forget(job.arn, task))

    def _forget(self, arn: str, task: "asyncio.Task[None]") -> None:
        if self._tasks.get(arn) is task:
            del self._tasks[arn], self._runs[arn]
