"""Checkpoints: down before the start, changed files up during the run and at the end."""

import time
from dataclasses import dataclass, field
from pathlib import Path

from sagemaker_local.storage.archives import files_below
from sagemaker_local.storage.objects_s3 import S3Objects, S3Uri

_SETTLED_S = 1.0


@dataclass
class CheckpointSync:
    """Two-way sync of one folder; what is deleted locally stays in S3."""

    folder: Path
    uri: S3Uri
    store: S3Objects
    _uploaded: dict[str, tuple[int, int]] = field(default_factory=dict)

    def download(self) -> int:
        self.folder.mkdir(parents=True, exist_ok=True)
        count = 0
        base = self.uri.below("")
        for info in self.store.list(base):
            relative = info.key[len(base.key) :]
            if not relative or relative.endswith("/") or ".." in Path(relative).parts:
                continue
            target = self.folder / relative
            self.store.download(self.uri.bucket, info.key, target)
            self._uploaded[relative] = _stamp(target)
            count += 1
        return count

    def upload_changed(self, *, final: bool) -> int:
        """Upload what changed. A file still being written waits for the next round, unless it is the last."""
        count = 0
        for path in files_below(self.folder):
            try:
                stamp = _stamp(path)
                settled = final or time.time() - path.stat().st_mtime >= _SETTLED_S
                relative = path.relative_to(self.folder).as_posix()
                if not settled or self._uploaded.get(relative) == stamp:
                    continue
                self.store.upload(path, self.uri.below(relative))
            except FileNotFoundError:
                continue  # rotated away by the job in between
            self._uploaded[relative] = stamp
            count += 1
        return count


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns
