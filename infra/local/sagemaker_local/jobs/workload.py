"""What one kind of job does where kinds differ, and what every kind works with."""

import threading
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sagemaker_local.capacity.machine import InstanceTypes
from sagemaker_local.capacity.queue import SlotQueue
from sagemaker_local.core import Core
from sagemaker_local.images.resolver import Images
from sagemaker_local.inputs.input_channels import InputChannels
from sagemaker_local.jobs.job import Job
from sagemaker_local.jobs.nodes import Node, NodeSpecMaker
from sagemaker_local.logs.shipper import LogShipper
from sagemaker_local.processes.launcher import ProcessExit
from sagemaker_local.processes.supervisor import Supervisor
from sagemaker_local.state.database import Database
from sagemaker_local.storage.aws_clients import AwsClients
from sagemaker_local.storage.objects_s3 import S3Objects
from sagemaker_local.storage.roles import RoleCredentials

J_contra = TypeVar("J_contra", bound=Job, contravariant=True)


class PathError(Exception):
    """A path of the request is not where the job's folders are."""


@dataclass(frozen=True)
class JobServices:
    """What jobs of any kind work with."""

    database: Database
    supervisor: Supervisor
    queue: SlotQueue
    instance_types: InstanceTypes
    images: Images
    inputs: InputChannels
    clients: AwsClients
    roles: RoleCredentials
    shipper: LogShipper
    jobs_dir: Path
    mode: str
    endpoint_url: str
    engine_url: str
    grace_s: float
    shutdown_grace_s: float
    sync_s: float
    max_tasks: int

    def objects(self, job: Job) -> S3Objects:
        return S3Objects(self.clients, self.roles, role_arn=job.role_arn, region=job.region)


def job_services(core: Core, folder: str) -> JobServices:
    settings = core.settings
    return JobServices(
        database=core.database,
        supervisor=core.supervisor,
        queue=core.queue,
        instance_types=core.instance_types,
        images=core.images,
        inputs=core.inputs,
        clients=core.clients,
        roles=core.roles,
        shipper=core.shipper,
        jobs_dir=settings.state_dir / folder,
        mode=core.mode,
        endpoint_url=settings.endpoint_url,
        engine_url=settings.url,
        grace_s=settings.stop_grace_s,
        shutdown_grace_s=settings.shutdown_grace_s,
        sync_s=settings.checkpoint_sync_s,
        max_tasks=settings.max_tasks,
    )


class Workload(Protocol):
    """One job's work: made anew for each run of an engine, so it may remember what it has done.

    Methods that are not async are blocking and run in worker threads; all may be repeated
    after a crash.
    """

    @property
    def folder(self) -> Path:
        """Removed when the job has ended."""

    @property
    def disks(self) -> Sequence[Path]:
        """One folder per node, held to the job's volume size."""

    def prepare(self, cancel: threading.Event) -> None:
        """Make the folders and fetch what the processes need."""

    def specs(self) -> NodeSpecMaker:
        """How the processes of the nodes are started."""

    def companions(self, nodes: Sequence[Node]) -> Sequence[Coroutine[Any, Any, None]]:
        """What goes on beside the nodes; cancelled when they end, an error fails the job."""

    async def read_output(self, nodes: Sequence[Node]) -> None:
        """Read what the processes wrote until now."""

    def save_progress(self) -> None:
        """Save what must outlive this attempt, whether or not it succeeded."""

    def upload_results(self) -> list[str]:
        """Save everything that a successful or stopped job leaves; returns warnings."""

    def failure_reason(self, node: Node, ended: ProcessExit) -> str:
        """The words for a process that ended with an error of its own."""

    def closing_facts(self) -> Mapping[str, Any]:
        """Fields of the job that are known only from its folders, read before they are removed."""
