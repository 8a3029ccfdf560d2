"""Importing one shard: read, check, de-duplicate, store, count; killed anywhere, a repeat ends the same."""

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future
from typing import NamedTuple

from openbml.core.clock import Clock
from openbml.core.events import EventPublisher
from openbml.datasets.annotations import SampleRejectedError, parsed_labels, rejection
from openbml.datasets.image_rules import CheckedImage, checked_image
from openbml.datasets.importing.archive_blocks import BlockReader
from openbml.datasets.importing.archives import Entry, EntryDataError, entry_data
from openbml.datasets.importing.data_imports import (
    DataImport,
    ImportChangedError,
    ImportCounts,
    ImportNotFoundError,
    ImportRepository,
    ImportState,
    LabelDelta,
    Problem,
    ShardDone,
)
from openbml.datasets.importing.end_imports import finish_when_done
from openbml.datasets.importing.pairing import Pair
from openbml.datasets.importing.shards import ShardMessage, is_readable, shard_key, unpacked
from openbml.datasets.limits import ANNOTATION_BYTES, IMAGE_BYTES
from openbml.datasets.samples import Claim, Sample, SampleRepository, sample_id_of
from openbml.datasets.stored_objects import ObjectStore, blob_key, thumbnail_key
from openbml_formats.annotations import Annotation

_GROUP = 100  # samples claimed at a time; the state of the import is looked at as often


class Candidate(NamedTuple):
    """A sound sample before its content is claimed."""

    sample: Sample
    digest: bytes
    data: bytes
    image: CheckedImage


class Outcome(NamedTuple):
    """Samples of a group that hold their content; `stored` are their objects on the way."""

    accepted: Sequence[Sample]
    duplicates: Sequence[Sample]
    stored: Sequence[Future[None]]


def import_shard(
    message: ShardMessage,
    *,
    imports: ImportRepository,
    samples: SampleRepository,
    archives: ObjectStore,
    data: ObjectStore,
    events: EventPublisher,
    executor: Executor,
    now: Clock,
) -> DataImport | None:
    """Import one shard and, when it was the last, close the import.

    Args:
        executor: runs what waits for the network; decoding stays on the caller's thread.

    Returns:
        The import afterwards, or None when its dataset is gone.
    """
    try:
        data_import = imports.get(message.version_key, message.import_id)
    except ImportNotFoundError:
        return None
    if data_import.state is not ImportState.IMPORTING:
        return data_import
    if not imports.shard_is_done(data_import, message.index):
        worker = _ShardWorker(data_import, message.index, imports, samples, archives, data, executor, now)
        try:
            worker.run()
        except ImportChangedError:
            return imports.get(message.version_key, message.import_id)  # ended meanwhile
    return finish_when_done(data_import, imports=imports, events=events, now=now)


