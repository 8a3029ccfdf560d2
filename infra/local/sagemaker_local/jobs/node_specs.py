"""From a job's request and its image to the processes of its nodes."""

import json
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sagemaker_local.capacity.machine import Slot
from sagemaker_local.jobs.hosts import hosts_file
from sagemaker_local.jobs.job import Job
from sagemaker_local.jobs.workload import JobServices
from sagemaker_local.processes.job_environment import (
    Place,
    Runtime,
    access_variables,
    merged,
    service_variables,
)
from sagemaker_local.processes.launcher import Mount, ProcessSpec
from sagemaker_local.processes.modes import NAMESPACES
from sagemaker_local.state.processes import ProcessRecord

_BATCH_NICENESS = 5
_PRIVATE_MASTER_PORT = 7777


@dataclass(frozen=True)
class NodeSpecs:
    """Makes the process specs of an attempt.

    Attributes:
        roots: the folder of each node that is its ``/opt/ml``.
        names: variables with which the service names the job.
        folder: working directory below ``/opt/ml``.
        input_mounts: what else a node sees, by its position.
    """

    job: Job
    services: JobServices
    runtime: Runtime
    command: Sequence[str]
    roots: Sequence[Path]
    hosts: Sequence[str]
    slots: Sequence[Slot]
    names: Mapping[str, str]
    folder: str = ""
    input_mounts: Callable[[int], list[Mount]] = lambda _: []

    def spec(self, record: ProcessRecord, leader: ProcessRecord) -> ProcessSpec:
        mode = self.services.mode
        place = Place(mode, Path(record.run_dir), self.roots[record.ordinal])
        place.temporary.mkdir(parents=True, exist_ok=True, mode=0o700)
        in_namespace = mode == NAMESPACES
        isolated = in_namespace and self.job.is_isolated
        number = int(self.job.created_at * 1000)
        return ProcessSpec(
            argv=[place.rewrite(word) for word in self.command],
            env=self._rendezvous(record, leader) | self._variables(place, record),
            cwd=f"{place.opt_ml}/{self.folder}".rstrip("/"),
            mode=mode,
            grace_s=self.services.grace_s,
            mounts=[*place.mounts(self.runtime.visible), *self.input_mounts(record.ordinal)],
            private_network=isolated and record.ordinal == 0,
            join_network_of=leader.run_dir if isolated and record.ordinal > 0 else None,
            nice=_BATCH_NICENESS,
            limits=self.slots[record.ordinal].limits(
                max_tasks=self.services.max_tasks, cores=self.services.queue.cores_of(self.job.arn)
            ),
            hosts=hosts_file(self.hosts, number) if in_namespace else None,
        )

    def _rendezvous(self, record: ProcessRecord, leader: ProcessRecord) -> dict[str, str]:
        """Where the nodes of a job meet; on the host's network every job needs a port of its own."""
        if len(self.roots) == 1:
            return {}
        in_namespace = self.services.mode == NAMESPACES
        address = self.hosts[0] if in_namespace else "127.0.0.1"
        if in_namespace and self.job.is_isolated:
            port = _PRIVATE_MASTER_PORT
        elif record.process_id == leader.process_id:
            port = _free_port()
        else:  # what the first node was told, also by an earlier engine
            spec = json.loads((Path(leader.run_dir) / "spec.json").read_text())
            port = int(spec["env"]["MASTER_PORT"])
        return {"MASTER_ADDR": address, "MASTER_PORT": str(port)}

    def _variables(self, place: Place, record: ProcessRecord) -> dict[str, str]:
        access: Mapping[str, str] = {}
        if not self.job.is_isolated:
            access = access_variables(
                endpoint_url=self.services.endpoint_url,
                credentials_url=f"{self.services.engine_url}/_local/credentials/{record.process_id}",
                token=record.credentials_token or "",
            )
        user: dict[str, str] = self.job.request.get("Environment", {})
        service = service_variables(region=self.job.region, run_id=record.process_id)
        slot = self.slots[record.ordinal]
        return merged(
            self.runtime.variables(place),
            slot.variables(),
            user,
            place.variables(),
            self.names,
            service,
            access,
        )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
