"""The resource table: every named thing of the API, whatever its kind."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Record:
    """One resource: the columns lists are filtered by, and the entity as JSON text."""

    arn: str
    kind: str
    name: str
    status: str
    created_at: float
    modified_at: float
    doc: str


@dataclass(frozen=True)
class ListFilter:
    """What a List operation asks for; ``None`` means no such condition.

    ``among`` is a query that yields ARNs, with its values: only these are wanted.
    """

    arn_prefix: str
    name_contains: str | None = None
    status: str | None = None
    created_after: float | None = None
    created_before: float | None = None
    modified_after: float | None = None
    modified_before: float | None = None
    among: tuple[str, tuple[str | float, ...]] | None = None
    sort_by: str = "created_at"
    descending: bool = True
    limit: int = 10
    offset: int = 0


_COLUMNS = "arn, kind, name, status, created_at, modified_at, doc"
_SORTABLE = {"created_at", "modified_at", "name", "status"}


def insert(connection: sqlite3.Connection, record: Record) -> bool:
    """Return False when the name is taken."""
    cursor = connection.execute(
        "INSERT INTO resource (arn, kind, name, status, created_at, modified_at, doc) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (
            record.arn,
            record.kind,
            record.name,
            record.status,
            record.created_at,
            record.modified_at,
            record.doc,
        ),
    )
    return cursor.rowcount == 1


def update(connection: sqlite3.Connection, record: Record) -> None:
    connection.execute(
        "UPDATE resource SET status = ?, modified_at = ?, doc = ? WHERE arn = ?",
        (record.status, record.modified_at, record.doc, record.arn),
    )


def delete(connection: sqlite3.Connection, arn: str) -> bool:
    connection.execute("DELETE FROM tag WHERE arn = ?", (arn,))
    return connection.execute("DELETE FROM resource WHERE arn = ?", (arn,)).rowcount == 1


def get(connection: sqlite3.Connection, arn: str) -> Record | None:
    row = connection.execute(f"SELECT {_COLUMNS} FROM resource WHERE arn = ?", (arn,)).fetchone()  # noqa: S608
    return Record(*row) if row else None


def all_of(connection: sqlite3.Connection, kind: str, statuses: Sequence[str] | None = None) -> list[Record]:
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM resource WHERE kind = ? ORDER BY created_at, rowid",  # noqa: S608
        (kind,),
    ).fetchall()
    records = [Record(*row) for row in rows]
    return [record for record in records if statuses is None or record.status in statuses]


def every(connection: sqlite3.Connection) -> list[Record]:
    rows = connection.execute(f"SELECT {_COLUMNS} FROM resource ORDER BY created_at, rowid").fetchall()  # noqa: S608
    return [Record(*row) for row in rows]


def search(
    connection: sqlite3.Connection, wanted: ListFilter, equal: Mapping[str, str] | None = None
) -> tuple[list[Record], bool]:
    """Return one page and whether more follow; ``equal`` asks for members of the entity itself."""
    if wanted.sort_by not in _SORTABLE:
        raise ValueError(wanted.sort_by)
    conditions, values = ["arn >= ? AND arn < ?"], [wanted.arn_prefix, wanted.arn_prefix + "\U0010ffff"]
    optional: list[tuple[str, str | float | None]] = [
        ("instr(name, ?) > 0", wanted.name_contains),
        ("status = ?", wanted.status),
        ("created_at > ?", wanted.created_after),
        ("created_at < ?", wanted.created_before),
        ("modified_at > ?", wanted.modified_after),
        ("modified_at < ?", wanted.modified_before),
    ]
    parameters: list[str | float] = list(values)
    for condition, value in optional:
        if value is not None:
            conditions.append(condition)
            parameters.append(value)
    if wanted.among is not None:
        query, query_values = wanted.among
        conditions.append(f"arn IN ({query})")
        parameters += query_values
    for member, text in (equal or {}).items():
        conditions.append("json_extract(doc, ?) = ?")
        parameters += [f"$.{member}", text]
    direction = "DESC" if wanted.descending else "ASC"
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM resource WHERE {' AND '.join(conditions)} "  # noqa: S608 - constants only
        f"ORDER BY {wanted.sort_by} {direction}, rowid {direction} LIMIT ? OFFSET ?",
        (*parameters, wanted.limit + 1, wanted.offset),
    ).fetchall()
    return [Record(*row) for row in rows[: wanted.limit]], len(rows) > wanted.limit
