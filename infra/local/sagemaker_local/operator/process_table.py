"""``ps`` and ``top``: jobs, endpoints and apps with their processes, as lines of text."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import psutil

_MIB = 1024 * 1024


def ps_lines(state: Mapping[str, Any]) -> Iterator[str]:
    yield f"{_queue_words(state['queue'])} for capacity"
    for one in state["resources"]:
        if not one["status"]:
            continue  # models and configurations do nothing by themselves
        yield f"{one['kind']:<26} {one['status']:<12} {one['name']}"
        for process in state["processes"]:
            if process["owner_arn"] == one["arn"] and process["state"] != "ended":
                yield f"  pid {process['pid']}  {who(process)}  {_place(process)}"


def _queue_words(queue: Mapping[str, Any]) -> str:
    running, finishing, waiting = (len(queue[name]) for name in ("running", "finishing", "waiting"))
    return f"{running} batch jobs run, {finishing} upload, {waiting} wait"


def who(process: Mapping[str, Any]) -> str:
    """A node as ``algo-1``, a worker as ``<variant>-1``."""
    return f"{process['variant'] or 'algo'}-{process['ordinal'] + 1}"


def _place(process: Mapping[str, Any]) -> str:
    return f"port {process['port']}" if process["port"] else f"attempt {process['group']}"


@dataclass(frozen=True)
class Usage:
    """What a process and all below it use: 100 per core, MiB resident."""

    cpu_percent: float
    memory_mib: int
    processes: int


class UsageMeter:
    """CPU figures are differences, so the first reading of a process shows 0."""

    def __init__(self) -> None:
        self._known: dict[int, psutil.Process] = {}

    def read(self, pid: int) -> Usage:
        cpu, memory, count = 0.0, 0, 0
        for process in self._tree(pid):
            try:
                with process.oneshot():
                    cpu += process.cpu_percent()
                    memory += process.memory_info().rss
                count += 1
            except psutil.Error:
                self._known.pop(process.pid, None)
        return Usage(cpu, memory // _MIB, count)

    def _tree(self, pid: int) -> list[psutil.Process]:
        try:
            found = [psutil.Process(pid)]
            found += found[0].children(recursive=True)
        except psutil.Error:
            return []
        return [self._known.setdefault(one.pid, one) for one in found]


def top_lines(state: Mapping[str, Any], meter: UsageMeter) -> Iterator[str]:
    machine = state["machine"]
    now, load = time.strftime("%H:%M:%S"), psutil.getloadavg()[0]
    yield (
        f"{now}  {machine['cpus']} cores, load {load:.2f}, {machine['memory_mib']} MiB; "
        f"{_queue_words(state['queue'])}; "
        f"{state['unsent_events']} events, {state['undelivered_logs']} logs to deliver"
    )
    yield f"{'PID':>8} {'CPU%':>6} {'MiB':>7} {'PROCS':>5}  {'PLACE':<12} OF"
    names = {one["arn"]: f"{one['kind']} {one['name']}" for one in state["resources"]}
    for process in state["processes"]:
        if process["pid"] is None or process["state"] == "ended":
            continue
        usage = meter.read(process["pid"])
        yield (
            f"{process['pid']:>8} {usage.cpu_percent:>6.1f} {usage.memory_mib:>7} {usage.processes:>5}  "
            f"{_place(process):<12} {names.get(process['owner_arn'], process['owner_arn'])} {who(process)}"
        )
