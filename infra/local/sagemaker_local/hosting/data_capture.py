"""Data capture: a sample of what an endpoint was asked and answered, as JSON lines in S3.

A call only leaves its record in memory. A writer thread appends records to one file per endpoint, variant
and hour, and full or old files are uploaded; what S3 does not take stays on disk for the next attempt, and
for the next start. Memory and disk are bounded: beyond that, records are dropped and counted.
"""

import asyncio
import logging
import time
import uuid
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from sagemaker_local.hosting.capture_records import Captured, Destination, captured
from sagemaker_local.hosting.proxy import Invocation
from sagemaker_local.hosting.worker_connections import Answer
from sagemaker_local.storage.aws_clients import AwsClients
from sagemaker_local.storage.objects_s3 import (
    ObjectStoreError,
    ObjectStoreUnavailable,
    S3Objects,
    parse_s3_uri,
)
from sagemaker_local.storage.roles import RoleCredentials, RoleError

_MAX_MEMORY_BYTES = 64 * 1024 * 1024
_MAX_DISK_BYTES = 1024**3
_WRITE_EVERY_S = 1.0
_MAX_BACKOFF_S = 60.0
_CLOSE_S = 10.0

logger = logging.getLogger(__name__)


@dataclass
class OpenFile:
    """A file that still grows."""

    path: Path
    opened_at: float
    size_bytes: int = 0


class CaptureFiles:
    """The files on disk. Blocking; used by one thread at a time."""

    def __init__(self, folder: Path, *, max_age_s: float, max_bytes: int) -> None:
        self._folder = folder
        self._max_age_s = max_age_s
        self._max_bytes = max_bytes
        self._open: dict[Destination, OpenFile] = {}

    def append(self, records: Sequence[Captured]) -> None:
        for record in records:
            file = self._open.get(record.destination)
            if file is not None and _hour(file.opened_at) != _hour(record.at):
                del self._open[record.destination]
                file = None
            if file is None:
                file = self._open[record.destination] = self._new(record)
            with file.path.open("ab") as output:
                file.size_bytes += output.write(record.line())
            if file.size_bytes >= self._max_bytes:
                del self._open[record.destination]

    def release(self, now: float) -> None:
        """Let go of the files that are old enough to be uploaded."""
        for destination, file in list(self._open.items()):
            if now - file.opened_at >= self._max_age_s:
                del self._open[destination]

    def release_all(self) -> None:
        self._open.clear()

    def ready(self) -> list[Path]:
        """Files that grow no more, oldest first, those of earlier engines among them."""
        growing = {file.path for file in self._open.values()}
        return sorted(
            (path for path in self._folder.glob("*.jsonl") if path not in growing),
            key=lambda path: path.stat().st_mtime,
        )

    def drop_beyond(self, limit_bytes: int) -> int:
        """Remove the oldest files that do not fit; returns how many."""
        sizes = [(path, path.stat().st_size) for path in self.ready()]
        total, dropped = sum(size for _, size in sizes), 0
        for path, size in sizes:
            if total <= limit_bytes:
                break
            forget(path)
            total, dropped = total - size, dropped + 1
        return dropped

    def _new(self, record: Captured) -> OpenFile:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._folder / f"{record.at:.6f}-{uuid.uuid4()}.jsonl"
        path.with_suffix(".json").write_text(record.destination.model_dump_json())
        return OpenFile(path, record.at)


def forget(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.with_suffix(".json").unlink(missing_ok=True)


def _hour(at: float) -> int:
    return int(at // 3600)


class DataCapture:
    def __init__(
        self, files: CaptureFiles, clients: AwsClients, roles: RoleCredentials, *, flush_s: float
    ) -> None:
        self._files = files
        self._clients = clients
        self._roles = roles
        self._write_every_s = min(_WRITE_EVERY_S, flush_s)
        self._records: deque[Captured] = deque()
        self._size_bytes = 0
        self._dropped = 0
        self._turn = asyncio.Lock()  # of the threads that use the files

    def offer(self, invocation: Invocation, answer: Answer) -> None:
        record = captured(invocation, answer, time.time())
        if record is None:
            return
        if self._size_bytes + record.size_bytes > _MAX_MEMORY_BYTES:
            self._dropped += 1
            return
        self._records.append(record)
        self._size_bytes += record.size_bytes

    async def write(self) -> None:
        """Until cancelled, bring records from memory to disk."""
        while True:
            await asyncio.sleep(self._write_every_s)
            await self._write()

    async def deliver(self) -> None:
        """Until cancelled, bring files from disk to S3."""
        backoff_s = self._write_every_s
        while True:
            await asyncio.sleep(backoff_s)
            took_all = await self._deliver()
            backoff_s = self._write_every_s if took_all else min(backoff_s * 2, _MAX_BACKOFF_S)

    async def close(self) -> None:
        """Bring everything to disk, and to S3 if it answers; the next start goes on with the rest."""
        await self._write()
        self._files.release_all()
        try:
            async with asyncio.timeout(_CLOSE_S):
                await self._deliver()
        except TimeoutError:
            logger.warning("captured data stays on disk until the next start: S3 does not answer")

    async def _deliver(self) -> bool:
        async with self._turn:
            ready = await asyncio.to_thread(self._files.ready)
        return await asyncio.to_thread(self._upload, ready)

    async def _write(self) -> None:
        async with self._turn:
            records, self._records = self._records, deque()
            self._size_bytes = 0
            if self._dropped:
                logger.warning("%d captured records are dropped: they come too fast", self._dropped)
                self._dropped = 0
            await asyncio.to_thread(self._append, list(records))

    def _append(self, records: list[Captured]) -> None:
        try:
            self._files.append(records)
        except OSError as error:
            logger.warning("captured records are lost: %s", error)
        self._files.release(time.time())
        dropped = self._files.drop_beyond(_MAX_DISK_BYTES)
        if dropped:
            logger.warning("%d files of captured data are dropped: S3 has not taken them", dropped)

    def _upload(self, ready: Sequence[Path]) -> bool:
        """Upload the files; False when one has to wait."""
        took_all = True
        for path in ready:
            try:
                destination = Destination.model_validate_json(path.with_suffix(".json").read_text())
            except (OSError, ValidationError) as error:
                logger.warning("captured data in %s belongs nowhere and is dropped: %s", path, error)
                forget(path)
                continue
            try:
                self._put(path, destination)
            except ObjectStoreUnavailable as error:
                logger.warning("captured data waits: %s", error)
                return False
            except FileNotFoundError:
                continue  # dropped in the meantime, for lack of space
            except (ObjectStoreError, RoleError) as error:
                logger.warning("captured data of endpoint %s waits: %s", destination.endpoint, error)
                took_all = False
            else:
                forget(path)
        return took_all

    def _put(self, path: Path, destination: Destination) -> None:
        opened_at, _, name = path.stem.partition("-")
        base = parse_s3_uri(destination.uri)
        store = S3Objects(
            self._clients, self._roles, role_arn=destination.role_arn, region=destination.region
        )
        store.upload(path, base.below(destination.key_below(float(opened_at), name)))
