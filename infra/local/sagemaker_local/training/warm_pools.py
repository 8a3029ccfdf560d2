"""Warm pools: machines kept after a job for the next one like it (contract section 3.2).

Nothing is really kept on one machine, so a pool is what its row says at the time of reading:
it ends by the clock alone, and there is nothing to recover.
"""

import json
import sqlite3
import time
from dataclasses import dataclass
from typing import Any, Literal

from sagemaker_local.training.jobs import TrainingJob

PoolStatus = Literal["InUse", "Available", "Reused", "Terminated"]

_COLUMNS = "keep_alive_s, available_at, reused_at, reused_by"
#: The status of a row, as ``WarmPool.status`` has it; ``?`` is the time.
_STATUS_SQL = (
    "CASE WHEN available_at IS NULL THEN 'InUse' WHEN reused_by IS NOT NULL THEN 'Reused' "
    "WHEN available_at + keep_alive_s <= ? THEN 'Terminated' ELSE 'Available' END"
)


@dataclass(frozen=True)
class WarmPool:
    """The pool of one job; ``available_at`` is the job's end."""

    keep_alive_s: float
    available_at: float | None = None
    reused_at: float | None = None
    reused_by: str | None = None

    def status(self, now: float) -> PoolStatus:
        if self.available_at is None:
            return "InUse"
        if self.reused_by is not None:
            return "Reused"
        return "Terminated" if self.available_at + self.keep_alive_s <= now else "Available"

    def retained_s(self, now: float) -> int | None:
        """Seconds for which the pool was kept; None while it may still go on."""
        if self.available_at is None or self.status(now) == "Available":
            return None
        end = self.reused_at if self.reused_at is not None else self.available_at + self.keep_alive_s
        return round(end - self.available_at)

    def described(self, now: float) -> dict[str, Any]:
        found: dict[str, Any] = {"Status": self.status(now)}
        retained_s = self.retained_s(now)
        if retained_s is not None:
            found["ResourceRetainedBillableTimeInSeconds"] = retained_s
        if self.reused_by is not None:
            found["ReusedByJob"] = self.reused_by
        return found

    def kept_for(self, keep_alive_s: float, now: float) -> "WarmPool":
        """Return the pool with another length; one that is over by it ends now."""
        elapsed = 0.0 if self.available_at is None else now - self.available_at
        return WarmPool(max(keep_alive_s, elapsed), self.available_at)


def pool_key(job: TrainingJob) -> str:
    """What two jobs must have in common to use the same machines."""
    config, request = job.resources, job.request
    return json.dumps(
        [
            job.role_arn,
            job.instance_types,
            job.volume_gib,
            config.get("VolumeKmsKeyId"),
            request.get("VpcConfig"),
            bool(request.get("EnableInterContainerTrafficEncryption", False)),
            job.is_isolated,
        ],
        sort_keys=True,
    )


def pool_of(connection: sqlite3.Connection, arn: str) -> WarmPool | None:
    row = connection.execute(f"SELECT {_COLUMNS} FROM warm_pool WHERE arn = ?", (arn,)).fetchone()  # noqa: S608
    return WarmPool(*row) if row else None


def arns_with_status(status: str, now: float) -> tuple[str, tuple[str | float, ...]]:
    """A query for the ARNs of jobs whose pool has a status."""
    return f"SELECT arn FROM warm_pool WHERE {_STATUS_SQL} = ?", (now, status)  # noqa: S608 - constants only


def follow(connection: sqlite3.Connection, before: TrainingJob, after: TrainingJob) -> None:
    """Keep the pools in step with a change of a job, in its transaction."""
    if after.secondary_status == "Downloading" and before.secondary_status != "Downloading":
        _begin(connection, after)
    elif after.is_terminal and not before.is_terminal:
        _keep(connection, after)


def save(connection: sqlite3.Connection, arn: str, pool: WarmPool) -> None:
    connection.execute("UPDATE warm_pool SET keep_alive_s = ? WHERE arn = ?", (pool.keep_alive_s, arn))


def forget(connection: sqlite3.Connection, arn: str) -> None:
    connection.execute("DELETE FROM warm_pool WHERE arn = ?", (arn,))


def _keep(connection: sqlite3.Connection, job: TrainingJob) -> None:
    """Machines on which the engine itself failed are not kept."""
    is_healthy = not (job.failure_reason or "").startswith("InternalServerError")
    connection.execute(
        "UPDATE warm_pool SET available_at = ?, keep_alive_s = ? WHERE arn = ? AND available_at IS NULL",
        (job.ended_at, job.keep_alive_s if is_healthy else 0, job.arn),
    )


def _begin(connection: sqlite3.Connection, job: TrainingJob) -> None:
    """A job that gets its machines takes the oldest pool that fits, if there is one."""
    key, now = pool_key(job), time.time()
    if pool_of(connection, job.arn) is not None:  # a later attempt
        return
    found = connection.execute(
        f"SELECT arn FROM warm_pool WHERE key = ? AND {_STATUS_SQL} = 'Available' "  # noqa: S608 - constants only
        "ORDER BY available_at LIMIT 1",
        (key, now),
    ).fetchone()
    if found is not None:
        connection.execute(
            "UPDATE warm_pool SET reused_at = ?, reused_by = ? WHERE arn = ?", (now, job.name, found[0])
        )
    if found is not None or job.keep_alive_s:
        connection.execute(
            "INSERT INTO warm_pool (arn, key, keep_alive_s) VALUES (?, ?, ?)",
            (job.arn, key, job.keep_alive_s),
        )