class _ShardWorker:
    def __init__(
        self,
        data_import: DataImport,
        index: int,
        imports: ImportRepository,
        samples: SampleRepository,
        archives: ObjectStore,
        data: ObjectStore,
        executor: Executor,
        now: Clock,
    ) -> None:
        self._import = data_import
        self._key = data_import.version_key
        self._index = index
        self._chunk = (data_import.first_chunk or 0) + index
        self._imports = imports
        self._samples = samples
        self._archives = archives
        self._data = data
        self._executor = executor
        self._now = now
        self._problems: list[Problem] = []
        self._duplicates = 0
        self._seen: set[str] = set()

    def run(self) -> None:
        pairs = unpacked(self._archives.read(shard_key(self._import, self._index)))
        outcomes = [self._executor.submit(self._kept, group) for group in self._groups(pairs)]
        accepted: list[Sample] = []
        for outcome in outcomes:
            kept = outcome.result()
            accepted += kept.accepted
            for sample in kept.duplicates:
                self._count_duplicate(sample.name)
            for stored in kept.stored:
                stored.result()
        self._samples.add_chunk(self._key, self._chunk, accepted)
        self._imports.add_problems(self._import, self._index, self._problems)
        self._imports.finish_shard(self._import, self._done(len(pairs), accepted))

    def _groups(self, pairs: Sequence[Pair]) -> Iterator[Sequence[Candidate]]:
        """Yield sound samples in groups, each ready to be stored while the next is being decoded."""
        group: list[Candidate] = []
        blocks = BlockReader(self._archives, self._import.archive_key, pairs, self._executor)
        for ordinal, pair in enumerate(pairs):
            candidate = self._candidate(ordinal, pair, blocks)
            if candidate is not None:
                group.append(candidate)
            if len(group) == _GROUP:
                self._check_running()
                yield group
                group = []
        if group:
            self._check_running()
            yield group

    def _check_running(self) -> None:
        current = self._imports.get(self._key, self._import.import_id)
        if current.state is not ImportState.IMPORTING:
            raise ImportChangedError(import_id=self._import.import_id)

    def _candidate(self, ordinal: int, pair: Pair, blocks: BlockReader) -> Candidate | None:
        try:
            labels = self._labels(pair, blocks)
            data = self._read(pair.image, IMAGE_BYTES, "image_size", blocks)
            digest = hashlib.sha256(data)
            image = checked_image(data)
        except SampleRejectedError as error:
            details = error.details
            name = details.get("file", pair.image.name)
            self._problems.append(Problem(file=name, reason=details["reason"], message=details["message"]))
            return None
        if digest.hexdigest() in self._seen:
            self._count_duplicate(pair.image.name)
            return None
        self._seen.add(digest.hexdigest())
        sample = Sample(
            sample_id=sample_id_of(self._chunk, ordinal),
            dataset_id=self._key.dataset_id,
            version_number=self._key.version_number,
            name=pair.image.name,
            import_id=self._import.import_id,
            added_at=self._now(),
            width=image.width,
            height=image.height,
            size_bytes=len(data),
            sha256=digest.hexdigest(),
            extension=image.extension,
        ).annotated(Annotation(labels=tuple(labels)))
        return Candidate(sample, digest.digest(), data, image)

    def _labels(self, pair: Pair, blocks: BlockReader) -> Sequence[str]:
        if pair.annotation is None:
            return []
        try:
            data = self._read(pair.annotation, ANNOTATION_BYTES, "annotation_size", blocks)
            return parsed_labels(data)
        except SampleRejectedError as error:
            error.details.setdefault("file", pair.annotation.name)
            raise

    def _read(self, entry: Entry, limit: int, reason: str, blocks: BlockReader) -> bytes:
        if not is_readable(entry, limit):
            raise rejection(reason, f"is larger than {limit} bytes")
        try:
            return entry_data(entry, blocks.read(entry))
        except EntryDataError as error:
            raise rejection(
                "entry_damaged", f"is damaged in the archive: {error.details['reason']}"
            ) from error

    def _kept(self, group: Sequence[Candidate]) -> Outcome:
        claims = [
            Claim(
                sha256=candidate.sample.sha256,
                sample_id=candidate.sample.sample_id,
                import_id=self._import.import_id,
            )
            for candidate in group
        ]
        held = self._samples.claim(self._key, claims)
        kept = [candidate for candidate in group if candidate.sample.sample_id in held]
        stored = [self._executor.submit(self._store, candidate) for candidate in kept]
        duplicates = [candidate.sample for candidate in group if candidate.sample.sample_id not in held]
        return Outcome([candidate.sample for candidate in kept], duplicates, stored)

    def _store(self, candidate: Candidate) -> None:
        scope, sample, image = self._import.scope, candidate.sample, candidate.image
        self._data.put(
            blob_key(scope, sample.sha256),
            candidate.data,
            content_type=image.content_type,
            sha256=candidate.digest,
        )
        self._data.put(thumbnail_key(scope, sample.sha256), image.thumbnail, content_type="image/jpeg")

    def _count_duplicate(self, name: str) -> None:
        self._duplicates += 1
        self._problems.append(
            Problem(
                file=name, reason="duplicate", message="has the same content as another image of the dataset"
            )
        )

    def _done(self, entries: int, accepted: Sequence[Sample]) -> ShardDone:
        labels: dict[str, LabelDelta] = {}
        for sample in accepted:
            for name, objects in sample.label_counts.items():
                before = labels.get(name, LabelDelta())
                labels[name] = LabelDelta(samples=before.samples + 1, objects=before.objects + objects)
        counts = ImportCounts(
            accepted=len(accepted),
            duplicate=self._duplicates,
            rejected=entries - len(accepted) - self._duplicates,
            unlabelled=sum(1 for sample in accepted if not sample.labelled),
        )
        return ShardDone(index=self._index, chunk=self._chunk, entries=entries, counts=counts, labels=labels)
