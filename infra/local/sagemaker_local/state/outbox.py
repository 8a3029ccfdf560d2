"""The event outbox: written with the change it tells of, emptied by the dispatcher."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: How many unsent events are looked through for those that may go next.
_WINDOW = 1000


@dataclass(frozen=True)
class OutboxEvent:
    event_id: int
    arn: str
    detail_type: str
    detail: str
    happened_at: float


def add(
    connection: sqlite3.Connection,
    *,
    arn: str,
    detail_type: str,
    detail: Mapping[str, Any],
    happened_at: float,
) -> None:
    connection.execute(
        "INSERT INTO event_outbox (arn, detail_type, detail, happened_at) VALUES (?, ?, ?, ?)",
        (arn, detail_type, json.dumps(detail), happened_at),
    )


def next_batch(connection: sqlite3.Connection, limit: int) -> list[OutboxEvent]:
    """The oldest unsent event of each resource: one per resource keeps their order. All of one region."""
    window = connection.execute(
        "SELECT event_id, arn FROM event_outbox WHERE sent_at IS NULL ORDER BY event_id LIMIT ?", (_WINDOW,)
    ).fetchall()
    first: dict[str, int] = {}
    for event_id, arn in window:
        if arn.split(":")[3:4] == window[0][1].split(":")[3:4]:
            first.setdefault(arn, event_id)
    return [_event(connection, event_id) for event_id in list(first.values())[:limit]]


def _event(connection: sqlite3.Connection, event_id: int) -> OutboxEvent:
    row = connection.execute(
        "SELECT event_id, arn, detail_type, detail, happened_at FROM event_outbox WHERE event_id = ?",
        (event_id,),
    ).fetchone()
    return OutboxEvent(*row)


def mark_sent(connection: sqlite3.Connection, event_ids: list[int], at: float) -> None:
    connection.executemany(
        "UPDATE event_outbox SET sent_at = ? WHERE event_id = ?", [(at, one) for one in event_ids]
    )


def resend_since(connection: sqlite3.Connection, since: float) -> int:
    """Send again what was sent after ``since``: the emulator may have lost it."""
    return connection.execute("UPDATE event_outbox SET sent_at = NULL WHERE sent_at >= ?", (since,)).rowcount


def purge_sent_before(connection: sqlite3.Connection, before: float) -> None:
    connection.execute("DELETE FROM event_outbox WHERE sent_at < ?", (before,))


def unsent_count(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT COUNT(*) FROM event_outbox WHERE sent_at IS NULL").fetchone()[0])
