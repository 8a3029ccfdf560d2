"""One SQLite file, one writing thread; ``run`` returns after the commit is on disk."""

import asyncio
import os
import signal
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

Result = TypeVar("Result")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS resource (
    arn TEXT PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, status TEXT NOT NULL,
    created_at REAL NOT NULL, modified_at REAL NOT NULL, doc TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS resource_by_kind ON resource (kind, created_at);
CREATE TABLE IF NOT EXISTS tag (
    arn TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (arn, key));
CREATE TABLE IF NOT EXISTS process (
    process_id TEXT PRIMARY KEY, owner_arn TEXT NOT NULL, doc TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS process_by_owner ON process (owner_arn);
CREATE TABLE IF NOT EXISTS event_outbox (
    event_id INTEGER PRIMARY KEY AUTOINCREMENT, arn TEXT NOT NULL, detail_type TEXT NOT NULL,
    detail TEXT NOT NULL, happened_at REAL NOT NULL, sent_at REAL);
CREATE INDEX IF NOT EXISTS event_unsent ON event_outbox (sent_at, event_id);
CREATE TABLE IF NOT EXISTS log_cursor (
    process_id TEXT PRIMARY KEY, group_name TEXT NOT NULL, stream_name TEXT NOT NULL,
    sent_offset INTEGER NOT NULL, in_flight_offset INTEGER, closed INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS metric (
    arn TEXT NOT NULL, name TEXT NOT NULL, value REAL NOT NULL, at REAL NOT NULL, PRIMARY KEY (arn, name));
CREATE TABLE IF NOT EXISTS transform_object (
    arn TEXT NOT NULL, ordinal INTEGER NOT NULL, bucket TEXT NOT NULL, key TEXT NOT NULL, path TEXT NOT NULL,
    state TEXT NOT NULL, reason TEXT, PRIMARY KEY (arn, ordinal));
CREATE TABLE IF NOT EXISTS warm_pool (
    arn TEXT PRIMARY KEY, key TEXT NOT NULL, keep_alive_s REAL NOT NULL,
    available_at REAL, reused_at REAL, reused_by TEXT);
CREATE TABLE IF NOT EXISTS metric_cursor (process_id TEXT PRIMARY KEY, scanned_offset INTEGER NOT NULL);
"""
_SCHEMA_VERSION = 1


class StateError(Exception):
    """The state file cannot be used as it is."""


class Database:
    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="state")
        self._listeners: list[Callable[[], None]] = []
        self._dies_before_commit = False
        try:
            self._connection = sqlite3.connect(
                path, isolation_level=None, check_same_thread=False, timeout=10
            )
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
            version = self._connection.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, _SCHEMA_VERSION):
                raise StateError(
                    f"{path} was written by another version of the engine (schema {version}, this one has "
                    f"{_SCHEMA_VERSION}); start with an empty state folder"
                )
            self._connection.executescript(_SCHEMA)
            self._connection.execute(f"PRAGMA user_version={_SCHEMA_VERSION}")
        except sqlite3.DatabaseError as error:
            raise StateError(f"{path} cannot be read as the engine's state: {error}") from error

    def on_commit(self, listener: Callable[[], None]) -> None:
        self._listeners.append(listener)

    def die_before_next_commit(self) -> None:
        """Fault hook: the server is killed when the next write is about to be committed."""
        self._dies_before_commit = True

    async def run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run ``work`` in one write transaction; an exception rolls everything back."""
        result = await asyncio.get_running_loop().run_in_executor(self._executor, self._transact, work)
        for listener in self._listeners:
            listener()
        return result

    async def read(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work, self._connection)

    def close(self) -> None:
        self._executor.shutdown(wait=True)
        self._connection.close()

    def _transact(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            result = work(self._connection)
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        if self._dies_before_commit:
            os.kill(os.getpid(), signal.SIGKILL)
        self._connection.execute("COMMIT")
        return result
