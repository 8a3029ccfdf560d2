"""One transform job from its slot to its end; a new engine goes on with the objects that are left."""

import asyncio
import logging
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import aiohttp

from sagemaker_local.cancellation import uninterrupted
from sagemaker_local.capacity.machine import InstanceTypes
from sagemaker_local.capacity.queue import Priority, SlotQueue
from sagemaker_local.hosting.artifact_cache import ArtifactCache, ArtifactError
from sagemaker_local.hosting.container_process import WorkerServices
from sagemaker_local.hosting.worker_specs import WorkerSpecs
from sagemaker_local.images.registry import ImageError
from sagemaker_local.inputs.channel_objects import ChannelError, listed_objects
from sagemaker_local.logs.shipper import LogShipper
from sagemaker_local.processes.supervisor import Supervisor
from sagemaker_local.state.database import Database
from sagemaker_local.storage.aws_clients import AwsClients
from sagemaker_local.storage.objects_s3 import ObjectStoreError, ObjectStoreUnavailable, S3Objects
from sagemaker_local.storage.roles import RoleCredentials, RoleError
from sagemaker_local.transform.container_calls import ContainerCalls, client_config
from sagemaker_local.transform.data_log import DataLog, open_data_log
from sagemaker_local.transform.execution_parameters import (
    ContainerParametersError,
    ask_container,
    resolve,
)
from sagemaker_local.transform.job_store import JobStore, UnknownJobError
from sagemaker_local.transform.jobs import Parameters, TransformJob
from sagemaker_local.transform.journal import InputObject
from sagemaker_local.transform.model_servers import (
    ModelServers,
    ServerServices,
    ServersFailedError,
    end_process,
)
from sagemaker_local.transform.object_run import ObjectFailedError, ObjectRun, Steps, steps_of

Result = TypeVar("Result")

_MAX_BACKOFF_S = 15.0
_LOG_FLUSH_S = 10.0
_PAGE = 100
#: Objects of one instance that are open at a time; requests in flight have their own limit.
_MAX_OPEN_OBJECTS = 16
_USER_FAULTS = (ImageError, ChannelError, ObjectStoreError, RoleError, ArtifactError)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class TransformServices:
    """What a run works with."""

    database: Database
    store: JobStore
    supervisor: Supervisor
    queue: SlotQueue
    instance_types: InstanceTypes
    artifacts: ArtifactCache
    clients: AwsClients
    roles: RoleCredentials
    shipper: LogShipper
    workers: WorkerServices
    http: aiohttp.ClientSession
    work_dir: Path
    make_specs: Callable[[TransformJob], Sequence[WorkerSpecs]]  # blocking: may build an environment


