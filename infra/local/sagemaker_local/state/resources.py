"""The resource table: every named thing of the API, whatever its kind."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


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

    Attributes:
        among: a query that yields ARNs, with its values: only these are wanted.
        equal: what members of the entity itself must be.
    """

    arn_prefix: str
    name_contains: str | None = None
    status: str | None = None
    created_after: float | None = None
    created_before: float | None = None
    modified_after: float | None = None
    modified_before: float | None = None
    among: tuple[str, tuple[str | float, ...]] | None = None
    equal: Mapping[str, str] = field(default_factory=dict)
    sort_by: str = "created_at"
    descending: bool = True
    limit: int = 10
    offset: int = 0


_COLUMNS = "arn, kind, name, status, created_at, modified_at, doc"
_ENDED = "'Completed', 'Failed', 'Stopped', 'Deleted'"
#: As the indexes have it, so that a page is read from one and nothing is sorted.
_KIND_PREFIX = "substr(arn, 1, instr(arn, '/'))"
_ORDERS = {
    "created_at": "created_at {0}, name {0}, status {0}, rowid {0}",
    "modified_at": "modified_at {0}, name {0}, status {0}, rowid {0}",
    "name": "name {0}, status {0}, rowid {0}",
    "status": "status {0}, created_at {0}, name {0}, rowid {0}",
}


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
    wanted = "" if statuses is None else f"AND status IN ({', '.join('?' * len(statuses))}) "
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM resource WHERE kind = ? {wanted}ORDER BY created_at, rowid",  # noqa: S608
        (kind, *(statuses or ())),
    ).fetchall()
    return [Record(*row) for row in rows]


def current(connection: sqlite3.Connection, recent: int) -> list[Record]:
    """Whatever is unfinished or serving, and the ``recent`` latest of what has ended."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM resource WHERE status NOT IN ('', {_ENDED}) "  # noqa: S608 - constants only
        f"UNION SELECT * FROM (SELECT {_COLUMNS} FROM resource WHERE status IN ({_ENDED}) "
        "ORDER BY modified_at DESC LIMIT ?) ORDER BY created_at",
        (recent,),
    ).fetchall()
    return [Record(*row) for row in rows]


def named(connection: sqlite3.Connection, name: str) -> list[Record]:
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM resource WHERE name = ? ORDER BY created_at",  # noqa: S608 - constants only
        (name,),
    ).fetchall()
    return [Record(*row) for row in rows]


def counts(connection: sqlite3.Connection) -> dict[str, dict[str, int]]:
    """How many resources of each kind are in each status."""
    found: dict[str, dict[str, int]] = {}
    for kind, status, count in connection.execute(
        "SELECT kind, status, COUNT(*) FROM resource GROUP BY kind, status ORDER BY kind, status"
    ):
        found.setdefault(kind, {})[status] = count
    return found


def search(connection: sqlite3.Connection, wanted: ListFilter) -> tuple[list[Record], bool]:
    """Return one page and whether more follow."""
    kind_prefix = wanted.arn_prefix[: wanted.arn_prefix.index("/") + 1]
    conditions, values = [f"{_KIND_PREFIX} = ?"], [kind_prefix]
    if wanted.arn_prefix != kind_prefix:
        conditions.append("arn >= ? AND arn < ?")
        values += [wanted.arn_prefix, wanted.arn_prefix + "\U0010ffff"]
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
    for member, text in wanted.equal.items():
        conditions.append("json_extract(doc, ?) = ?")
        parameters += [f"$.{member}", text]
    if wanted.among is not None:
        query, query_values = wanted.among
        conditions.append(f"arn IN ({query})")
        parameters += query_values
    order = _ORDERS[wanted.sort_by].format("DESC" if wanted.descending else "ASC")
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM resource WHERE {' AND '.join(conditions)} "  # noqa: S608 - constants only
        f"ORDER BY {order} LIMIT ? OFFSET ?",
        (*parameters, wanted.limit + 1, wanted.offset),
    ).fetchall()
    return [Record(*row) for row in rows[: wanted.limit]], len(rows) > wanted.limit
