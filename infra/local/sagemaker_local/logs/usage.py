"""How much of the machine each job and each worker uses (contract section 8)."""

import asyncio
import json
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from sagemaker_local.capacity.machine import Machine
from sagemaker_local.protocol.arns import (
    ENDPOINT,
    INFERENCE_COMPONENT,
    PROCESSING_JOB,
    TRAINING_JOB,
    TRANSFORM_JOB,
    ParsedArn,
    parse_arn,
)
from sagemaker_local.state import metric_outbox, processes, resources
from sagemaker_local.state.database import Database
from sagemaker_local.state.processes import ProcessRecord

_NAMESPACES = {
    TRAINING_JOB: "/aws/sagemaker/TrainingJobs",
    PROCESSING_JOB: "/aws/sagemaker/ProcessingJobs",
    TRANSFORM_JOB: "/aws/sagemaker/TransformJobs",
    ENDPOINT: "/aws/sagemaker/Endpoints",
    INFERENCE_COMPONENT: "/aws/sagemaker/InferenceComponents",
}
_GPU_QUERY = "--query-gpu=utilization.gpu,memory.used,memory.total"
_MIB = 1024 * 1024


@dataclass(frozen=True)
class Measured:
    """A running process tree, and under which dimensions it is known."""

    record: ProcessRecord
    arn: ParsedArn
    dimensions: Mapping[str, str]


class UsageSampler:
    """Every so often, the percentages of all running trees into the metric outbox.

    CPU counts 100 per core, memory is of what the tree may use, disk is of the volume its folder is on.
    """

    def __init__(self, database: Database, machine: Machine, *, every_s: float) -> None:
        self._database = database
        self._machine = machine
        self._every_s = every_s
        self._cpu: dict[str, dict[int, float]] = {}
        self._sampled_at: dict[str, float] = {}

    async def run(self) -> None:
        while True:
            await asyncio.sleep(self._every_s)
            await self.sample()

    async def sample(self) -> None:
        running = await self._database.read(running_processes)
        self._forget_all_but({one.record.process_id for one in running})
        if not running:
            return
        gpus = await asyncio.to_thread(_gpu_percentages) if self._machine.gpus else {}
        now = time.time()
        values = [await asyncio.to_thread(self._values, one, gpus, now) for one in running]

        def work(connection: sqlite3.Connection) -> None:
            for one, found in zip(running, values, strict=True):
                metric_outbox.add(
                    connection,
                    scope=one.arn.scope,
                    namespace=_NAMESPACES[one.arn.kind],
                    dimensions=one.dimensions,
                    values=[(name, value, now) for name, value in found.items()],
                    unit="Percent",
                )

        await self._database.run(work)

    def _values(self, one: Measured, gpus: Mapping[str, float], now: float) -> dict[str, float]:
        tree = _tree(one.record.pid)
        if not tree:
            return {}
        disk = shutil.disk_usage(one.record.run_dir)
        return {
            "CPUUtilization": self._cpu_percentage(one.record, tree, now),
            "MemoryUtilization": 100.0 * _resident_mib(tree) / self._memory_mib(one.record),
            "DiskUtilization": 100.0 * disk.used / disk.total,
            **gpus,
        }

    def _cpu_percentage(self, record: ProcessRecord, tree: list[psutil.Process], now: float) -> float:
        """Of the time since the last look; a process that began since then counts whole."""
        key = record.process_id
        before, current = self._cpu.get(key, {}), _cpu_seconds(tree)
        since = self._sampled_at.get(key, record.started_at)
        self._cpu[key], self._sampled_at[key] = current, now
        used = sum(seconds - before.get(pid, 0.0) for pid, seconds in current.items())
        return 100.0 * max(0.0, used) / max(now - since, 0.001)

    def _memory_mib(self, record: ProcessRecord) -> int:
        try:
            spec = json.loads((Path(record.run_dir) / "spec.json").read_text())
        except (OSError, ValueError):
            return self._machine.memory_mib
        return int(spec["limits"]["memory_mib"]) or self._machine.memory_mib

    def _forget_all_but(self, running: set[str]) -> None:
        self._cpu = {key: value for key, value in self._cpu.items() if key in running}
        self._sampled_at = {key: value for key, value in self._sampled_at.items() if key in running}


def running_processes(connection: sqlite3.Connection) -> list[Measured]:
    """Those of jobs and of what serves, with the names their figures get."""
    found = []
    for record in processes.alive(connection):
        arn = parse_arn(record.owner_arn)
        owner = resources.get(connection, record.owner_arn)
        if owner is None or record.pid is None or arn.kind not in _NAMESPACES:
            continue
        found.append(Measured(record, arn, _dimensions(arn.kind, owner.name, record)))
    return found


def _dimensions(kind: str, owner: str, record: ProcessRecord) -> dict[str, str]:
    if kind == ENDPOINT:
        return {"EndpointName": owner, "VariantName": record.variant}
    if kind == INFERENCE_COMPONENT:
        return {"InferenceComponentName": owner}
    return {"Host": f"{owner}/algo-{record.ordinal + 1}"}


def _tree(shim: int | None) -> list[psutil.Process]:
    """What runs below a shim; the shim itself is the engine's, not the job's."""
    try:
        return psutil.Process(shim).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _cpu_seconds(tree: list[psutil.Process]) -> dict[int, float]:
    found = {}
    for process in tree:
        try:
            times = process.cpu_times()
        except psutil.Error:
            continue
        found[process.pid] = times.user + times.system
    return found


def _resident_mib(tree: list[psutil.Process]) -> float:
    total = 0
    for process in tree:
        try:
            total += process.memory_info().rss
        except psutil.Error:
            continue
    return total / _MIB


def _gpu_percentages() -> dict[str, float]:
    """The mean over the machine's GPUs: which process uses which one is not always known."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return {}
    command = [tool, _GPU_QUERY, "--format=csv,noheader,nounits"]
    try:
        text = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout
        rows = [[float(part) for part in line.split(",")] for line in text.splitlines() if line.strip()]
    except (OSError, subprocess.SubprocessError, ValueError):
        return {}
    if not rows:
        return {}
    return {
        "GPUUtilization": sum(row[0] for row in rows) / len(rows),
        "GPUMemoryUtilization": sum(100.0 * row[1] / row[2] for row in rows) / len(rows),
    }
