"""Batch transform jobs as a part of the engine."""

from collections.abc import Mapping, Sequence

import aiohttp

from sagemaker_local.core import Core, Part
from sagemaker_local.hosting.container_process import WorkerServices
from sagemaker_local.hosting.worker_http import worker_session
from sagemaker_local.hosting.worker_specs import SpecMaker, WorkerSpecs, serving_place
from sagemaker_local.protocol.control import Handler
from sagemaker_local.transform.job_store import JobStore
from sagemaker_local.transform.jobs import TransformJob
from sagemaker_local.transform.model_servers import NO_PINGS_S
from sagemaker_local.transform.operations import TransformOperations
from sagemaker_local.transform.run import TransformServices
from sagemaker_local.transform.runs import TransformRuns


class TransformPart(Part):
    def __init__(self, core: Core) -> None:
        self._core = core
        self._http: aiohttp.ClientSession | None = None
        self._specs = SpecMaker(
            images=core.images,
            artifacts=core.artifacts,
            place=serving_place(core.settings, core.mode),
        )
        self._store = JobStore(core.database)
        self._runs = TransformRuns(self._store, self._services)
        self._operations = TransformOperations(core.database, self._runs, core.instance_types, core.listings)

    def handlers(self) -> Mapping[str, Handler]:
        return self._operations.handlers()

    async def open(self) -> None:
        self._http = worker_session()

    async def recover(self) -> int:
        return await self._runs.recover()

    async def suspend(self) -> None:
        await self._runs.suspend()

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()

    def _services(self) -> TransformServices:
        if self._http is None:
            raise RuntimeError("the part is not open")
        core, settings = self._core, self._core.settings
        workers = WorkerServices(
            database=core.database,
            supervisor=core.supervisor,
            ports=core.worker_ports,
            http=self._http,
            ping_interval_s=NO_PINGS_S,
            drain_s=settings.drain_s,
        )
        return TransformServices(
            database=core.database,
            store=self._store,
            supervisor=core.supervisor,
            queue=core.queue,
            instance_types=core.instance_types,
            artifacts=core.artifacts,
            clients=core.clients,
            roles=core.roles,
            shipper=core.shipper,
            workers=workers,
            http=self._http,
            work_dir=settings.state_dir / "transform",
            make_specs=self._make_specs,
        )

    def _make_specs(self, job: TransformJob) -> Sequence[WorkerSpecs]:
        """The servers of one job share the cores and the memory it was given."""
        types = self._core.instance_types
        slot = types.slot(job.instance_type)
        share = types.shares([slot] * job.instance_count)[0]
        return self._specs.make(job.model, share, job.region)
