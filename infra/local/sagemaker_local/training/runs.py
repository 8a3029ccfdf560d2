"""All training jobs that are being driven."""

import asyncio

from sagemaker_local.training.jobs import TrainingJob
from sagemaker_local.training.run import JobRun, Services


class TrainingRuns:
    def __init__(self, services: Services) -> None:
        self._services = services
        self._runs: dict[str, JobRun] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def recover(self) -> int:
        """Take up every unfinished job where its state says it is, the oldest first."""
        jobs = await self._services.store.unfinished()
        for job in sorted(
            jobs, key=lambda one: one.secondary_status in ("Starting", "Pending", "Interrupted")
        ):
            self.begin(job)
        return len(jobs)

    def begin(self, job: TrainingJob) -> None:
        run = JobRun(job.arn, self._services)
        task = asyncio.create_task(run.run(), name=f"job {job.name}")
        self._runs[job.arn] = run
        self._tasks[job.arn] = task
        task.add_done_callback(lambda _: self._forget(job.arn, task))

    def stop(self, arn: str) -> None:
        if arn in self._runs:
            self._runs[arn].stop()

    async def discard(self, arn: str) -> None:
        """Remove what is left of a deleted job; a run that is cleaning up ends first."""
        if arn in self._tasks:
            await asyncio.gather(self._tasks[arn], return_exceptions=True)
        for record in await self._services.supervisor.of_owner(arn):
            await self._services.supervisor.forget(record)

    async def suspend(self) -> None:
        for run in self._runs.values():
            run.suspend()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _forget(self, arn: str, task: "asyncio.Task[None]") -> None:
        if self._tasks.get(arn) is task:
            del self._tasks[arn], self._runs[arn]
