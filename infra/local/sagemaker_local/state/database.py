"""One SQLite file: one writing thread that commits in groups, and readers beside it.

``run`` returns after the commit is on disk. Writes that wait while one is being committed share the next
commit, each in a savepoint of its own: what one raises rolls back that one only.
"""

import asyncio
import contextlib
import os
import queue
import signal
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

Result = TypeVar("Result")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS resource (
    arn TEXT PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, status TEXT NOT NULL,
    created_at REAL NOT NULL, modified_at REAL NOT NULL, doc TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS resource_by_kind ON resource (kind, created_at);
CREATE INDEX IF NOT EXISTS resource_created
    ON resource (substr(arn, 1, instr(arn, '/')), created_at, name, status);
CREATE INDEX IF NOT EXISTS resource_modified
    ON resource (substr(arn, 1, instr(arn, '/')), modified_at, name, status);
CREATE INDEX IF NOT EXISTS resource_name ON resource (substr(arn, 1, instr(arn, '/')), name, status);
CREATE INDEX IF NOT EXISTS resource_status
    ON resource (substr(arn, 1, instr(arn, '/')), status, created_at, name);
CREATE TABLE IF NOT EXISTS tag (
    arn TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (arn, key));
CREATE TABLE IF NOT EXISTS process (
    process_id TEXT PRIMARY KEY, owner_arn TEXT NOT NULL, doc TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS process_by_owner ON process (owner_arn);
CREATE TABLE IF NOT EXISTS event_outbox (
    event_id INTEGER PRIMARY KEY AUTOINCREMENT, arn TEXT NOT NULL, detail_type TEXT NOT NULL,
    detail TEXT NOT NULL, happened_at REAL NOT NULL, sent_at REAL);
CREATE INDEX IF NOT EXISTS event_unsent_of ON event_outbox (event_id, arn) WHERE sent_at IS NULL;
CREATE INDEX IF NOT EXISTS event_sent ON event_outbox (sent_at) WHERE sent_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS log_cursor (
    process_id TEXT PRIMARY KEY, group_name TEXT NOT NULL, stream_name TEXT NOT NULL,
    sent_offset INTEGER NOT NULL, in_flight_offset INTEGER, closed INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS metric (
    arn TEXT NOT NULL, name TEXT NOT NULL, value REAL NOT NULL, at REAL NOT NULL, PRIMARY KEY (arn, name));
CREATE INDEX IF NOT EXISTS log_open ON log_cursor (process_id) WHERE closed = 0;
CREATE TABLE IF NOT EXISTS transform_object (
    arn TEXT NOT NULL, ordinal INTEGER NOT NULL, bucket TEXT NOT NULL, key TEXT NOT NULL, path TEXT NOT NULL,
    state TEXT NOT NULL, reason TEXT, PRIMARY KEY (arn, ordinal));
CREATE TABLE IF NOT EXISTS warm_pool (
    arn TEXT PRIMARY KEY, key TEXT NOT NULL, keep_alive_s REAL NOT NULL,
    available_at REAL, reused_at REAL, reused_by TEXT);
CREATE TABLE IF NOT EXISTS async_call (
    place INTEGER PRIMARY KEY AUTOINCREMENT, call_id TEXT NOT NULL UNIQUE, endpoint_arn TEXT NOT NULL,
    state TEXT NOT NULL, expires_at REAL NOT NULL, doc TEXT NOT NULL, body BLOB, outcome TEXT);
CREATE INDEX IF NOT EXISTS async_call_by_endpoint ON async_call (state, endpoint_arn, place);
CREATE TABLE IF NOT EXISTS async_notice (notice_id INTEGER PRIMARY KEY AUTOINCREMENT, doc TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS metric_outbox (
    datum_id INTEGER PRIMARY KEY AUTOINCREMENT, region TEXT NOT NULL, account_id TEXT NOT NULL,
    namespace TEXT NOT NULL,
    dimensions TEXT NOT NULL, name TEXT NOT NULL, unit TEXT NOT NULL, counts TEXT NOT NULL, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS metric_cursor (process_id TEXT PRIMARY KEY, scanned_offset INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS presigned_url (
    digest TEXT PRIMARY KEY, doc TEXT NOT NULL, expires_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS tuning_child (
    arn TEXT PRIMARY KEY, tuning_arn TEXT NOT NULL, number INTEGER NOT NULL,
    objective_metric TEXT NOT NULL, is_settled INTEGER NOT NULL, doc TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS tuning_child_by_job ON tuning_child (tuning_arn, number);
CREATE TABLE IF NOT EXISTS objective_value (
    arn TEXT NOT NULL, attempt INTEGER NOT NULL, node INTEGER NOT NULL, value REAL NOT NULL);
CREATE INDEX IF NOT EXISTS objective_value_by_job ON objective_value (arn);
"""
_SCHEMA_VERSION = 1


#: Reads never wait for a commit; more readers than this do not make a small machine faster.
_READERS = 2
_MAX_GROUP = 64


class StateError(Exception):
    """The state file cannot be used as it is."""


@dataclass
class _Write:
    work: Callable[[sqlite3.Connection], Any]
    loop: asyncio.AbstractEventLoop
    answer: "asyncio.Future[Any]"
    result: Any = None
    error: BaseException | None = None

    def settle(self) -> None:
        """On the event loop; the caller may have given up meanwhile."""
        if self.answer.done():
            return
        if self.error is not None:
            self.answer.set_exception(self.error)
        else:
            self.answer.set_result(self.result)


class Database:
    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = path
        self._listeners: list[Callable[[], None]] = []
        self._dies_before_commit = False
        try:
            self._connection = _connect(path)
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
        self._writes: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write_all, name="state-writer", daemon=True)
        self._writer.start()
        self._own = threading.local()
        self._readers = ThreadPoolExecutor(max_workers=_READERS, thread_name_prefix="state-reader")
        self._read_connections: list[sqlite3.Connection] = []

    def on_commit(self, listener: Callable[[], None]) -> None:
        self._listeners.append(listener)

    def die_before_next_commit(self) -> None:
        """Fault hook: the server is killed when the next write is about to be committed."""
        self._dies_before_commit = True

    async def run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run ``work`` in one write transaction; an exception rolls everything it did back."""
        loop = asyncio.get_running_loop()
        write = _Write(work, loop, loop.create_future())
        self._writes.put(write)
        result: Result = await write.answer
        for listener in self._listeners:
            listener()
        return result

    async def read(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run ``work`` on one consistent view of what is committed; it cannot write."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._view, work)

    def close(self) -> None:
        self._writes.put(None)
        self._writer.join()
        self._readers.shutdown(wait=True)
        for connection in (*self._read_connections, self._connection):
            connection.close()

    # -- the readers' threads ----------------------------------------------------------

    def _view(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        connection = self._reader()
        connection.execute("BEGIN")
        try:
            return work(connection)
        finally:
            connection.execute("ROLLBACK")

    def _reader(self) -> sqlite3.Connection:
        found: sqlite3.Connection | None = getattr(self._own, "connection", None)
        if found is None:
            found = self._own.connection = _connect(self._path)
            found.execute("PRAGMA query_only=1")
            self._read_connections.append(found)
        return found

    # -- the writer's thread -----------------------------------------------------------

    def _write_all(self) -> None:
        while (first := self._writes.get()) is not None:
            group: list[_Write] = [first]
            closes = False
            with contextlib.suppress(queue.Empty):
                while len(group) < _MAX_GROUP:
                    following = self._writes.get_nowait()
                    if following is None:
                        closes = True
                        break
                    group.append(following)
            self._commit(group)
            for loop in {write.loop for write in group}:
                loop.call_soon_threadsafe(_settle, [write for write in group if write.loop is loop])
            if closes:
                return

    def _commit(self, group: list[_Write]) -> None:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for write in group:
                self._apply(write)
            if self._dies_before_commit:
                os.kill(os.getpid(), signal.SIGKILL)
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:  # a full disk, say: nothing of the group is there
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            for write in group:
                write.error = write.error or error

    def _apply(self, write: _Write) -> None:
        self._connection.execute("SAVEPOINT one")
        try:
            write.result = write.work(self._connection)
        except BaseException as error:  # noqa: BLE001 - it goes to the caller, not away
            write.error = error
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK TO one")
        self._connection.execute("RELEASE one")


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)


def _settle(writes: list[_Write]) -> None:
    for write in writes:
        write.settle()
