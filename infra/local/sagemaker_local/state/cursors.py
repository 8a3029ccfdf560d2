"""How far each process's log is delivered and scanned, and the metric values found."""

import sqlite3
from dataclasses import dataclass
from typing import Any

from sagemaker_local.protocol.arns import Scope, parse_arn
from sagemaker_local.state import metric_outbox, objectives


@dataclass(frozen=True)
class LogCursor:
    process_id: str
    group_name: str
    stream_name: str
    sent_offset: int
    in_flight_offset: int | None
    closed: bool
    scope: Scope | None = None  # account and region of its process, if that is still known


@dataclass(frozen=True)
class OpenLog:
    """A log that is not delivered to its end, and whether its process may still write to it."""

    cursor: LogCursor
    has_ended: bool


@dataclass(frozen=True)
class MetricValue:
    name: str
    value: float
    at: float


def open_log(connection: sqlite3.Connection, process_id: str, group_name: str, stream_name: str) -> None:
    connection.execute(
        "INSERT INTO log_cursor VALUES (?, ?, ?, 0, NULL, 0) ON CONFLICT DO NOTHING",
        (process_id, group_name, stream_name),
    )


def open_logs(connection: sqlite3.Connection) -> list[OpenLog]:
    rows = connection.execute(
        "SELECT log_cursor.*, owner_arn, COALESCE(json_extract(process.doc, '$.state'), 'ended') = 'ended' "
        "FROM log_cursor LEFT JOIN process USING (process_id) WHERE closed = 0"
    ).fetchall()
    return [OpenLog(_cursor(row), bool(row[7])) for row in rows]


def log_of(connection: sqlite3.Connection, process_id: str) -> LogCursor | None:
    row = connection.execute(
        "SELECT log_cursor.*, owner_arn FROM log_cursor LEFT JOIN process USING (process_id) "
        "WHERE process_id = ?",
        (process_id,),
    ).fetchone()
    return _cursor(row) if row else None


def _cursor(row: tuple[Any, ...]) -> LogCursor:
    scope = parse_arn(row[6]).scope if row[6] else None
    return LogCursor(row[0], row[1], row[2], row[3], row[4], bool(row[5]), scope)


def log_in_flight(connection: sqlite3.Connection, process_id: str, offset: int) -> None:
    connection.execute(
        "UPDATE log_cursor SET in_flight_offset = ? WHERE process_id = ?", (offset, process_id)
    )


def log_sent(connection: sqlite3.Connection, process_id: str, offset: int) -> None:
    connection.execute(
        "UPDATE log_cursor SET sent_offset = ?, in_flight_offset = NULL WHERE process_id = ?",
        (offset, process_id),
    )


def close_log(connection: sqlite3.Connection, process_id: str) -> None:
    connection.execute("UPDATE log_cursor SET closed = 1 WHERE process_id = ?", (process_id,))


def forget_log(connection: sqlite3.Connection, process_id: str) -> None:
    connection.execute("DELETE FROM log_cursor WHERE process_id = ?", (process_id,))
    connection.execute("DELETE FROM metric_cursor WHERE process_id = ?", (process_id,))


def scanned_offset(connection: sqlite3.Connection, process_id: str) -> int:
    row = connection.execute(
        "SELECT scanned_offset FROM metric_cursor WHERE process_id = ?", (process_id,)
    ).fetchone()
    return int(row[0]) if row else 0


def save_scan(
    connection: sqlite3.Connection, process_id: str, arn: str, offset: int, values: list[MetricValue]
) -> None:
    """Keep the last of ``values`` per metric, and all of them for tuning and for CloudWatch."""
    connection.execute(
        "INSERT INTO metric_cursor VALUES (?, ?) ON CONFLICT (process_id) DO UPDATE "
        "SET scanned_offset = excluded.scanned_offset",
        (process_id, offset),
    )
    connection.executemany(
        "INSERT INTO metric VALUES (?, ?, ?, ?) ON CONFLICT (arn, name) DO UPDATE "
        "SET value = excluded.value, at = excluded.at WHERE excluded.at >= metric.at",
        [(arn, one.name, one.value, one.at) for one in {value.name: value for value in values}.values()],
    )
    objectives.record(connection, process_id, arn, [(one.name, one.value) for one in values])
    metric_outbox.add_of_job(connection, arn, [(one.name, one.value, one.at) for one in values])


def metrics_of(connection: sqlite3.Connection, arn: str) -> list[MetricValue]:
    rows = connection.execute(
        "SELECT name, value, at FROM metric WHERE arn = ? ORDER BY name", (arn,)
    ).fetchall()
    return [MetricValue(*row) for row in rows]


def forget_metrics(connection: sqlite3.Connection, arn: str) -> None:
    connection.execute("DELETE FROM metric WHERE arn = ?", (arn,))
