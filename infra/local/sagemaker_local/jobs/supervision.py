"""Watching the nodes of a job until something decides what becomes of it."""

import asyncio
import time
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sagemaker_local.jobs.job import Job, StopCause
from sagemaker_local.jobs.nodes import Node, stop_all
from sagemaker_local.jobs.signals import RunSignals


@dataclass(frozen=True)
class Verdict:
    """Why the watch is over; ``limit`` names the limit that was hit."""

    why: Literal["ended", "stop", "limit", "suspend", "interrupt"]
    limit: StopCause = "runtime"


async def supervise(
    job: Job,
    nodes: Sequence[Node],
    signals: RunSignals,
    companions: Sequence[Coroutine[Any, Any, None]],
) -> Verdict:
    """Run the companions beside the nodes until all ended, one failed, a limit is hit or something is asked.

    Nodes have been told to stop when one of them failed, and for ``suspend`` and ``interrupt``.
    An error of a companion is raised, because the job cannot go on without it; but not when a node is
    lost, for then the machine may have taken both.
    """
    waits: set[asyncio.Task[Any]] = {asyncio.create_task(node.wait()) for node in nodes}
    beside: set[asyncio.Task[Any]] = {asyncio.create_task(work) for work in companions}
    nudged = asyncio.create_task(signals.nudge.wait())
    pending: set[asyncio.Task[Any]] = {*waits, *beside, nudged}
    try:
        while True:
            left_s, limit = job.next_limit(time.time())
            done, pending = await asyncio.wait(
                pending, timeout=max(0.0, left_s), return_when=asyncio.FIRST_COMPLETED
            )
            for task in done & beside if not _any_lost(waits) else ():
                task.result()
            verdict = _asked(signals) if nudged in done else _ended(waits)
            if verdict is None and left_s <= 0:
                verdict = Verdict("limit", limit)
            if verdict is not None:
                if verdict.why in ("ended", "suspend", "interrupt"):
                    stop_all(nodes)
                lost = _any_lost(waits)
                break
    finally:
        for task in (*waits, *beside, nudged):
            task.cancel()
        await asyncio.gather(*waits, *beside, nudged, return_exceptions=True)
    if verdict.why == "ended" and not lost:
        for task in beside:  # what a companion found out while it ended counts too
            if not task.cancelled():
                task.result()
    return verdict


def _asked(signals: RunSignals) -> Verdict:
    if signals.suspended:
        return Verdict("suspend")
    return Verdict("interrupt") if signals.interrupted else Verdict("stop")


def _any_lost(waits: set["asyncio.Task[Any]"]) -> bool:
    return any(task.result().lost for task in waits if task.done())


def _ended(waits: set["asyncio.Task[Any]"]) -> Verdict | None:
    ended = [task.result() for task in waits if task.done()]
    if any(not one.succeeded for one in ended) or len(ended) == len(waits):
        return Verdict("ended")
    return None
