"""The running Jupyter server of an app: its process, its address, its health."""

import asyncio
import socket
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

import aiohttp

from sagemaker_local.processes.launcher import ChildProcess, ProcessExit, ProcessSpec
from sagemaker_local.processes.supervisor import Supervisor
from sagemaker_local.state import cursors, processes
from sagemaker_local.state.database import Database
from sagemaker_local.state.processes import ProcessRecord
from sagemaker_local.studio.app_spec import server_token
from sagemaker_local.studio.apps import App

_LOG_GROUP = "/aws/sagemaker/studio"
_PROBE_TIMEOUT = aiohttp.ClientTimeout(total=5.0, connect=1.0)


@dataclass(frozen=True)
class Upstream:
    """Where the proxy sends the requests of one app."""

    address: str
    authorization: str


@dataclass(frozen=True)
class ServerStatus:
    checked_at: float
    active_at: float


class AppServer:
    def __init__(self, app: App, record: ProcessRecord, child: ChildProcess) -> None:
        self.record = record
        self.child = child
        self._status_path = f"{app.base_url}/api/status"

    @property
    def upstream(self) -> Upstream:
        return Upstream(f"http://127.0.0.1:{self.record.port}", f"token {server_token(self.record)}")

    async def status(self, http: aiohttp.ClientSession) -> ServerStatus | None:
        """None when the server does not answer as it should."""
        upstream = self.upstream
        try:
            async with http.get(
                upstream.address + self._status_path,
                headers={"Authorization": upstream.authorization},
                timeout=_PROBE_TIMEOUT,
            ) as reply:
                if reply.status != HTTPStatus.OK:
                    return None
                document = await reply.json()
                active_at = datetime.fromisoformat(document["last_activity"]).timestamp()
                return ServerStatus(time.time(), active_at)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, KeyError, TypeError):
            return None


async def start_server(
    app: App,
    make_spec: Callable[[ProcessRecord], ProcessSpec],
    supervisor: Supervisor,
    database: Database,
) -> AppServer:
    record = supervisor.new_record(
        owner_arn=app.arn, group="0", ordinal=0, port=_free_port(), role_arn=app.plan.role_arn
    )

    def work(connection: sqlite3.Connection) -> None:
        processes.save(connection, record)
        cursors.open_log(connection, record.process_id, _LOG_GROUP, app.log_stream)

    await database.run(work)
    spec = await asyncio.to_thread(make_spec, record)
    return AppServer(app, record, await supervisor.start(record, spec))


def describe_end(ended: ProcessExit) -> str:
    if ended.setup_error is not None:
        return f"the app could not be started: {ended.setup_error}"
    if ended.lost:
        return "the process of the app is gone"
    if ended.signal is not None:
        return f"the app was ended by signal {ended.signal}"
    return f"the app ended with exit code {ended.exit_code}"


def _free_port() -> int:
    """The kernel's choice. Should somebody take it first, the app does not start and gets another one."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
