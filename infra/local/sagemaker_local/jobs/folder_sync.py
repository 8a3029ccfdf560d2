"""One folder of a running job and its place in S3: changed files go up, nothing is deleted there."""

import asyncio
import logging
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from sagemaker_local.storage.job_files import job_files
from sagemaker_local.storage.objects_s3 import ObjectStoreError, ObjectStoreUnavailable, S3Objects, S3Uri
from sagemaker_local.storage.roles import RoleError

_SETTLED_S = 1.0

logger = logging.getLogger(__name__)


@dataclass
class FolderSync:
    """``relative`` is the folder's place below ``root``, which the job cannot replace."""

    root: Path
    relative: str
    uri: S3Uri
    store: S3Objects
    _uploaded: dict[PurePosixPath, tuple[int, int]] = field(default_factory=dict)
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def download(self) -> int:
        """Fill the folder before the job starts."""
        folder = self.root / self.relative
        folder.mkdir(parents=True, exist_ok=True)
        base = self.uri.below("")
        count = 0
        for info in self.store.list(base):
            relative = PurePosixPath(info.key[len(base.key) :])
            if not relative.parts or info.key.endswith("/") or ".." in relative.parts:
                continue
            target = folder / relative
            self.store.download(self.uri.bucket, info.key, target)
            found = target.stat()
            self._uploaded[relative] = (found.st_size, found.st_mtime_ns)
            count += 1
        return count

    def upload_changed(self, *, final: bool) -> int:
        """Upload what changed. A file still being written waits for the next round, unless it is the last."""
        count = 0
        with self._one_at_a_time:
            for file in job_files(self.root, self.relative):
                stamp = file.stamp
                settled = final or time.time() - stamp[1] / 1e9 >= _SETTLED_S
                if settled and self._uploaded.get(file.path) != stamp:
                    self.store.upload(file.source, self.uri.below(file.path.as_posix()))
                    self._uploaded[file.path] = stamp
                    count += 1
        return count


async def keep_in_step(syncs: list[FolderSync], every_s: float, who: str) -> None:
    """Upload changes until cancelled. A round that fails is made up by the next one or by the last."""
    while True:
        await asyncio.sleep(every_s)
        for sync in syncs:
            try:
                await asyncio.to_thread(sync.upload_changed, final=False)
            except (ObjectStoreError, ObjectStoreUnavailable, RoleError) as error:
                logger.warning("upload of %s of %s: %s", sync.relative, who, error)
