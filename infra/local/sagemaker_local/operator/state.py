"""What the engine is doing now, for ``ps``, ``top``, ``logs`` and the status page."""

import os
import sqlite3
from dataclasses import asdict
from typing import Any

from sagemaker_local.core import Core
from sagemaker_local.state import cursors, outbox, processes, resources
from sagemaker_local.state.processes import ProcessRecord
from sagemaker_local.state.resources import Record

RECENT = 50


async def engine_state(core: Core, *, name: str | None = None, recent: int = RECENT) -> dict[str, Any]:
    """Everything unfinished or serving and the latest of the rest; or all that has one name."""

    def work(connection: sqlite3.Connection) -> dict[str, Any]:
        found = resources.named(connection, name) if name else resources.current(connection, recent)
        shown = (
            [process for one in found for process in processes.of_owner(connection, one.arn)]
            if name
            else processes.alive(connection)
        )
        return {
            "resources": [_resource(one) for one in found],
            "counts": resources.counts(connection),
            "processes": [_process(one) for one in shown],
            "unsent_events": outbox.unsent_count(connection),
            "undelivered_logs": len(cursors.open_logs(connection)),
        }

    state = await core.database.read(work)
    state["engine"] = {"pid": os.getpid(), "mode": core.mode, "url": core.settings.url}
    state["machine"] = asdict(core.instance_types.machine)
    state["queue"] = asdict(core.queue.view())
    return state


def _resource(one: Record) -> dict[str, Any]:
    return {
        "arn": one.arn,
        "kind": one.kind,
        "name": one.name,
        "status": one.status,
        "created_at": one.created_at,
        "modified_at": one.modified_at,
    }


def _process(one: ProcessRecord) -> dict[str, Any]:
    shown = ("process_id", "owner_arn", "variant", "ordinal", "group", "state", "pid", "port", "run_dir")
    return {**one.model_dump(include=set(shown)), "started_at": one.started_at}
