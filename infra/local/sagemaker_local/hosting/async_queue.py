"""Asynchronous invocations in the state file: accepted, decided, and what remains to be told of them.

An accepted call stays ``queued`` while a container works on it, so a crash makes it run again. Once its
result lies in a file it is ``decided``: from then on only that result is delivered, however often the
engine dies. The row goes in the transaction that records what is to be told.
"""

import sqlite3
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict


class AsyncCall(BaseModel):
    """All that running a call and delivering its result needs, whatever becomes of its endpoint."""

    model_config = ConfigDict(frozen=True)

    call_id: str
    endpoint_arn: str
    endpoint: str
    region: str
    account_id: str
    inference_id: str
    input_location: str | None  # none: the body came with the call
    content_type: str | None
    accept: str | None
    headers: tuple[tuple[str, str], ...]
    output_location: str
    failure_location: str | None
    success_topic: str | None
    error_topic: str | None
    topics_with_response: tuple[str, ...]
    role_arn: str
    received_at: float
    expires_at: float
    timeout_s: float


class Outcome(BaseModel):
    """How a call ended."""

    model_config = ConfigDict(frozen=True)

    status: Literal["Completed", "Failed"]
    decided_at: float
    content_type: str = "text/plain"
    failure_reason: str | None = None
    variant: str = ""
    log_line: str = ""


class Notice(BaseModel):
    """A message to a topic, or a line of the endpoint's data log."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["topic", "log"]
    region: str
    account_id: str
    to: str  # ARN of the topic, or the log group
    stream: str = ""
    role_arn: str = ""
    at: float
    text: str


@dataclass(frozen=True)
class StoredNotice:
    notice_id: int
    notice: Notice


def insert(connection: sqlite3.Connection, call: AsyncCall, body: bytes | None) -> None:
    connection.execute(
        "INSERT INTO async_call (call_id, endpoint_arn, state, expires_at, doc, body) VALUES (?,?,?,?,?,?)",
        (call.call_id, call.endpoint_arn, "queued", call.expires_at, call.model_dump_json(), body),
    )


def size(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT COUNT(*) FROM async_call").fetchone()[0])


def backlog(connection: sqlite3.Connection) -> dict[str, int]:
    """Calls that wait or are worked on, by endpoint."""
    rows = connection.execute(
        "SELECT endpoint_arn, COUNT(*) FROM async_call WHERE state = 'queued' GROUP BY endpoint_arn"
    )
    return {str(arn): int(count) for arn, count in rows.fetchall()}


def oldest(connection: sqlite3.Connection, endpoint_arn: str, limit: int) -> list[AsyncCall]:
    rows = connection.execute(
        "SELECT doc FROM async_call WHERE state = 'queued' AND endpoint_arn = ? ORDER BY place LIMIT ?",
        (endpoint_arn, limit),
    ).fetchall()
    return [AsyncCall.model_validate_json(row[0]) for row in rows]


def expired(connection: sqlite3.Connection, at: float) -> list[AsyncCall]:
    rows = connection.execute(
        "SELECT doc FROM async_call WHERE state = 'queued' AND expires_at <= ? ORDER BY place LIMIT 100",
        (at,),
    ).fetchall()
    return [AsyncCall.model_validate_json(row[0]) for row in rows]


def body_of(connection: sqlite3.Connection, call_id: str) -> bytes:
    row = connection.execute("SELECT body FROM async_call WHERE call_id = ?", (call_id,)).fetchone()
    return bytes(row[0]) if row and row[0] is not None else b""


def is_in(connection: sqlite3.Connection, call_id: str, state: str) -> bool:
    row = connection.execute("SELECT state FROM async_call WHERE call_id = ?", (call_id,)).fetchone()
    return row is not None and row[0] == state


def decide(connection: sqlite3.Connection, call_id: str, outcome: Outcome) -> None:
    connection.execute(
        "UPDATE async_call SET state = 'decided', outcome = ?, body = NULL WHERE call_id = ?",
        (outcome.model_dump_json(), call_id),
    )


def decided(connection: sqlite3.Connection) -> list[tuple[AsyncCall, Outcome]]:
    rows = connection.execute(
        "SELECT doc, outcome FROM async_call WHERE state = 'decided' ORDER BY place"
    ).fetchall()
    return [(AsyncCall.model_validate_json(doc), Outcome.model_validate_json(end)) for doc, end in rows]


def finish(connection: sqlite3.Connection, call_id: str, notices: list[Notice]) -> None:
    connection.execute("DELETE FROM async_call WHERE call_id = ?", (call_id,))
    connection.executemany(
        "INSERT INTO async_notice (doc) VALUES (?)", [(notice.model_dump_json(),) for notice in notices]
    )


def notices(connection: sqlite3.Connection, limit: int) -> list[StoredNotice]:
    rows = connection.execute(
        "SELECT notice_id, doc FROM async_notice ORDER BY notice_id LIMIT ?", (limit,)
    ).fetchall()
    return [StoredNotice(notice_id, Notice.model_validate_json(doc)) for notice_id, doc in rows]


def forget_notices(connection: sqlite3.Connection, notice_ids: list[int]) -> None:
    connection.executemany("DELETE FROM async_notice WHERE notice_id = ?", [(one,) for one in notice_ids])


def call_ids(connection: sqlite3.Connection) -> set[str]:
    return {str(row[0]) for row in connection.execute("SELECT call_id FROM async_call").fetchall()}
