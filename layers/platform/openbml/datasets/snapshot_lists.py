"""What each shard of a snapshot holds: samples with their annotations, as they were when it was asked for.

Packing reads nothing but a list and the blobs it names, so that a change meanwhile changes no snapshot.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor

from openbml.core.scope import ProjectScope
from openbml.datasets.limits import TEXT_SHARD_SAMPLES
from openbml.datasets.listed_samples import listed
from openbml.datasets.samples import Sample, SampleRepository
from openbml.datasets.snapshots import SnapshotLayout, shard_list_key
from openbml.datasets.stored_objects import ObjectStore
from openbml_catalog.datasets import Content, DatasetKind, dataset_kinds, find_kind
from openbml_catalog.tasks import tasks
from openbml_formats.listings import packed_listing
from openbml_formats.planning import SHARD_BYTES, SHARD_SAMPLES

_LAYOUTS = {
    Content.IMAGE: SnapshotLayout.WEBDATASET,
    Content.SOUND: SnapshotLayout.WEBDATASET,
    Content.ROWS: SnapshotLayout.PARQUET,
}


def kind_of(task: str) -> DatasetKind:
    """Return the kind of dataset that a task takes; a kind's own code names it, too.

    Raises:
        KeyError: neither a task that takes datasets nor a kind.
    """
    found = tasks().get(task)
    kind = find_kind(found.data_type, found.annotation_type, found.template) if found else None
    return kind or dataset_kinds()[task]


def layout_of(task: str) -> SnapshotLayout:
    return _LAYOUTS.get(kind_of(task).content, SnapshotLayout.JSON_LINES)


def write_lists(
    scope: ProjectScope,
    snapshot_id: str,
    chosen: Sequence[Sample],
    layout: SnapshotLayout,
    *,
    samples: SampleRepository,
    scratch: ObjectStore,
    executor: Executor,
) -> int:
    """Write a list for each shard and return how many there are."""
    count = 0
    for group in _cut(chosen, SHARD_SAMPLES if layout is SnapshotLayout.WEBDATASET else TEXT_SHARD_SAMPLES):
        said = executor.map(lambda sample: samples.annotation_of(scope, sample), group)
        rows = [listed(sample, annotation) for sample, annotation in zip(group, said, strict=True)]
        key = shard_list_key(scope, snapshot_id, count)
        scratch.put(key, packed_listing(rows), content_type="application/octet-stream")
        count += 1
    return count


def _cut(samples: Sequence[Sample], most: int) -> Iterator[Sequence[Sample]]:
    shard: list[Sample] = []
    size = 0
    for sample in samples:
        if shard and (len(shard) == most or size + sample.size_bytes > SHARD_BYTES):
            yield shard
            shard, size = [], 0
        shard.append(sample)
        size += sample.size_bytes
    yield shard
