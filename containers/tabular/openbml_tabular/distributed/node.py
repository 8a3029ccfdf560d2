"""A process of the cluster: the scheduler, or a machine's worker. It ends with whoever started it."""

import asyncio
import ctypes
import json
import os
import signal
import sys
from typing import Any

import dask
from distributed import Scheduler, Worker

_PR_SET_PDEATHSIG = 1
# A machine that vanishes closes no connection: it counts as lost when it was silent for so long.
SILENT_FOR = "30s"
_CONFIGURATION = {
    "distributed.scheduler.worker-ttl": SILENT_FOR,
    "distributed.scheduler.allowed-failures": 0,
    "distributed.scheduler.work-stealing": False,
    "distributed.comm.timeouts.tcp": SILENT_FOR,
    "distributed.admin.tick.limit": "30s",
}
SCHEDULER, WORKER = "scheduler", "worker"


def main(arguments: list[str]) -> None:
    """Be what the first argument says, with the settings of the second until the cluster closes."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    role, settings = arguments[0], json.loads(arguments[1])
    if os.getppid() != settings.pop("parent"):
        return  # the parent died before this process could bind itself to it
    with dask.config.set(_CONFIGURATION):
        asyncio.run(_scheduler(**settings) if role == SCHEDULER else _worker(**settings))
    # Threads of fits that were given up, and their processes, end here.
    sys.stdout.flush()
    os._exit(0)


async def _scheduler(**settings: Any) -> None:
    async with Scheduler(dashboard=False, dashboard_address=None, **settings) as scheduler:
        await scheduler.finished()


async def _worker(address: str, **settings: Any) -> None:
    """Join, and stay until the scheduler goes; who cannot join ends with an error."""
    async with Worker(address, dashboard=False, memory_limit=0, **settings) as worker:
        await worker.finished()


if __name__ == "__main__":
    main(sys.argv[1:])
