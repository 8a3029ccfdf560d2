"""One job from Starting to its end: each state is a step that a new engine can take up again."""

import asyncio
import logging
import shutil
import sqlite3
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from sagemaker_local.images.registry import ImageError
from sagemaker_local.inputs.channels import ChannelError
from sagemaker_local.jobs import failures
from sagemaker_local.jobs.disk import VolumeFullError, check_disks, guard_disks
from sagemaker_local.jobs.job import Job
from sagemaker_local.jobs.nodes import Node, NodeProcesses, kill_all, stop_all, wait_all
from sagemaker_local.jobs.signals import RunSignals
from sagemaker_local.jobs.slots import SlotHold
from sagemaker_local.jobs.store import JobStore, UnknownJobError
from sagemaker_local.jobs.supervision import supervise
from sagemaker_local.jobs.workload import JobServices, PathError, Workload
from sagemaker_local.processes.launcher import ProcessExit
from sagemaker_local.storage.archives import ArchiveError
from sagemaker_local.storage.objects_s3 import Cancelled, ObjectStoreError
from sagemaker_local.storage.roles import RoleError

J = TypeVar("J", bound=Job)
Result = TypeVar("Result")

_LOG_FLUSH_S = 10.0
_USER_FAULTS = (
    ImageError,
    ChannelError,
    ObjectStoreError,
    RoleError,
    PathError,
    ArchiveError,
    VolumeFullError,
)

logger = logging.getLogger(__name__)


