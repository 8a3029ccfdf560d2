"""Processing jobs as a part of the engine."""

from collections.abc import Mapping

from sagemaker_local.core import Core, FaultHook, Part
from sagemaker_local.jobs.faults import crash_hooks
from sagemaker_local.jobs.run import JobRun
from sagemaker_local.jobs.runs import JobRuns
from sagemaker_local.jobs.workload import job_services
from sagemaker_local.processing.job_store import processing_store
from sagemaker_local.processing.jobs import ProcessingJob
from sagemaker_local.processing.operations import ProcessingOperations
from sagemaker_local.processing.workload import LOG_GROUP, ProcessingWorkload
from sagemaker_local.protocol.control import Handler


class ProcessingPart(Part):
    def __init__(self, core: Core) -> None:
        services = job_services(core, "processing")
        self._folder = services.jobs_dir
        store = self._store = processing_store(core.database)

        def new_run(job: ProcessingJob) -> JobRun[ProcessingJob]:
            return JobRun(
                job,
                services=services,
                store=store,
                log_group=LOG_GROUP,
                workload=ProcessingWorkload(job, services),
            )

        self._runs = JobRuns(store, core.supervisor, new_run)
        self._operations = ProcessingOperations(core, store, self._runs)

    def handlers(self) -> Mapping[str, Handler]:
        return self._operations.handlers()

    def fault_hooks(self) -> Mapping[str, FaultHook]:
        return crash_hooks(self._store)

    async def open(self) -> None:
        await self._runs.open()

    async def recover(self) -> int:
        found = await self._runs.recover()
        await self._runs.sweep(self._folder)
        return found

    async def suspend(self) -> None:
        await self._runs.suspend()

    async def collect_garbage(self) -> Mapping[str, int]:
        return {"processing_folders": await self._runs.sweep(self._folder)}
