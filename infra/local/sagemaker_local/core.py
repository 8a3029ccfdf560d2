"""What the parts of the engine are built from, and what a part is."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sagemaker_local.capacity.machine import InstanceTypes
from sagemaker_local.capacity.queue import SlotQueue
from sagemaker_local.hosting.artifact_cache import ArtifactCache
from sagemaker_local.hosting.calls import CallHandler
from sagemaker_local.hosting.ports import WorkerPorts
from sagemaker_local.images.resolver import Images
from sagemaker_local.inputs.input_channels import InputChannels
from sagemaker_local.logs.shipper import LogShipper
from sagemaker_local.processes.supervisor import Supervisor
from sagemaker_local.protocol.control import Handler
from sagemaker_local.protocol.paging import Listings
from sagemaker_local.protocol.service_model import ServiceModels
from sagemaker_local.settings import Settings
from sagemaker_local.state.database import Database
from sagemaker_local.storage.aws_clients import AwsClients
from sagemaker_local.storage.roles import RoleCredentials

#: A route below ``/_local/faults/``.
FaultHook = Callable[[web.Request], Awaitable[web.Response]]


@dataclass(frozen=True)
class Core:
    """Shared by all parts; made once in ``server.py``."""

    settings: Settings
    mode: str
    models: ServiceModels
    database: Database
    listings: Listings
    clients: AwsClients
    roles: RoleCredentials
    instance_types: InstanceTypes
    queue: SlotQueue
    images: Images
    artifacts: ArtifactCache
    worker_ports: WorkerPorts
    inputs: InputChannels
    supervisor: Supervisor
    shipper: LogShipper


class Part:
    """A group of operations with whatever runs behind them; the defaults do nothing.

    Order: ``open``, then the server listens, then ``recover``; at the end ``suspend``, then ``close``.
    """

    def handlers(self) -> Mapping[str, Handler]:
        return {}

    def add_routes(self, app: web.Application) -> None:
        """Routes beside ``POST /``; none by default."""

    def call_handler(self) -> CallHandler | None:
        """What answers the runtime API, below ``/endpoints/``; one part does."""
        return None

    def fault_hooks(self) -> Mapping[str, FaultHook]:
        """``POST`` routes below ``/_local/faults/``, there with ``SML_TEST=1`` only."""
        return {}

    def background(self) -> Sequence[Coroutine[Any, Any, None]]:
        return ()

    async def open(self) -> None:
        """Before the server listens."""

    async def recover(self) -> int:
        """Take up what an earlier engine left; returns how many resources that were."""
        return 0

    async def suspend(self) -> None:
        """Leave no process running, and the state such that the next start goes on."""

    async def close(self) -> None:
        """After the last request."""

    async def collect_garbage(self) -> Mapping[str, int]:
        """Remove files that no resource needs; returns how many of which sort."""
        return {}
