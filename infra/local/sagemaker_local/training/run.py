"""One job from Starting to its end: each state is a step that a new server can take up again."""

import asyncio
import logging
import shutil
import sqlite3
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sagemaker_local.capacity.machine import InstanceTypes, Slot
from sagemaker_local.capacity.queue import SlotQueue
from sagemaker_local.images.registry import ImageError
from sagemaker_local.images.resolver import Images
from sagemaker_local.inputs.channels import ChannelError
from sagemaker_local.logs.metrics import MetricScanner, compile_definitions
from sagemaker_local.logs.shipper import LogShipper
from sagemaker_local.processes.launcher import ProcessExit
from sagemaker_local.processes.supervisor import Supervisor
from sagemaker_local.state import cursors, processes
from sagemaker_local.state.database import Database
from sagemaker_local.state.processes import ProcessRecord
from sagemaker_local.storage.archives import ArchiveError
from sagemaker_local.storage.aws_clients import AwsClients
from sagemaker_local.storage.objects_s3 import Cancelled, ObjectStoreError, ObjectStoreUnavailable, S3Objects
from sagemaker_local.storage.roles import RoleCredentials, RoleError
from sagemaker_local.training import failures
from sagemaker_local.training.artifacts import upload_results
from sagemaker_local.training.checkpoints import CheckpointSync
from sagemaker_local.training.job_store import JobStore, UnknownJobError, load, save_change
from sagemaker_local.training.jobs import TrainingJob
from sagemaker_local.training.nodes import JobLayout, Node, NodeSpecs, wait_all
from sagemaker_local.training.preparation import PathError, checkpoint_sync, prepare_job, training_runtime

Result = TypeVar("Result")

LOG_GROUP = "/aws/sagemaker/TrainingJobs"
_SCAN_S = 0.5
_LOG_FLUSH_S = 10.0
_MAX_BACKOFF_S = 15.0
_USER_FAULTS = (ImageError, ChannelError, ObjectStoreError, RoleError, PathError, ArchiveError)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Services:
    """What a run works with."""

    database: Database
    store: JobStore
    supervisor: Supervisor
    queue: SlotQueue
    instance_types: InstanceTypes
    images: Images
    clients: AwsClients
    roles: RoleCredentials
    shipper: LogShipper
    jobs_dir: Path
    mode: str
    endpoint_url: str
    engine_url: str
    grace_s: float
    shutdown_grace_s: float
    checkpoint_sync_s: float
    max_tasks: int