class JobRun(Generic[J]):
    """Drives one job through ``signals``; what its kind does is in the workload."""

    def __init__(
        self,
        job: J,
        *,
        services: JobServices,
        store: JobStore[J],
        log_group: str,
        workload: Workload,
    ) -> None:
        self.arn = job.arn
        self.signals = RunSignals()
        self._services = services
        self._store = store
        self.slot = SlotHold(services.queue, services.instance_types)
        self._processes = NodeProcesses(services.database, services.supervisor, log_group)
        self._workload = workload

    async def run(self) -> None:
        try:
            await self._steps()
        except UnknownJobError:
            logger.info("%s is gone", self.arn)
        except _USER_FAULTS as error:
            await self._fail(failures.client_error(error))
        except Exception as error:
            logger.exception("%s failed in the engine", self.arn)
            await self._fail(failures.internal_error(f"{type(error).__name__}: {error}"))
        finally:
            self.slot.release()

    async def _steps(self) -> None:
        steps: dict[str, Callable[[J], Awaitable[None]]] = {
            "Interrupted": self._begin_again,
            "Starting": self._wait_for_slot,
            "Pending": self._wait_for_slot,
            "Downloading": self._prepare,
            self._store.kind.model.running_state: self._work,
            "Uploading": self._upload,
            "Stopping": self._wind_down,
        }
        while not self.signals.suspended:
            job = await self._store.get(self.arn)
            if job.is_terminal:
                await self._clean_up(job)
                return
            try:
                await steps[job.secondary_status](job)
            except Cancelled:  # a stop is in the state by now, an engine stop leaves the state as it is
                if not self.signals.suspended:
                    self.signals.rearm()

    # -- before the processes ---------------------------------------------------------

    async def _begin_again(self, job: J) -> None:
        await self._move("Starting", f"Starting the {job.noun} again")

    async def _wait_for_slot(self, job: J) -> None:
        if not self.slot.try_acquire(job):
            await self._move("Pending")
            waiting = asyncio.create_task(self.slot.acquire(job))
            limit = (await self._store.get(self.arn)).waiting_limit(time.time())
            if not await self.signals.unless_nudged(waiting, limit and max(0.0, limit[0])):
                waiting.cancel()
                await asyncio.gather(waiting, return_exceptions=True)
                self._services.queue.release(self.arn)
                await self._give_up_waiting(job, "pending" if limit is None else limit[1])
                return
        await self._move("Downloading")

    async def _give_up_waiting(self, job: J, limit: str) -> None:
        """A stop is in the state already; without one a limit of the wait itself ran out."""
        if self.signals.nudge.is_set():
            if not self.signals.suspended:
                self.signals.rearm()
        elif limit == "wait":
            await self._store.change(self.arn, lambda now: now.stopping("wait", time.time()))
        else:
            reason = f"no capacity within MaxPendingTimeInSeconds ({job.max_pending_s} s)"
            await self._fail(failures.client_error(reason))

    async def _prepare(self, job: J) -> None:
        self.slot.take(job)
        await self._until_available(lambda: self._workload.prepare(self.signals.cancel_transfer))
        await asyncio.to_thread(check_disks, self._workload.disks, job.volume_gib)
        rows = self._processes.new_rows(job)

        def register(connection: sqlite3.Connection) -> None:
            for row in rows:
                self._processes.register(connection, job, row)

        await self._store.change(
            self.arn,
            lambda now: now if now.stop_cause is not None else now.moved(now.running_state, time.time()),
            also=register,
        )

    # -- the processes -----------------------------------------------------------------

    async def _work(self, job: J) -> None:
        self.slot.take(job)
        specs = await asyncio.to_thread(self._workload.specs)
        nodes = await self._processes.running(job, specs)
        companions = [
            *self._workload.companions(nodes),
            guard_disks(self._workload.disks, job.volume_gib),
        ]
        verdict = await supervise(job, nodes, self.signals, companions)
        if verdict.why == "stop":
            self.signals.rearm()
        elif verdict.why == "limit":
            await self._store.change(self.arn, lambda now: now.stopping(verdict.limit, time.time()))
        elif verdict.why == "ended":
            await self._judge(nodes, await self._end(nodes))
        else:
            await self._interrupt(nodes, by_engine=verdict.why == "suspend")

    async def _interrupt(self, nodes: list[Node], *, by_engine: bool) -> None:
        """The next attempt begins again, from checkpoints if the job has any."""
        if by_engine:
            asyncio.get_running_loop().call_later(self._services.shutdown_grace_s, kill_all, nodes)
        await self._end(nodes)
        await self._save_progress()
        message = "The engine was stopped" if by_engine else "Spot capacity was interrupted"
        await self._store.change(self.arn, lambda now: _interrupted(now, message, counts_as_retry=False))
        if not by_engine:
            self.signals.rearm()

    async def _judge(self, nodes: list[Node], exits: list[ProcessExit]) -> None:
        now = await self._store.get(self.arn)
        if now.stop_cause is not None:
            return  # the stop came while the last process ended: it winds down
        bad = [(node, one) for node, one in zip(nodes, exits, strict=True) if not one.succeeded]
        first = next(((node, one) for node, one in bad if not one.stopped), None)
        if first is None and any(one.stopped for one in exits):
            # An engine that was killed while it stopped its jobs had told it to end.
            await self._interrupt(nodes, by_engine=True)
        elif first is None:
            await self._move("Uploading")
        else:
            await self._judge_failure(now, *first)

    async def _judge_failure(self, job: J, node: Node, ended: ProcessExit) -> None:
        await self._save_progress()
        if failures.is_internal_death(ended) and job.retries < job.max_retries:
            message = f"Restarting: {failures.describe_death(ended)}"
            await self._store.change(self.arn, lambda now: _interrupted(now, message, counts_as_retry=True))
        elif ended.lost or ended.setup_error is not None:
            await self._fail(failures.internal_error(failures.describe_death(ended)))
        else:
            await self._fail(await asyncio.to_thread(self._workload.failure_reason, node, ended))

    async def _end(self, nodes: list[Node]) -> list[ProcessExit]:
        exits = await wait_all(nodes)
        await self._workload.read_output(nodes)
        await self._processes.note_ends(nodes)
        return exits

    # -- after the processes -----------------------------------------------------------

    async def _upload(self, job: J) -> None:
        self.slot.finish(job)
        await self._upload_results()
        await self._flush_logs(await self._processes.ended(job))
        facts = await asyncio.to_thread(self._workload.closing_facts)
        await self._store.change(
            self.arn,
            lambda now: (
                now.model_copy(update=facts).moved("Completed", time.time())
                if now.stop_cause is None
                else now
            ),
        )

    async def _wind_down(self, job: J) -> None:
        """Stop or limit: signals with grace, then whatever was saved is uploaded."""
        if not self.signals.suspended:
            self.signals.rearm()
        nodes = await self._processes.ended(job)
        if nodes:
            self.slot.take(job)
            stop_all(nodes)
            ending = asyncio.create_task(self._end(nodes))
            if not await self.signals.unless_nudged(ending, None):  # the engine stops: no time for the grace
                kill_all(nodes)
            await ending
            self.slot.finish(job)
            await self._upload_results()
            await self._flush_logs(nodes)
        facts = await asyncio.to_thread(self._workload.closing_facts)
        await self._store.change(self.arn, lambda now: now.model_copy(update=facts).stopped(time.time()))

    async def _upload_results(self) -> None:
        for warning in await self._until_available(self._workload.upload_results):
            logger.warning("%s: %s", self.arn, warning)

    async def _flush_logs(self, nodes: list[Node]) -> None:
        await self._workload.read_output(nodes)
        await self._services.shipper.finish([node.record.process_id for node in nodes], _LOG_FLUSH_S)

    async def _clean_up(self, job: J) -> None:
        nodes = await self._processes.ended(job)
        kill_all(nodes)
        await wait_all(nodes)
        await self._processes.note_ends(nodes)
        await asyncio.to_thread(shutil.rmtree, self._workload.folder, ignore_errors=True)

    async def _fail(self, reason: str) -> None:
        try:
            job = await self._store.get(self.arn)
            nodes = await self._processes.ended(job)
            kill_all(nodes)
            await self._end(nodes)
            self.slot.finish(job)
            await self._flush_logs(nodes)
            facts = await asyncio.to_thread(self._workload.closing_facts)
            await self._store.change(
                self.arn, lambda now: now.model_copy(update=facts).failed(reason, time.time())
            )
            await self._clean_up(job)
        except UnknownJobError:
            logger.info("%s is gone", self.arn)

    # -- shared ------------------------------------------------------------------------

    async def _save_progress(self) -> None:
        await self._until_available(self._workload.save_progress)

    async def _move(self, status: str, message: str | None = None) -> None:
        """Move on, unless a stop was asked for meanwhile: then the job stays Stopping."""
        await self._store.change(
            self.arn,
            lambda now: now if now.stop_cause is not None else now.moved(status, time.time(), message),
        )

    async def _until_available(self, work: Callable[[], Result]) -> Result:
        return await self.signals.until_available(work, self.arn)


def _interrupted(job: J, message: str, *, counts_as_retry: bool) -> J:
    if job.stop_cause is not None:
        return job
    return job.interrupted(message, time.time(), counts_as_retry=counts_as_retry)
