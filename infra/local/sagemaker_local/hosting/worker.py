"""One instance of a variant, or one copy of a component: its containers, taken as one."""

import asyncio
import time
from collections.abc import Callable, Sequence

from sagemaker_local.hosting.container_process import (
    ContainerProcess,
    LogPlace,
    Prepare,
    WorkerId,
    WorkerServices,
)
from sagemaker_local.hosting.model_plans import ModelPlan
from sagemaker_local.hosting.targets import RoutingError, Target
from sagemaker_local.hosting.worker_specs import WorkerSpecs
from sagemaker_local.processes.launcher import ChildProcess
from sagemaker_local.state.processes import ProcessRecord

#: The process of each container that an earlier engine left, by position.
LeftProcesses = dict[int, tuple[ProcessRecord, ChildProcess]]

_DRAIN_POLL_S = 0.02


class Worker:
    """Takes requests while all its containers are healthy."""

    def __init__(
        self,
        worker_id: WorkerId,
        model: ModelPlan,
        specs: Sequence[WorkerSpecs],
        services: WorkerServices,
        log: LogPlace,
        on_health: Callable[[], None],
        prepare: Prepare | None = None,
    ) -> None:
        self.worker_id = worker_id
        self.model = model
        self.outstanding = 0
        self.setup_s = 0.0  # from the start to the first healthy moment
        self._services = services
        self._tell = on_health
        self._is_retired = False
        self._began_at = time.monotonic()
        self.containers = tuple(
            ContainerProcess(worker_id, position, one, services, log, self._on_health, prepare)
            for position, one in enumerate(specs)
        )

    @property
    def healthy(self) -> bool:
        return not self._is_retired and all(one.healthy for one in self.containers)

    @property
    def address(self) -> str:
        """Where the first container answers."""
        return self.containers[0].address

    @property
    def has_failed(self) -> bool:
        return any(one.has_failed for one in self.containers)

    @property
    def last_failure(self) -> str:
        return next((one.last_failure for one in self.containers if one.last_failure), "")

    def hops(self, target: Target) -> list[str]:
        """Return the addresses to call one after the other; the reply of each is the next one's body.

        Raises:
            RoutingError: the target names a container or a model that this model does not have.
        """
        if target.model is not None:
            raise RoutingError("Target model header is only valid for multi-model endpoints.")
        if not self.model.is_direct:
            if target.container is not None:
                raise RoutingError(
                    "Target container header is only valid for endpoints whose containers run in Direct mode."
                )
            return [one.address for one in self.containers]
        names = [one.hostname for one in self.model.containers]
        if target.container not in names:
            raise RoutingError(
                f"Target container {target.container or '(none)'} not found; the containers of this endpoint "
                f"are {', '.join(names)}."
            )
        return [self.containers[names.index(target.container)].address]

    def begin(self, left: LeftProcesses | None = None) -> None:
        """Start, or go on with what an earlier server left."""
        for position, container in enumerate(self.containers):
            container.begin(*(left or {}).get(position, (None, None)))

    async def retire(self, *, drain: bool) -> None:
        """Take no more requests, let the open ones end, then stop the processes."""
        self._is_retired = True
        deadline = time.monotonic() + self._services.drain_s
        while drain and self.outstanding and time.monotonic() < deadline:
            await asyncio.sleep(_DRAIN_POLL_S)
        await asyncio.gather(*(one.end() for one in self.containers))

    def _on_health(self) -> None:
        if self.healthy and not self.setup_s:
            self.setup_s = time.monotonic() - self._began_at
        self._tell()
