"""Training jobs as a part of the engine."""

from collections.abc import Mapping

from sagemaker_local.core import Core, FaultHook, Part
from sagemaker_local.jobs.faults import crash_hooks
from sagemaker_local.jobs.run import JobRun
from sagemaker_local.jobs.runs import JobRuns
from sagemaker_local.jobs.workload import job_services
from sagemaker_local.protocol.arns import Scope
from sagemaker_local.protocol.control import Handler
from sagemaker_local.training.faults import interrupt_hook
from sagemaker_local.training.job_store import training_store
from sagemaker_local.training.jobs import TrainingJob
from sagemaker_local.training.operations import TrainingOperations
from sagemaker_local.training.search import TrainingSearch
from sagemaker_local.training.workload import LOG_GROUP, TrainingWorkload


class TrainingPart(Part):
    def __init__(self, core: Core) -> None:
        services = job_services(core, "jobs")
        self._folder = services.jobs_dir
        store = self._store = training_store(core.database)
        self._scope = Scope(core.settings.region, core.settings.account_id)

        def new_run(job: TrainingJob) -> JobRun[TrainingJob]:
            return JobRun(
                job,
                services=services,
                store=store,
                log_group=LOG_GROUP,
                workload=TrainingWorkload(job, services),
            )

        self.runs = JobRuns(store, core.supervisor, new_run)
        self._search = TrainingSearch(core)
        self.operations = TrainingOperations(core, store, self.runs)

    def handlers(self) -> Mapping[str, Handler]:
        return {**self.operations.handlers(), "Search": self._search.search}

    def fault_hooks(self) -> Mapping[str, FaultHook]:
        interrupt = interrupt_hook(self._store, self.runs, self._scope)
        return {**crash_hooks(self._store), "interrupt/{job}": interrupt}

    async def open(self) -> None:
        await self.runs.open()

    async def recover(self) -> int:
        found = await self.runs.recover()
        await self.runs.sweep(self._folder)
        return found

    async def suspend(self) -> None:
        await self.runs.suspend()

    async def collect_garbage(self) -> Mapping[str, int]:
        return {"training_folders": await self.runs.sweep(self._folder)}
