"""Tags of resources by ARN."""

import sqlite3
from collections.abc import Mapping, Sequence

MAX_TAGS = 50


def put(connection: sqlite3.Connection, arn: str, tags: Mapping[str, str]) -> None:
    connection.executemany(
        "INSERT INTO tag (arn, key, value) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
        [(arn, key, value) for key, value in tags.items()],
    )


def of(connection: sqlite3.Connection, arn: str) -> dict[str, str]:
    rows = connection.execute("SELECT key, value FROM tag WHERE arn = ? ORDER BY key", (arn,)).fetchall()
    return {str(key): str(value) for key, value in rows}


def remove(connection: sqlite3.Connection, arn: str, keys: Sequence[str]) -> None:
    connection.executemany("DELETE FROM tag WHERE arn = ? AND key = ?", [(arn, key) for key in keys])