class TransformRun:
    """Drives one job. ``stop`` follows a committed stop request; ``suspend`` a clean engine stop."""

    def __init__(self, arn: str, services: TransformServices) -> None:
        self.arn = arn
        self._services = services
        self._store = services.store
        self._nudge = asyncio.Event()
        self._suspended = False
        self._position = 0
        self._page: list[InputObject] = []
        self._paging = asyncio.Lock()

    def stop(self) -> None:
        self._nudge.set()

    def suspend(self) -> None:
        self._suspended = True
        self._nudge.set()

    async def run(self) -> None:
        try:
            job = await self._store.get(self.arn)
            if not job.is_terminal:
                status, reason = await self._outcome(job)
                if not self._suspended:
                    await self._end(job, status, reason)
        except UnknownJobError:
            logger.info("transform job %s is gone", self.arn)
        finally:
            self._services.queue.release(self.arn)
            self._services.artifacts.unpin(self.arn)

    async def _outcome(self, job: TransformJob) -> tuple[str, str | None]:
        """Work until the job is done, fails, or is told to stop; its servers are gone afterwards."""
        if job.status == "Stopping":
            return "Stopped", None
        work = asyncio.create_task(self._work(job))
        nudged = asyncio.create_task(self._nudge.wait())
        await asyncio.wait({work, nudged}, return_when=asyncio.FIRST_COMPLETED)
        for task in (work, nudged):
            task.cancel()
        await asyncio.gather(work, nudged, return_exceptions=True)
        if work.cancelled():
            return "Stopped", None
        try:
            return await self._judge(work.result())
        except _USER_FAULTS as error:
            return "Failed", f"ClientError: {error}"
        except ServersFailedError as error:
            return "Failed", f"AlgorithmError: {error}"
        except Exception as error:
            logger.exception("transform job %s failed in the engine", self.arn)
            return "Failed", f"InternalServerError: {type(error).__name__}: {error}"

    async def _judge(self, data_log: DataLog) -> tuple[str, str | None]:
        tally = await self._store.tally(self.arn)
        data_log.write(f"{tally.done} objects transformed, {tally.failed} failed")
        if not tally.failed:
            return "Completed", None
        kind, _, first = (tally.first_failure or "InternalServerError: unknown").partition(": ")
        return (
            "Failed",
            f"{kind}: {tally.failed} of {tally.done + tally.failed} objects failed, first {first}",
        )

    async def _work(self, job: TransformJob) -> DataLog:
        await self._take_slot(job)
        job = await self._store.change(self.arn, lambda now: now.started(time.time()))
        store = self._objects(job)
        if not job.is_listed:
            found = await self._blocking(lambda: list_objects(job, store))
            await self._store.add_objects(self.arn, found)
        artifacts = self._services.artifacts
        model = await self._blocking(lambda: artifacts.fetch_pinned(job.model, job.region, job.arn))
        job = await self._store.change(self.arn, lambda now: now.model_copy(update={"model": model}))
        data_log = await open_data_log(job, self._services.database, self._services.supervisor)
        specs = await asyncio.to_thread(self._services.make_specs, job)
        servers = ModelServers(
            job,
            [replace(one, cores=self._services.queue.cores_of(self.arn)) for one in specs],
            ServerServices(self._services.supervisor, self._services.workers),
        )
        try:
            await servers.open()
            parameters = job.parameters or await self._parameters(job, servers, data_log)
            await self._transform_all(job, servers, parameters, store, data_log)
        finally:
            await servers.close()
            self._services.queue.finish(self.arn)
        return data_log

    async def _take_slot(self, job: TransformJob) -> None:
        """A job that had a slot before the engine was started again does not queue."""
        slot = self._services.instance_types.slot(job.instance_type)
        queue = self._services.queue
        claim = queue.claim(
            self.arn,
            nodes=job.instance_count,
            cpus=slot.cpus,
            memory_mib=slot.memory_mib,
            priority=Priority.PROCESSING,
        )
        if job.started_at is not None:
            queue.take(claim)
        else:
            await queue.acquire(claim)

    async def _parameters(self, job: TransformJob, servers: ModelServers, data_log: DataLog) -> Parameters:
        try:
            wishes = await ask_container(self._services.http, (await servers.hops(0))[0])
        except ContainerParametersError as error:
            raise ServersFailedError(str(error)) from error
        parameters = resolve(job.request, wishes)
        data_log.write(
            f"MaxConcurrentTransforms={parameters.max_concurrent}, "
            f"MaxPayloadInMB={parameters.max_payload_mb}, BatchStrategy={parameters.strategy}"
        )
        await self._store.change(self.arn, lambda now: now.model_copy(update={"parameters": parameters}))
        return parameters

    async def _transform_all(
        self,
        job: TransformJob,
        servers: ModelServers,
        parameters: Parameters,
        store: S3Objects,
        data_log: DataLog,
    ) -> None:
        steps, config = steps_of(job, parameters), client_config(job)
        lanes = []
        for ordinal in range(job.instance_count):
            calls = ContainerCalls(self._services.http, servers, ordinal, config, parameters, data_log)
            lanes += [calls] * min(parameters.max_concurrent, _MAX_OPEN_OBJECTS)
        tasks = [
            asyncio.create_task(self._lane(job, number, calls, steps, store, data_log))
            for number, calls in enumerate(lanes)
        ]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _lane(
        self,
        job: TransformJob,
        number: int,
        calls: ContainerCalls,
        steps: Steps,
        store: S3Objects,
        data_log: DataLog,
    ) -> None:
        """Take object after object, as long as there are any."""
        while (one := await self._next()) is not None:
            folder = self._folder(job) / str(number)
            failure = None
            try:
                await ObjectRun(one, steps, calls, store, folder, self._blocking).run()
            except ObjectFailedError as error:
                failure = str(error)
                data_log.write(failure)
            await self._store.finish_object(self.arn, one, failure)

    async def _next(self) -> InputObject | None:
        async with self._paging:
            if not self._page:
                self._page = await self._store.pending(self.arn, after=self._position, limit=_PAGE)
            if not self._page:
                return None
            one = self._page.pop(0)
            self._position = one.ordinal
            return one

    async def _end(self, job: TransformJob, status: str, reason: str | None) -> None:
        """Whatever an earlier engine left running ends, logs are delivered, then the state says so."""
        supervisor = self._services.supervisor
        records = await supervisor.of_owner(self.arn)
        for record in records:
            if record.state != "ended":
                await end_process(supervisor, record, await supervisor.find(record))
        await self._services.shipper.finish([one.process_id for one in records], _LOG_FLUSH_S)
        await asyncio.to_thread(shutil.rmtree, self._folder(job), ignore_errors=True)
        await self._store.change(self.arn, lambda now: now.ended(status, time.time(), reason))

    async def _blocking(self, work: Callable[[], Result]) -> Result:
        """Run in a thread, wait out an S3 that cannot be reached, and never leave the thread behind."""
        backoff_s = 0.5
        while True:
            try:
                return await uninterrupted(asyncio.to_thread(work))
            except ObjectStoreUnavailable as error:
                logger.warning("transform job %s waits %.1f s for S3: %s", self.arn, backoff_s, error)
                await asyncio.sleep(backoff_s)
                backoff_s = min(backoff_s * 2, _MAX_BACKOFF_S)

    def _objects(self, job: TransformJob) -> S3Objects:
        return S3Objects(
            self._services.clients, self._services.roles, role_arn=job.role_arn, region=job.region
        )

    def _folder(self, job: TransformJob) -> Path:
        return self._services.work_dir / job.region / f"{job.name}-{int(job.created_at * 1000)}"


def list_objects(job: TransformJob, store: S3Objects) -> list[InputObject]:
    """Resolve the job's input, like a channel's; outputs are objects, so no folder must hold them."""
    channel = {"ChannelName": "transform", "DataSource": job.input["DataSource"]}
    found = listed_objects(channel, store)
    return [
        InputObject(number, one.uri.bucket, one.uri.key, one.path.as_posix())
        for number, one in enumerate(found, start=1)
    ]
