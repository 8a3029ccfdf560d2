"""Training jobs as a part of the engine."""

from collections.abc import Mapping

from sagemaker_local.core import Core, Part
from sagemaker_local.jobs.run import JobRun
from sagemaker_local.jobs.runs import JobRuns
from sagemaker_local.jobs.workload import job_services
from sagemaker_local.protocol.control import Handler
from sagemaker_local.training.job_store import training_store
from sagemaker_local.training.jobs import TrainingJob
from sagemaker_local.training.operations import TrainingOperations
from sagemaker_local.training.workload import LOG_GROUP, TrainingWorkload


class TrainingPart(Part):
    def __init__(self, core: Core) -> None:
        services, store = job_services(core), training_store(core.database)

        def new_run(job: TrainingJob) -> JobRun[TrainingJob]:
            return JobRun(
                job,
                services=services,
                store=store,
                log_group=LOG_GROUP,
                workload=TrainingWorkload(job, services),
            )

        self._runs = JobRuns(store, core.supervisor, new_run)
        self._operations = TrainingOperations(core, store, self._runs)

    def handlers(self) -> Mapping[str, Handler]:
        return self._operations.handlers()

    async def open(self) -> None:
        await self._runs.open()

    async def recover(self) -> int:
        return await self._runs.recover()

    async def suspend(self) -> None:
        await self._runs.suspend()
