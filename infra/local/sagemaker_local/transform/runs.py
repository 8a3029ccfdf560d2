"""All transform jobs that are being driven."""

import asyncio
from collections.abc import Callable

from sagemaker_local.transform.job_store import JobStore
from sagemaker_local.transform.jobs import TransformJob
from sagemaker_local.transform.run import TransformRun, TransformServices


class TransformRuns:
    def __init__(self, store: JobStore, services: Callable[[], TransformServices]) -> None:
        self._store = store
        self._services = services
        self._runs: dict[str, TransformRun] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def recover(self) -> int:
        """Take up every unfinished job; those that had a slot come first and keep it."""
        jobs = await self._store.unfinished()
        for job in sorted(jobs, key=lambda one: one.started_at is None):
            self.begin(job)
        return len(jobs)

    def begin(self, job: TransformJob) -> None:
        run = TransformRun(job.arn, self._services())
        task = asyncio.create_task(run.run(), name=f"transform job {job.name}")
        self._runs[job.arn], self._tasks[job.arn] = run, task
        task.add_done_callback(lambda _: self._forget(job.arn, task))

    def stop(self, arn: str) -> None:
        if arn in self._runs:
            self._runs[arn].stop()

    async def suspend(self) -> None:
        for run in self._runs.values():
            run.suspend()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _forget(self, arn: str, task: "asyncio.Task[None]") -> None:
        if self._tasks.get(arn) is task:
            del self._tasks[arn], self._runs[arn]
