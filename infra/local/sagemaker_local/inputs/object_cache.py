"""Objects that jobs read, kept on this machine: each version is downloaded once.

An entry is known by bucket, key and ETag. The cache is bounded; what was not used for the
longest time goes first. Entries are read-only files, and jobs get copies of them, or hard
links that they see through a read-only mount only.
"""

import hashlib
import os
import shutil
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sagemaker_local.processes.identity import boot_id
from sagemaker_local.storage.objects_s3 import Cancelled, S3Objects, S3Uri

_LOCK_POLL_S = 0.2
_PART = ".part"


@dataclass(frozen=True)
class StoredObject:
    """One version of an object."""

    uri: S3Uri
    etag: str
    size_bytes: int

    @property
    def digest(self) -> str:
        return hashlib.sha256(f"{self.uri.bucket}\0{self.uri.key}\0{self.etag}".encode()).hexdigest()


@dataclass
class _Use:
    """Who works with an entry now."""

    users: int = 0
    filling: threading.Lock = field(default_factory=threading.Lock)


class ObjectCache:
    """Blocking; used from worker threads."""

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self._folder = folder
        self._limit = limit_bytes
        self._lock = threading.Lock()
        self._uses: dict[str, _Use] = {}
        self._sizes: OrderedDict[str, int] | None = None  # read at the first use, the oldest first
        self._total = 0

    @contextmanager
    def held(self, one: StoredObject, store: S3Objects, cancel: threading.Event) -> Iterator[Path]:
        """Give the object's file, fetching it first when it is not here; it stays while the block runs.

        Raises:
            Cancelled: ``cancel`` was set meanwhile.
        """
        digest = one.digest
        use = self._begin_use(digest)
        try:
            while not use.filling.acquire(timeout=_LOCK_POLL_S):
                if cancel.is_set():
                    raise Cancelled
            try:
                path = self._path(digest)
                if not _is_whole(path, one.size_bytes):
                    self._fetch(one, path, store, cancel)
            finally:
                use.filling.release()
            self._note_use(digest, one.size_bytes, path)
            yield path
        finally:
            self._end_use(digest)

    def _fetch(self, one: StoredObject, path: Path, store: S3Objects, cancel: threading.Event) -> None:
        """A part that an outage left is continued."""
        part = path.with_suffix(_PART)
        part.parent.mkdir(parents=True, exist_ok=True)
        with part.open("ab") as file:
            if file.tell() > one.size_bytes:
                file.truncate(0)
            if file.tell() < one.size_bytes:
                for chunk in store.stream(one.uri, etag=one.etag, offset=file.tell()):
                    if cancel.is_set():
                        raise Cancelled
                    file.write(chunk)
        part.chmod(0o444)
        part.rename(path)

    def _begin_use(self, digest: str) -> _Use:
        with self._lock:
            if self._sizes is None:
                self._sizes = self._found()
                self._total = sum(self._sizes.values())
            use = self._uses.setdefault(digest, _Use())
            use.users += 1
            return use

    def _note_use(self, digest: str, size: int, path: Path) -> None:
        os.utime(path)
        with self._lock:
            sizes = self._known()
            self._total += size - sizes.get(digest, 0)
            sizes[digest] = size
            sizes.move_to_end(digest)

    def _end_use(self, digest: str) -> None:
        with self._lock:
            use = self._uses[digest]
            use.users -= 1
            if not use.users:
                del self._uses[digest]
            if self._total > self._limit:
                self._evict(self._known())

    def _evict(self, sizes: "OrderedDict[str, int]") -> None:
        """Remove the longest unused entries; files that jobs hold links of live on there."""
        for digest in [one for one in sizes if one not in self._uses]:
            if self._total <= self._limit:
                return
            self._path(digest).unlink(missing_ok=True)
            self._total -= sizes.pop(digest)

    def _known(self) -> "OrderedDict[str, int]":
        if self._sizes is None:
            raise RuntimeError("the cache was not read yet")
        return self._sizes

    def _found(self) -> "OrderedDict[str, int]":
        """What an earlier engine left. After a restart of the machine nobody knows what reached the disk."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        mark = self._folder / "boot-id"
        if not mark.exists() or mark.read_text() != boot_id():
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            mark.write_text(boot_id())
        found = []
        for path in self._folder.glob("??/*"):
            if path.suffix == _PART:
                path.unlink()
            else:
                stat = path.stat()
                found.append((stat.st_mtime, path.name, stat.st_size))
        return OrderedDict((name, size) for _, name, size in sorted(found))

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest


def _is_whole(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except FileNotFoundError:
        return False
