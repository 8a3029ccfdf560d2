"""The process table: every shim that was or will be started, and for whom."""

import sqlite3
from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from sagemaker_local.processes.launcher import ProcessIdentity

ProcessState = Literal["launching", "running", "ended"]


class ProcessRecord(BaseModel):
    """A node of a job attempt, or a worker of an endpoint generation."""

    model_config = ConfigDict(frozen=True)

    process_id: str
    owner_arn: str
    group: str  # attempt of a job, or generation of an endpoint
    variant: str = ""
    ordinal: int
    container: int = 0  # position among the containers of a worker
    run_dir: str
    state: ProcessState = "launching"
    pid: int | None = None
    start_ticks: int | None = None
    boot_id: str | None = None
    port: int | None = None
    started_at: float
    credentials_token: str | None = None
    role_arn: str | None = None

    @property
    def identity(self) -> ProcessIdentity | None:
        if self.pid is None or self.start_ticks is None or self.boot_id is None:
            return None
        return ProcessIdentity(self.pid, self.start_ticks, self.boot_id)

    def running_as(self, identity: ProcessIdentity) -> "ProcessRecord":
        return self.model_copy(
            update={
                "state": "running",
                "pid": identity.pid,
                "start_ticks": identity.start_ticks,
                "boot_id": identity.boot_id,
            }
        )

    def ended(self) -> "ProcessRecord":
        return self.model_copy(update={"state": "ended"})


def save(connection: sqlite3.Connection, record: ProcessRecord) -> None:
    connection.execute(
        "INSERT INTO process (process_id, owner_arn, doc) VALUES (?, ?, ?) "
        "ON CONFLICT (process_id) DO UPDATE SET doc = excluded.doc",
        (record.process_id, record.owner_arn, record.model_dump_json()),
    )


def get(connection: sqlite3.Connection, process_id: str) -> ProcessRecord | None:
    row = connection.execute("SELECT doc FROM process WHERE process_id = ?", (process_id,)).fetchone()
    return ProcessRecord.model_validate_json(row[0]) if row else None


def of_owner(connection: sqlite3.Connection, owner_arn: str) -> list[ProcessRecord]:
    rows = connection.execute(
        "SELECT doc FROM process WHERE owner_arn = ? ORDER BY rowid", (owner_arn,)
    ).fetchall()
    return [ProcessRecord.model_validate_json(row[0]) for row in rows]


def alive(connection: sqlite3.Connection) -> list[ProcessRecord]:
    """Every process that has not been seen to end."""
    rows = connection.execute(
        "SELECT doc FROM process WHERE json_extract(doc, '$.state') <> 'ended' ORDER BY rowid"
    ).fetchall()
    return [ProcessRecord.model_validate_json(row[0]) for row in rows]


def removable(
    connection: sqlite3.Connection, *, started_before: float, unfinished: Sequence[str]
) -> list[ProcessRecord]:
    """Ended processes whose log is delivered and whose owner is in no ``unfinished`` status."""
    marks = ", ".join("?" * len(unfinished))
    rows = connection.execute(
        "SELECT process.doc FROM process LEFT JOIN resource ON resource.arn = process.owner_arn "  # noqa: S608
        "LEFT JOIN log_cursor ON log_cursor.process_id = process.process_id "
        "WHERE json_extract(process.doc, '$.state') = 'ended' "
        "AND json_extract(process.doc, '$.started_at') <= ? AND COALESCE(log_cursor.closed, 1) = 1 "
        f"AND COALESCE(resource.status, '') NOT IN ({marks})",
        (started_before, *unfinished),
    ).fetchall()
    return [ProcessRecord.model_validate_json(row[0]) for row in rows]


def delete(connection: sqlite3.Connection, process_id: str) -> None:
    connection.execute("DELETE FROM process WHERE process_id = ?", (process_id,))
