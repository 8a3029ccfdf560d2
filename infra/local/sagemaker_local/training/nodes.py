"""The nodes of one attempt of a job: their trees, their specs, their processes."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sagemaker_local.capacity.machine import Slot
from sagemaker_local.processes.job_environment import (
    Place,
    Runtime,
    access_variables,
    merged,
    service_variables,
)
from sagemaker_local.processes.launcher import ChildProcess, ProcessExit, ProcessSpec
from sagemaker_local.processes.modes import NAMESPACES
from sagemaker_local.state.processes import ProcessRecord
from sagemaker_local.training.jobs import TrainingJob
from sagemaker_local.training.tree import NodeTree, host_names, hosts_file, input_data_config, resource_config

_BATCH_NICENESS = 5


@dataclass(frozen=True)
class JobLayout:
    """Folders of a job: one tree per node, apart from the run folders, which hold the logs."""

    root: Path
    mode: str
    job: TrainingJob

    @property
    def trees(self) -> list[NodeTree]:
        return [NodeTree(self.root / f"node-{ordinal}" / "ml") for ordinal in range(self.job.node_count)]

    @property
    def hosts(self) -> list[str]:
        names = host_names(self.job.node_count, resolvable=self.mode == NAMESPACES)
        return sorted(names, key=lambda name: int(name.rpartition("-")[2] or 1) if "-" in name else 1)

    def write_configs(self) -> None:
        request = self.job.request
        for host, tree in zip(self.hosts, self.trees, strict=True):
            tree.write_config("hyperparameters.json", request.get("HyperParameters", {}))
            tree.write_config("inputdataconfig.json", input_data_config(request))
            tree.write_config("resourceconfig.json", resource_config(request, self.hosts, host))


@dataclass(frozen=True)
class NodeSpecs:
    """Makes the process specs of an attempt."""

    layout: JobLayout
    runtime: Runtime
    slot: Slot
    endpoint_url: str
    engine_url: str
    grace_s: float
    max_tasks: int
    cores: Sequence[int]

    def spec(self, record: ProcessRecord, leader: ProcessRecord) -> ProcessSpec:
        job = self.layout.job
        tree = self.layout.trees[record.ordinal]
        place = Place(self.layout.mode, Path(record.run_dir), tree.root)
        place.temporary.mkdir(parents=True, exist_ok=True, mode=0o700)
        in_namespace = self.layout.mode == NAMESPACES
        shares_network = in_namespace and job.is_isolated and record.ordinal > 0
        return ProcessSpec(
            argv=[place.rewrite(word) for word in self._command()],
            env=self._variables(place, record),
            cwd=f"{place.opt_ml}/code",
            mode=self.layout.mode,
            grace_s=self.grace_s,
            mounts=place.mounts(self.runtime.visible),
            private_network=in_namespace and job.is_isolated and record.ordinal == 0,
            join_network_of=leader.run_dir if shares_network else None,
            nice=_BATCH_NICENESS,
            limits=self.slot.limits(max_tasks=self.max_tasks, cores=self.cores),
            hosts=hosts_file(self.layout.hosts, int(job.created_at * 1000)) if in_namespace else None,
        )

    def _command(self) -> list[str]:
        algorithm = self.layout.job.request["AlgorithmSpecification"]
        arguments = list(algorithm.get("ContainerArguments", []))
        entry = algorithm.get("ContainerEntrypoint")
        return (
            [*entry, *arguments] if entry else [*self.runtime.command(self.runtime.entry.train), *arguments]
        )

    def _variables(self, place: Place, record: ProcessRecord) -> dict[str, str]:
        job = self.layout.job
        access: Mapping[str, str] = {}
        if not job.is_isolated:
            access = access_variables(
                endpoint_url=self.endpoint_url,
                credentials_url=f"{self.engine_url}/_local/credentials/{record.process_id}",
                token=record.credentials_token or "",
            )
        names = {"TRAINING_JOB_NAME": job.name, "TRAINING_JOB_ARN": job.arn}
        user: dict[str, str] = job.request.get("Environment", {})
        service = service_variables(region=job.region, run_id=record.process_id)
        return merged(
            self.runtime.variables(), self.slot.variables(), user, place.variables(), names, service, access
        )


@dataclass
class Node:
    """A node that runs, or that ended."""

    record: ProcessRecord
    child: ChildProcess | None
    ended: ProcessExit | None = None

    async def wait(self) -> ProcessExit:
        if self.ended is None:
            self.ended = await self.child.wait() if self.child is not None else ProcessExit(lost=True)
        return self.ended

    def stop(self) -> None:
        if self.child is not None:
            self.child.stop()

    def kill(self) -> None:
        if self.child is not None:
            self.child.kill()

    def detach(self) -> None:
        if self.child is not None:
            self.child.detach()


async def wait_all(nodes: Sequence[Node]) -> list[ProcessExit]:
    return list(await asyncio.gather(*(node.wait() for node in nodes)))
