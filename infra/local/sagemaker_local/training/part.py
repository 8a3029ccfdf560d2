"""Training jobs as a part of the engine."""

from collections.abc import Mapping

from sagemaker_local.core import Core, Part
from sagemaker_local.protocol.control import Handler
from sagemaker_local.training.job_store import JobStore
from sagemaker_local.training.operations import TrainingOperations
from sagemaker_local.training.run import Services
from sagemaker_local.training.runs import TrainingRuns


class TrainingPart(Part):
    def __init__(self, core: Core) -> None:
        settings = core.settings
        self._runs = TrainingRuns(
            Services(
                database=core.database,
                store=JobStore(core.database),
                supervisor=core.supervisor,
                queue=core.queue,
                instance_types=core.instance_types,
                images=core.images,
                clients=core.clients,
                roles=core.roles,
                shipper=core.shipper,
                jobs_dir=settings.state_dir / "jobs",
                mode=core.mode,
                endpoint_url=settings.endpoint_url,
                engine_url=settings.url,
                grace_s=settings.stop_grace_s,
                shutdown_grace_s=settings.shutdown_grace_s,
                checkpoint_sync_s=settings.checkpoint_sync_s,
                max_tasks=settings.max_tasks,
            )
        )
        self._operations = TrainingOperations(core.database, self._runs, core.instance_types, core.tokens)

    def handlers(self) -> Mapping[str, Handler]:
        return self._operations.handlers()

    async def recover(self) -> int:
        return await self._runs.recover()

    async def suspend(self) -> None:
        await self._runs.suspend()
