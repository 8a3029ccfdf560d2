"""The nodes of one attempt of a job: their rows, their processes, how they ended."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sagemaker_local.jobs.job import Job
from sagemaker_local.processes.launcher import ChildProcess, ProcessExit, ProcessSpec
from sagemaker_local.processes.supervisor import Supervisor
from sagemaker_local.state import cursors, processes
from sagemaker_local.state.database import Database
from sagemaker_local.state.processes import ProcessRecord

#: Makes the spec of a node from its row and the row of the first node.
NodeSpecMaker = Callable[[ProcessRecord, ProcessRecord], ProcessSpec]


@dataclass
class Node:
    """A node that runs, or that ended."""

    record: ProcessRecord
    child: ChildProcess | None
    ended: ProcessExit | None = None

    @property
    def log(self) -> Path:
        return Path(self.record.run_dir) / "log"

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


async def wait_all(nodes: Sequence[Node]) -> list[ProcessExit]:
    return list(await asyncio.gather(*(node.wait() for node in nodes)))


def stop_all(nodes: Sequence[Node]) -> None:
    for node in nodes:
        node.stop()


def kill_all(nodes: Sequence[Node]) -> None:
    for node in nodes:
        node.kill()


class NodeProcesses:
    """Rows are committed before their processes start; a new engine finds both again."""

    def __init__(self, database: Database, supervisor: Supervisor, log_group: str) -> None:
        self._database = database
        self._supervisor = supervisor
        self._log_group = log_group

    def new_rows(self, job: Job) -> list[ProcessRecord]:
        return [
            self._supervisor.new_record(
                owner_arn=job.arn,
                group=str(job.attempt),
                ordinal=ordinal,
                role_arn=None if job.is_isolated else job.role_arn,
            )
            for ordinal in range(job.node_count)
        ]

    def register(self, connection: sqlite3.Connection, job: Job, row: ProcessRecord) -> None:
        processes.save(connection, row)
        stream = f"{job.name}/algo-{row.ordinal + 1}-{int(row.started_at)}"
        cursors.open_log(connection, row.process_id, self._log_group, stream)

    async def running(self, job: Job, specs: NodeSpecMaker) -> list[Node]:
        """Start the nodes of this attempt, or find those an earlier engine started."""
        nodes: list[Node] = []
        for row in await self._rows(job):
            found = await self._supervisor.find(row)
            if found is None:
                fresh = await self._replaced(job, row) if Path(row.run_dir).exists() else row
                leader = nodes[0].record if nodes else fresh
                found = await self._supervisor.start(fresh, specs(fresh, leader))
                row = fresh
            nodes.append(_node(row, found))
        return nodes

    async def ended(self, job: Job) -> list[Node]:
        """The nodes that ever ran in this attempt, without starting any."""
        nodes: list[Node] = []
        for row in await self._rows(job):
            found = await self._supervisor.find(row)
            if found is None:
                await self._supervisor.forget(row)
            else:
                nodes.append(_node(row, found))
        return nodes

    async def note_ends(self, nodes: Sequence[Node]) -> None:
        for node in nodes:
            await self._supervisor.ended(node.record)

    async def _rows(self, job: Job) -> list[ProcessRecord]:
        rows = await self._supervisor.of_owner(job.arn)
        return sorted((row for row in rows if row.group == str(job.attempt)), key=lambda one: one.ordinal)

    async def _replaced(self, job: Job, row: ProcessRecord) -> ProcessRecord:
        """A start that was given up keeps its folder's mark, so the node gets a new one."""
        fresh = self._supervisor.new_record(
            owner_arn=row.owner_arn, group=row.group, ordinal=row.ordinal, role_arn=row.role_arn
        )

        def work(connection: sqlite3.Connection) -> None:
            processes.delete(connection, row.process_id)
            cursors.forget_log(connection, row.process_id)
            self.register(connection, job, fresh)

        await self._database.run(work)
        return fresh


def _node(row: ProcessRecord, found: ChildProcess | ProcessExit) -> Node:
    return Node(row, None, found) if isinstance(found, ProcessExit) else Node(row, found)
