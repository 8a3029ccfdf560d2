"""Presigned URLs that were issued and not used yet. Only digests are kept, as of passwords."""

import hashlib
import sqlite3


def issue(connection: sqlite3.Connection, token: str, doc: str, *, now: float, expires_at: float) -> None:
    connection.execute("DELETE FROM presigned_url WHERE expires_at <= ?", (now,))
    connection.execute("INSERT INTO presigned_url VALUES (?, ?, ?)", (_digest(token), doc, expires_at))


def redeem(connection: sqlite3.Connection, token: str, now: float) -> str | None:
    """Return what the URL was issued with, once; None when it is unknown, used or too old."""
    row = connection.execute(
        "DELETE FROM presigned_url WHERE digest = ? RETURNING doc, expires_at", (_digest(token),)
    ).fetchone()
    return str(row[0]) if row and row[1] > now else None


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