class JobRun:
    """Drives one job. ``stop`` follows a committed stop request; ``suspend`` a clean engine stop."""

    def __init__(self, arn: str, services: Services) -> None:
        self.arn = arn
        self._services = services
        self._store = services.store
        self._nudge = asyncio.Event()
        self._suspended = False
        self._cancel_transfer = threading.Event()
        self._holds_slot = False
        self._scanners: dict[str, MetricScanner] = {}

    def stop(self) -> None:
        self._cancel_transfer.set()
        self._nudge.set()

    def suspend(self) -> None:
        self._suspended = True
        self.stop()

    async def run(self) -> None:
        try:
            await self._steps()
        except UnknownJobError:
            logger.info("training job %s is gone", self.arn)
        except _USER_FAULTS as error:
            await self._fail(failures.client_error(error))
        except Exception as error:
            logger.exception("training job %s failed in the engine", self.arn)
            await self._fail(failures.internal_error(f"{type(error).__name__}: {error}"))
        finally:
            if self._holds_slot:
                self._services.queue.release(self.arn)

    async def _steps(self) -> None:
        steps: dict[str, Callable[[TrainingJob], Awaitable[None]]] = {
            "Interrupted": self._begin_again,
            "Starting": self._wait_for_slot,
            "Pending": self._wait_for_slot,
            "Downloading": self._download,
            "Training": self._train,
            "Uploading": self._upload,
            "Stopping": self._wind_down,
        }
        while not self._suspended:
            job = await self._store.get(self.arn)
            if job.is_terminal:
                await self._clean_up(job)
                return
            try:
                await steps[job.secondary_status](job)
            except Cancelled:  # a stop is in the state by now, an engine stop leaves the state as it is
                if not self._suspended:
                    self._rearm()

    # -- before the processes ---------------------------------------------------------

    async def _begin_again(self, _: TrainingJob) -> None:
        await self._move("Starting", "Starting the training job again")

    async def _wait_for_slot(self, job: TrainingJob) -> None:
        slot = self._slot(job)
        queue = self._services.queue
        claim = queue.claim(self.arn, nodes=job.node_count, cpus=slot.cpus, memory_mib=slot.memory_mib)
        if not queue.try_acquire(claim):
            await self._move("Pending", "Waiting for free capacity of this machine")
            waiting = asyncio.create_task(queue.acquire(claim))
            limit = job.request["StoppingCondition"].get("MaxPendingTimeInSeconds")
            timeout = None if limit is None else max(0.0, job.created_at + limit - time.time())
            if not await self._unless_nudged(waiting, timeout):
                waiting.cancel()
                await asyncio.gather(waiting, return_exceptions=True)
                queue.release(self.arn)
                await self._after_nudge(f"no capacity within MaxPendingTimeInSeconds ({limit} s)")
                return
        self._holds_slot = True
        await self._move("Downloading", "Downloading input data")

    async def _after_nudge(self, timeout_reason: str) -> None:
        """A stop is in the state already; without one the wait itself ran out."""
        if not self._nudge.is_set():
            await self._fail(failures.client_error(timeout_reason))
        elif not self._suspended:
            self._rearm()

    async def _download(self, job: TrainingJob) -> None:
        self._take_slot(job)
        layout, store = self._layout(job), self._objects(job)
        await self._until_available(
            lambda: prepare_job(job, layout, store, self._services.images, self._cancel_transfer)
        )
        records = [
            self._services.supervisor.new_record(
                owner_arn=job.arn,
                group=str(job.attempt),
                ordinal=ordinal,
                role_arn=None if job.is_isolated else job.role_arn,
            )
            for ordinal in range(job.node_count)
        ]

        def work(connection: sqlite3.Connection) -> None:
            before = load(connection, job.arn)
            if before.stop_cause is not None:
                return
            for record in records:
                self._register(connection, job, record)
            save_change(connection, before, before.moved("Training", time.time(), "Training is in progress"))

        await self._services.database.run(work)

    def _register(self, connection: sqlite3.Connection, job: TrainingJob, record: ProcessRecord) -> None:
        processes.save(connection, record)
        stream = f"{job.name}/algo-{record.ordinal + 1}-{int(record.started_at)}"
        cursors.open_log(connection, record.process_id, LOG_GROUP, stream)

    # -- the processes -----------------------------------------------------------------

    async def _train(self, job: TrainingJob) -> None:
        self._take_slot(job)
        nodes = await self._nodes(job)
        sync = checkpoint_sync(job, self._layout(job), self._objects(job))
        watcher = asyncio.create_task(self._watch(job, nodes))
        try:
            why = await self._supervise(job, nodes, sync)
        finally:
            watcher.cancel()
            await asyncio.gather(watcher, return_exceptions=True)
        if why == "stop":
            self._rearm()
            return
        if why == "runtime":
            await self._store.change(self.arn, _runtime_exceeded)
            return
        if why == "suspend":
            asyncio.get_running_loop().call_later(self._services.shutdown_grace_s, _kill, nodes)
        exits = await self._end(job, nodes)
        if why == "suspend":
            await self._interrupt(sync)
            return
        await self._judge(job, nodes, exits, sync)

    async def _supervise(self, job: TrainingJob, nodes: list[Node], sync: CheckpointSync | None) -> str:
        """Wait until something decides: all ended, one failed, stop, runtime limit, engine stop."""
        waits = {asyncio.create_task(node.wait()) for node in nodes}
        nudged = asyncio.create_task(self._nudge.wait())
        next_sync = time.monotonic() + self._services.checkpoint_sync_s
        try:
            while True:
                left_s = job.max_runtime_s - job.runtime_s(time.time())
                timeout = max(0.0, min(left_s, next_sync - time.monotonic()))
                done, _ = await asyncio.wait(
                    {*waits, nudged}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED
                )
                if nudged in done:
                    if self._suspended:
                        _stop(nodes)
                        return "suspend"
                    return "stop"
                ended = [task.result() for task in waits if task.done()]
                if any(not one.succeeded for one in ended):
                    _stop(nodes)
                    return "ended"
                if len(ended) == len(nodes):
                    return "ended"
                if left_s <= 0:
                    return "runtime"
                if time.monotonic() >= next_sync:
                    await self._sync_quietly(sync)
                    next_sync = time.monotonic() + self._services.checkpoint_sync_s
        finally:
            for task in (*waits, nudged):
                task.cancel()
            await asyncio.gather(*waits, nudged, return_exceptions=True)

    async def _interrupt(self, sync: CheckpointSync | None) -> None:
        """The engine stops cleanly: the next one starts the job again, from its checkpoints if it has any."""
        await self._save_checkpoints(sync)

        def change(job: TrainingJob) -> TrainingJob:
            if job.stop_cause is not None:
                return job
            return job.interrupted("The engine was stopped", time.time(), counts_as_retry=False)

        await self._store.change(self.arn, change)

    async def _judge(
        self, job: TrainingJob, nodes: list[Node], exits: list[ProcessExit], sync: CheckpointSync | None
    ) -> None:
        now = await self._store.get(self.arn)
        if now.stop_cause is not None:
            return  # the stop came while the last process ended: it winds down
        bad = [(node, one) for node, one in zip(nodes, exits, strict=True) if not one.succeeded]
        first = next(((node, one) for node, one in bad if not one.stopped), None)
        if first is None:
            if any(one.stopped for one in exits):  # an engine that was stopped, then killed, told it to end
                await self._interrupt(sync)
            else:
                await self._move("Uploading", "Uploading generated training model")
            return
        node, ended = first
        await self._save_checkpoints(sync)
        if failures.is_internal_death(ended) and now.retries < now.max_retries:
            message = f"Restarting: {failures.describe_death(ended)}"
            await self._store.change(
                self.arn, lambda one: one.interrupted(message, time.time(), counts_as_retry=True)
            )
            return
        await self._scan(job, nodes)
        if ended.lost or ended.setup_error is not None:
            await self._fail(failures.internal_error(failures.describe_death(ended)))
            return
        tree = self._layout(job).trees[node.record.ordinal]
        reason = await asyncio.to_thread(
            failures.algorithm_error, ended, tree, Path(node.record.run_dir) / "log"
        )
        await self._fail(reason)

    async def _nodes(self, job: TrainingJob) -> list[Node]:
        """Start the nodes of this attempt, or find those an earlier server started."""
        supervisor = self._services.supervisor
        rows = [row for row in await supervisor.of_owner(job.arn) if row.group == str(job.attempt)]
        specs = await asyncio.to_thread(self._specs, job)
        nodes: list[Node] = []
        for row in sorted(rows, key=lambda one: one.ordinal):
            found = await supervisor.find(row)
            if found is None:
                fresh = await self._replaced(job, row) if Path(row.run_dir).exists() else row
                leader = nodes[0].record if nodes else fresh
                found = await supervisor.start(fresh, specs.spec(fresh, leader))
                row = fresh
            nodes.append(Node(row, None, found) if isinstance(found, ProcessExit) else Node(row, found))
        return nodes

    async def _replaced(self, job: TrainingJob, row: ProcessRecord) -> ProcessRecord:
        """A start that was given up keeps its folder's mark, so the node gets a new one."""
        fresh = self._services.supervisor.new_record(
            owner_arn=row.owner_arn, group=row.group, ordinal=row.ordinal, role_arn=row.role_arn
        )

        def work(connection: sqlite3.Connection) -> None:
            processes.delete(connection, row.process_id)
            cursors.forget_log(connection, row.process_id)
            self._register(connection, job, fresh)

        await self._services.database.run(work)
        return fresh

    async def _end(self, job: TrainingJob, nodes: list[Node]) -> list[ProcessExit]:
        exits = await wait_all(nodes)
        await self._scan(job, nodes)
        for node in nodes:
            await self._services.supervisor.ended(node.record)
        return exits

    async def _watch(self, job: TrainingJob, nodes: list[Node]) -> None:
        while True:
            await asyncio.sleep(_SCAN_S)
            await self._scan(job, nodes)

    async def _scan(self, job: TrainingJob, nodes: list[Node]) -> None:
        patterns = compile_definitions(job.request["AlgorithmSpecification"].get("MetricDefinitions", []))
        for node in nodes if patterns else []:
            process_id = node.record.process_id
            if process_id not in self._scanners:
                self._scanners[process_id] = MetricScanner(
                    self._services.database,
                    arn=job.arn,
                    process_id=process_id,
                    log=Path(node.record.run_dir) / "log",
                    patterns=patterns,
                )
            await self._scanners[process_id].scan()

    # -- after the processes -----------------------------------------------------------

    async def _upload(self, job: TrainingJob) -> None:
        self._services.queue.finish(self.arn)
        self._holds_slot = True
        await self._upload_results(job)
        nodes = await self._ended_nodes(job)
        await self._flush_logs(job, nodes)
        await self._store.change(
            self.arn,
            lambda now: (
                now.moved("Completed", time.time(), "Training job completed")
                if now.stop_cause is None
                else now
            ),
        )

    async def _wind_down(self, job: TrainingJob) -> None:
        """Stop or runtime limit: signals with grace, then whatever was saved is uploaded."""
        if not self._suspended:
            self._rearm()
        nodes = await self._ended_nodes(job)
        if nodes:
            self._take_slot(job)
            _stop(nodes)
            ending = asyncio.create_task(self._end(job, nodes))
            if not await self._unless_nudged(ending, None):  # the engine stops: no time for the grace
                _kill(nodes)
            await ending
            await self._upload_results(job)
            await self._flush_logs(job, nodes)
        final = "MaxRuntimeExceeded" if job.stop_cause == "runtime" else "Stopped"
        text = (
            "Training job runtime exceeded MaxRuntimeInSeconds"
            if final != "Stopped"
            else "Training job stopped"
        )
        await self._store.change(self.arn, lambda now: now.moved(final, time.time(), text))

    async def _ended_nodes(self, job: TrainingJob) -> list[Node]:
        """The nodes that ever ran in this attempt, without starting any."""
        nodes: list[Node] = []
        for row in await self._services.supervisor.of_owner(job.arn):
            if row.group != str(job.attempt):
                continue
            found = await self._services.supervisor.find(row)
            if found is None:
                await self._services.supervisor.forget(row)
                continue
            nodes.append(Node(row, None, found) if isinstance(found, ProcessExit) else Node(row, found))
        return nodes

    async def _upload_results(self, job: TrainingJob) -> None:
        layout, store = self._layout(job), self._objects(job)
        sync = checkpoint_sync(job, layout, store)

        def work() -> list[str]:
            if sync is not None:
                sync.upload_changed(final=True)
            return upload_results(job, layout.trees, store, layout.root)

        for warning in await self._until_available(work):
            logger.warning("training job %s: %s", job.name, warning)

    async def _flush_logs(self, job: TrainingJob, nodes: list[Node]) -> None:
        await self._scan(job, nodes)
        await self._services.shipper.finish([node.record.process_id for node in nodes], _LOG_FLUSH_S)

    async def _save_checkpoints(self, sync: CheckpointSync | None) -> None:
        if sync is not None:
            await self._until_available(lambda: sync.upload_changed(final=True))

    async def _sync_quietly(self, sync: CheckpointSync | None) -> None:
        """A round that fails is made up by the next one or by the last."""
        if sync is None:
            return
        try:
            await asyncio.to_thread(sync.upload_changed, final=False)
        except (ObjectStoreError, ObjectStoreUnavailable, RoleError) as error:
            logger.warning("checkpoint upload of %s: %s", self.arn, error)

    async def _clean_up(self, job: TrainingJob) -> None:
        for node in await self._ended_nodes(job):
            node.kill()
            await node.wait()
            await self._services.supervisor.ended(node.record)
        await asyncio.to_thread(shutil.rmtree, self._layout(job).root, ignore_errors=True)

    # -- shared ------------------------------------------------------------------------

    async def _fail(self, reason: str) -> None:
        try:
            job = await self._store.get(self.arn)
            nodes = await self._ended_nodes(job)
            for node in nodes:
                node.kill()
            await self._end(job, nodes)
            await self._services.shipper.finish([node.record.process_id for node in nodes], _LOG_FLUSH_S)
            await self._store.change(self.arn, lambda now: now.failed(reason, time.time()))
            await self._clean_up(job)
        except UnknownJobError:
            logger.info("training job %s is gone", self.arn)

    async def _move(self, status: str, message: str) -> None:
        """Move on, unless a stop was asked for meanwhile: then the job stays Stopping."""
        await self._store.change(
            self.arn,
            lambda now: now if now.stop_cause is not None else now.moved(status, time.time(), message),
        )

    def _rearm(self) -> None:
        self._nudge.clear()
        self._cancel_transfer.clear()

    async def _unless_nudged(self, task: "asyncio.Task[Any]", timeout: float | None) -> bool:
        nudged = asyncio.create_task(self._nudge.wait())
        done, _ = await asyncio.wait({task, nudged}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        nudged.cancel()
        await asyncio.gather(nudged, return_exceptions=True)
        return task in done

    async def _until_available(self, work: Callable[[], Result]) -> Result:
        """Wait out an S3 that cannot be reached: the job is not to blame."""
        backoff_s = 0.5
        while True:
            try:
                return await asyncio.to_thread(work)
            except ObjectStoreUnavailable as error:
                if self._suspended or self._cancel_transfer.is_set():
                    raise Cancelled from error
                logger.warning("%s waits %.1f s for S3: %s", self.arn, backoff_s, error)
                await asyncio.sleep(backoff_s)
                backoff_s = min(backoff_s * 2, _MAX_BACKOFF_S)

    def _take_slot(self, job: TrainingJob) -> None:
        """Count a job that runs already; after a restart it does not queue again."""
        slot = self._slot(job)
        queue = self._services.queue
        queue.take(queue.claim(self.arn, nodes=job.node_count, cpus=slot.cpus, memory_mib=slot.memory_mib))
        self._holds_slot = True

    def _slot(self, job: TrainingJob) -> Slot:
        groups = job.resources.get("InstanceGroups") or [job.resources]
        return self._services.instance_types.slot(groups[0]["InstanceType"])

    def _layout(self, job: TrainingJob) -> JobLayout:
        folder = f"{job.name}-{int(job.created_at * 1000)}"
        return JobLayout(self._services.jobs_dir / job.region / folder, self._services.mode, job)

    def _objects(self, job: TrainingJob) -> S3Objects:
        return S3Objects(
            self._services.clients, self._services.roles, role_arn=job.role_arn, region=job.region
        )

    def _specs(self, job: TrainingJob) -> NodeSpecs:
        slot = self._slot(job)
        share = Slot(max(1, slot.cpus // job.node_count), slot.memory_mib, slot.gpus, slot.wanted_gpus)
        return NodeSpecs(
            layout=self._layout(job),
            runtime=training_runtime(job, self._services.images),
            slot=share,
            endpoint_url=self._services.endpoint_url,
            engine_url=self._services.engine_url,
            grace_s=self._services.grace_s,
            max_tasks=self._services.max_tasks,
            cores=self._services.queue.cores_of(self.arn),
        )


def _runtime_exceeded(job: TrainingJob) -> TrainingJob:
    if job.stop_cause is not None:
        return job
    stopping = job.model_copy(update={"stop_cause": "runtime"})
    return stopping.moved(
        "Stopping", time.time(), "MaxRuntimeInSeconds is exceeded, stopping the training job"
    )


def _stop(nodes: list[Node]) -> None:
    for node in nodes:
        node.stop()


def _kill(nodes: list[Node]) -> None:
    for node in nodes:
        node.kill()
