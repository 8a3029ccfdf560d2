"""Fault hooks on jobs, reachable with ``SML_TEST=1`` only."""

from collections.abc import Mapping

from aiohttp import web

from sagemaker_local.core import FaultHook
from sagemaker_local.jobs.job import Job
from sagemaker_local.jobs.store import J, JobStore


def crash_hooks(store: JobStore[J]) -> Mapping[str, FaultHook]:
    """``POST faults/crash-point/<kind>`` with ``{"status": .., "before_commit": ..}``.

    The engine kills itself when the next job of the kind enters that state, with the change
    committed or still to be committed.
    """

    async def arm(request: web.Request) -> web.Response:
        wanted = await request.json()
        store.crash_point.status = str(wanted["status"])
        store.crash_point.before_commit = bool(wanted.get("before_commit", False))
        return web.json_response({})

    kind: type[Job] = store.kind.model
    return {f"crash-point/{kind.kind}": arm}
