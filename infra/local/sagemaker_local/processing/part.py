"""Processing jobs as a part of the engine."""

from collections.abc import Mapping

from sagemaker_local.core import Core, Part
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
        services, store = job_services(core), processing_store(core.database)

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

    async def open(self) -> None:
        await self._runs.open()

    async def recover(self) -> int:
        return await self._runs.recover()

    async def suspend(self) -> None:
        await self._runs.suspend()
