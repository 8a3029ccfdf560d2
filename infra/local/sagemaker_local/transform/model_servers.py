"""The model's containers of a transform job: one per instance, each like an endpoint's worker."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sagemaker_local.hosting.container_process import LogPlace, WorkerId, WorkerServices, instance_id
from sagemaker_local.hosting.model_plans import ModelPlan, model_plan
from sagemaker_local.hosting.targets import Target
from sagemaker_local.hosting.worker import LeftProcesses, Worker
from sagemaker_local.hosting.worker_specs import WorkerSpecs
from sagemaker_local.processes.launcher import ChildProcess
from sagemaker_local.processes.supervisor import Supervisor
from sagemaker_local.state.processes import ProcessRecord
from sagemaker_local.transform.jobs import TransformJob

LOG_GROUP = "/aws/sagemaker/TransformJobs"
#: A busy single-threaded server must not be replaced for a slow ping; a dead one is noticed at once.
NO_PINGS_S = 365 * 24 * 3600.0
_GENERATION = 1
_STRATEGY_VARIABLE = {"MultiRecord": "MULTI_RECORD", "SingleRecord": "SINGLE_RECORD"}


class ServersFailedError(Exception):
    """The model's container does not come up."""


def server_model(request: Mapping[str, Any], model: Mapping[str, Any]) -> ModelPlan:
    """Return what starting the servers needs, so that the model may be deleted meanwhile."""
    plan = model_plan(request["ModelName"], model)
    extra = request.get("Environment", {}) | _batch_variables(request)
    containers = tuple(
        one.model_copy(update={"environment": one.environment | extra}) for one in plan.containers
    )
    return plan.model_copy(update={"containers": containers})


def instance_stream(job_name: str, record: ProcessRecord) -> str:
    return f"{job_name}/{instance_id(record)}-{int(record.started_at)}"


def _stream(worker: WorkerId, record: ProcessRecord, hostname: str) -> str:
    """Only containers of a chain are told apart by name."""
    stream = instance_stream(worker.variant, record)
    return stream if record.container == 0 else f"{stream}/{hostname}"


def _batch_variables(request: Mapping[str, Any]) -> dict[str, str]:
    found = {"SAGEMAKER_BATCH": "true"}
    if "MaxPayloadInMB" in request:
        found["SAGEMAKER_MAX_PAYLOAD_IN_MB"] = str(request["MaxPayloadInMB"])
    if "BatchStrategy" in request:
        found["SAGEMAKER_BATCH_STRATEGY"] = _STRATEGY_VARIABLE[request["BatchStrategy"]]
    if "MaxConcurrentTransforms" in request:
        found["SAGEMAKER_MAX_CONCURRENT_TRANSFORMS"] = str(request["MaxConcurrentTransforms"])
    return found


@dataclass(frozen=True)
class ServerServices:
    supervisor: Supervisor
    workers: WorkerServices


class ModelServers:
    def __init__(self, job: TransformJob, specs: Sequence[WorkerSpecs], services: ServerServices) -> None:
        self._job = job
        self._specs = specs
        self._services = services
        self._changed = asyncio.Event()
        self._workers: dict[int, Worker] = {}

    async def open(self) -> None:
        """Take over servers that an earlier engine left alive and start those that are missing."""
        left: dict[int, LeftProcesses] = {}
        for record in await self._services.supervisor.of_owner(self._job.arn):
            if record.variant != self._job.name or record.state == "ended":
                continue
            found = await self._services.supervisor.find(record)
            mine = left.setdefault(record.ordinal, {})
            if isinstance(found, ChildProcess) and record.container not in mine:
                mine[record.container] = (record, found)
            else:
                await end_process(self._services.supervisor, record, found)
        for ordinal in range(self._job.instance_count):
            self._worker(ordinal).begin(left.get(ordinal))

    async def hops(self, ordinal: int) -> list[str]:
        """Return where the containers of an instance listen, once all are healthy, in the order to call.

        Raises:
            ServersFailedError: one failed to start again and again.
        """
        worker = self._workers[ordinal]
        while not worker.healthy:
            if worker.has_failed:
                raise ServersFailedError(
                    f"the model container did not pass the ping health check: {worker.last_failure}"
                )
            self._changed.clear()
            await self._changed.wait()
        return worker.hops(Target())

    async def close(self) -> None:
        await asyncio.gather(*(worker.retire(drain=False) for worker in self._workers.values()))
        self._workers.clear()

    def _worker(self, ordinal: int) -> Worker:
        worker_id = WorkerId(self._job.arn, _GENERATION, self._job.name, ordinal)
        log = LogPlace(LOG_GROUP, _stream)
        worker = Worker(
            worker_id, self._job.model, self._specs, self._services.workers, log, self._changed.set
        )
        self._workers[ordinal] = worker
        return worker


async def end_process(supervisor: Supervisor, record: ProcessRecord, found: object) -> None:
    if isinstance(found, ChildProcess):
        found.stop()
        await found.wait()
    await supervisor.ended(record)
