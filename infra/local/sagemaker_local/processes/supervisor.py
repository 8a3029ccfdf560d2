"""Process rows and live processes together: start, find again, and note the end."""

import asyncio
import secrets
import shutil
import sqlite3
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from sagemaker_local.processes import launcher
from sagemaker_local.processes.docker import DockerClient
from sagemaker_local.processes.fork_client import Forked, ForkServer
from sagemaker_local.processes.launcher import ChildProcess, ProcessExit, ProcessSpec
from sagemaker_local.processes.orphans import kill_orphans
from sagemaker_local.state import cursors, processes
from sagemaker_local.state.database import Database
from sagemaker_local.state.processes import ProcessRecord

#: Makes the spec of a process once its record (id, port, token) is known.
SpecMaker = Callable[[ProcessRecord, Path], ProcessSpec]


class Supervisor:
    """A row is committed before its shim starts, so no process is ever unknown to the state."""

    def __init__(self, database: Database, runs_dir: Path, docker: DockerClient | None = None) -> None:
        self._database = database
        self._docker = docker  # None: processes run on this machine, not in containers
        self._runs_dir = runs_dir
        self._fork_server = ForkServer()
        runs_dir.mkdir(parents=True, exist_ok=True, mode=0o700)

    def new_record(
        self,
        *,
        owner_arn: str,
        group: str,
        ordinal: int,
        variant: str = "",
        port: int | None = None,
        role_arn: str | None = None,
    ) -> ProcessRecord:
        process_id = uuid.uuid4().hex
        return ProcessRecord(
            process_id=process_id,
            owner_arn=owner_arn,
            group=group,
            variant=variant,
            ordinal=ordinal,
            run_dir=str(self._runs_dir / process_id),
            port=port,
            started_at=time.time(),
            credentials_token=secrets.token_urlsafe(24),
            role_arn=role_arn,
        )

    async def of_owner(self, owner_arn: str) -> list[ProcessRecord]:
        return await self._database.read(lambda connection: processes.of_owner(connection, owner_arn))

    async def start(self, record: ProcessRecord, spec: ProcessSpec) -> ChildProcess:
        """Start the process of a saved row. Who gives up waiting leaves no process behind."""
        starting = asyncio.ensure_future(self._start(record, spec))
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            (child,) = await asyncio.gather(starting, return_exceptions=True)
            if isinstance(child, ChildProcess):
                child.kill()
                await child.wait()
                await self.ended(record)
            raise

    async def _start(self, record: ProcessRecord, spec: ProcessSpec) -> ChildProcess:
        run_dir = Path(record.run_dir)
        if self._docker is not None:
            spec = await asyncio.to_thread(self._docker.containerised, spec, run_dir)
        child = launcher.adopt(run_dir, await asyncio.to_thread(self._fork, run_dir, spec))
        await self._save(record.running_as(child.identity))
        return child

    def close(self) -> None:
        """End the fork server; what it forked lives on."""
        self._fork_server.close()

    def _fork(self, run_dir: Path, spec: ProcessSpec) -> Forked:
        launcher.prepare_run_dir(run_dir, spec)
        return self._fork_server.fork(run_dir)

    async def find(self, record: ProcessRecord) -> ChildProcess | ProcessExit | None:
        """Return the process of a row, or how it ended; None when it never started."""
        run_dir = Path(record.run_dir)
        identity = record.identity
        if identity is None:
            identity = await asyncio.to_thread(launcher.find_or_abandon, run_dir)
            if identity is None:
                return None
            record = record.running_as(identity)
            await self._save(record)
        if record.state != "ended":
            child = launcher.attach(run_dir, identity)
            if child is not None:
                return child
            await self._end_leftovers(record)
        return launcher.read_exit(run_dir) or ProcessExit(lost=True)

    async def ended(self, record: ProcessRecord) -> None:
        await self._end_leftovers(record)
        found = await self._database.read(lambda connection: processes.get(connection, record.process_id))
        if found is not None:
            await self._save(found.ended())

    async def forget(self, record: ProcessRecord) -> None:
        def work(connection: sqlite3.Connection) -> None:
            processes.delete(connection, record.process_id)
            cursors.forget_log(connection, record.process_id)

        await self._database.run(work)
        await asyncio.to_thread(shutil.rmtree, record.run_dir, ignore_errors=True)

    async def _end_leftovers(self, record: ProcessRecord) -> None:
        """A shim that lived to write how its process ended has ended all descendants before."""
        if launcher.read_exit(Path(record.run_dir)) is None:
            await asyncio.to_thread(kill_orphans, record.process_id)
        if self._docker is not None:
            await asyncio.to_thread(self._docker.remove, record.process_id)

    async def _save(self, record: ProcessRecord) -> None:
        await self._database.run(lambda connection: processes.save(connection, record))
