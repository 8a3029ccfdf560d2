"""Which objects of a transform job are finished: one row per object."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

State = Literal["pending", "done", "failed"]


@dataclass(frozen=True)
class InputObject:
    """One object of the job; ``path`` is its key relative to the input prefix."""

    ordinal: int
    bucket: str
    key: str
    path: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True)
class Tally:
    done: int
    failed: int
    first_failure: str | None


def add(connection: sqlite3.Connection, arn: str, objects: Sequence[InputObject]) -> None:
    connection.executemany(
        "INSERT INTO transform_object VALUES (?, ?, ?, ?, ?, 'pending', NULL)",
        [(arn, one.ordinal, one.bucket, one.key, one.path) for one in objects],
    )


def pending(connection: sqlite3.Connection, arn: str, *, after: int, limit: int) -> list[InputObject]:
    rows = connection.execute(
        "SELECT ordinal, bucket, key, path FROM transform_object "
        "WHERE arn = ? AND state = 'pending' AND ordinal > ? ORDER BY ordinal LIMIT ?",
        (arn, after, limit),
    ).fetchall()
    return [InputObject(*row) for row in rows]


def finish(
    connection: sqlite3.Connection, arn: str, ordinal: int, state: State, reason: str | None = None
) -> None:
    connection.execute(
        "UPDATE transform_object SET state = ?, reason = ? WHERE arn = ? AND ordinal = ?",
        (state, reason, arn, ordinal),
    )


def tally(connection: sqlite3.Connection, arn: str) -> Tally:
    counts = dict(
        connection.execute(
            "SELECT state, COUNT(*) FROM transform_object WHERE arn = ? GROUP BY state", (arn,)
        ).fetchall()
    )
    first = connection.execute(
        "SELECT reason FROM transform_object WHERE arn = ? AND state = 'failed' ORDER BY ordinal LIMIT 1",
        (arn,),
    ).fetchone()
    return Tally(counts.get("done", 0), counts.get("failed", 0), first[0] if first else None)


def forget(connection: sqlite3.Connection, arn: str) -> None:
    connection.execute("DELETE FROM transform_object WHERE arn = ?", (arn,))
