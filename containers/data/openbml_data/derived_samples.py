"""The samples of a version that a job derives from another: shards to commit, files beside them."""

from collections import deque
from concurrent.futures import Future
from typing import TYPE_CHECKING

from openbml_formats.annotations import Annotation
from openbml_formats.listings import ListedSample
from openbml_formats.planned import KnownContent, PlannedSample, StoredFile, packed_plan
from openbml_formats.planning import SHARD_BYTES, SHARD_SAMPLES

if TYPE_CHECKING:
    from openbml_data.workspace import Workspace

_TYPES = {"jpg": "image/jpeg", "png": "image/png"}
_FILES_UNDER_WAY = 16
_SHARDS = "shards/"


class DerivedSamples:
    """Writes samples in their order; the same order gives the same keys, so that a job may be repeated.

    A shard is written when all files of its samples are.
    """

    def __init__(
        self, workspace: "Workspace", shards_prefix: str, *, shard_samples: int = SHARD_SAMPLES
    ) -> None:
        self._workspace = workspace
        self._shards_prefix = shards_prefix
        self._files_prefix = f"{shards_prefix.removesuffix(_SHARDS)}files/"
        self._shard_samples = shard_samples
        self._planned: list[PlannedSample] = []
        self._sending: deque[Future[None]] = deque()
        self._shard_bytes = 0
        self._files = 0
        self._taken: set[str] = set()
        self.shards = 0
        self.samples = 0

    def keep(self, sample: ListedSample, annotation: Annotation) -> None:
        """Take a sample's content as it is: by reference, or its texts."""
        known = KnownContent(
            sha256=sample.sha256,
            size_bytes=sample.size_bytes,
            extension=sample.extension,
            width=sample.width,
            height=sample.height,
            duration_ms=sample.duration_ms,
        )
        self._add(sample, sample.name, annotation, sample.texts, None if sample.texts else known)

    def add_texts(
        self, sample: ListedSample, name: str, texts: tuple[str, ...], annotation: Annotation
    ) -> str:
        return self._add(sample, name, annotation, texts, None)

    def add_file(
        self, sample: ListedSample, name: str, body: bytes, extension: str, annotation: Annotation
    ) -> str:
        """Store new content and return the name that the sample got."""
        key = f"{self._files_prefix}{self._files:07}.{extension}"
        self._files += 1
        while len(self._sending) >= _FILES_UNDER_WAY:
            self._sending.popleft().result()
        put = self._workspace.put_upload
        self._sending.append(
            self._workspace.pool.submit(put, key, body, content_type=_TYPES.get(extension, "image/png"))
        )
        return self._add(sample, name, annotation, (), StoredFile(key=key, size=len(body)))

    def finish(self) -> None:
        if self._planned:
            self._write_shard()

    def _add(
        self,
        sample: ListedSample,
        name: str,
        annotation: Annotation,
        texts: tuple[str, ...],
        content: KnownContent | StoredFile | None,
    ) -> str:
        free = self._free_name(name)
        self._planned.append(
            PlannedSample(
                name=free,
                texts=texts,
                content=content,
                annotation=annotation,
                annotation_source=sample.annotation_source,
                file=sample.name,
            )
        )
        self.samples += 1
        self._shard_bytes += content.size if isinstance(content, StoredFile) else 0
        if len(self._planned) >= self._shard_samples or self._shard_bytes >= SHARD_BYTES:
            self._write_shard()
        return free

    def _free_name(self, name: str) -> str:
        """Return the name, with a number where another sample of the new version has it."""
        free, number = name, 1
        stem, dot, suffix = name.rpartition(".")
        while free in self._taken:
            number += 1
            free = f"{stem}_{number}{dot}{suffix}" if dot else f"{name}_{number}"
        self._taken.add(free)
        return free

    def _write_shard(self) -> None:
        while self._sending:
            self._sending.popleft().result()
        key = f"{self._shards_prefix}{self.shards:06}.json.z"
        self._workspace.put_upload(key, packed_plan(self._planned), content_type="application/octet-stream")
        self._planned = []
        self._shard_bytes = 0
        self.shards += 1
