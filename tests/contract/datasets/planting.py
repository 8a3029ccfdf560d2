"""Samples put into a version without an upload, and the recount that its counters and index must equal."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from boto3.dynamodb.conditions import Key

from openbml.datasets.datasets import VersionKey
from openbml.datasets.importing.data_imports import ImportCounts, LabelDelta, ShardDone
from openbml.datasets.importing.import_actions_dynamodb import finished_chunk
from openbml.datasets.sample_items_dynamodb import index_pk, ordinals_of, unpacked_bits
from openbml.datasets.samples import AnnotationSource, Sample, facets_of, sample_id_of
from openbml.datasets.tables_dynamodb import label_key, version_item_key
from openbml_formats.annotations import Annotation
from tests.contract.datasets.conftest import World

Annotator = Callable[[int], Annotation]


def unlabelled(_place: int) -> Annotation:
    return Annotation()


def classes(*names: str) -> Annotation:
    return Annotation(labels=names)


def planted(
    world: World,
    key: VersionKey,
    count: int,
    annotation_of: Annotator = unlabelled,
    chunk_size: int = 1000,
    **fields: Any,
) -> list[Sample]:
    """Put samples into chunks and count them, as shards of an import do."""
    samples: list[Sample] = []
    for start in range(0, count, chunk_size):
        chunk = world.imports.reserve_chunks(key.scope, 1)
        places = range(start, min(start + chunk_size, count))
        group = [_sample(world, key, chunk, place, start, annotation_of(place), fields) for place in places]
        world.samples.add_chunk(key, chunk, group)
        _counted(world, key, chunk, group)
        samples += group
    return samples


def _sample(
    world: World,
    key: VersionKey,
    chunk: int,
    place: int,
    start: int,
    annotation: Annotation,
    fields: dict[str, Any],
) -> Sample:
    values = {
        "sample_id": sample_id_of(chunk, place - start),
        "dataset_id": key.dataset_id,
        "version_number": key.version_number,
        "name": f"images/{place:06}.jpg",
        "sha256": f"{place:064x}",
        "size_bytes": 1000 + place,
        "extension": "jpg",
        "width": 640,
        "height": 480,
        "added_at": world.clock(),
        "annotation_source": AnnotationSource.IMPORTED,
        **fields,
    }
    return Sample.model_validate(values).annotated(annotation)


def _counted(world: World, key: VersionKey, chunk: int, samples: list[Sample]) -> None:
    shard = ShardDone(
        index=0, chunk=chunk, entries=len(samples), counts=ImportCounts(accepted=len(samples)), labels={}
    )
    row = finished_chunk(_Owner(key), shard)  # type: ignore[arg-type]
    world.table.put_item(Item=row)
    labels: dict[str, LabelDelta] = {}
    for sample in samples:
        for name, objects in sample.label_counts.items():
            before = labels.get(name, LabelDelta())
            labels[name] = LabelDelta(samples=before.samples + 1, objects=before.objects + objects)
    for name, delta in labels.items():
        world.table.update_item(
            Key=label_key(key, name),
            UpdateExpression="SET #name = :name ADD sample_count :samples, object_count :objects",
            ExpressionAttributeNames={"#name": "name"},
            ExpressionAttributeValues={":name": name, ":samples": delta.samples, ":objects": delta.objects},
        )
    world.table.update_item(
        Key=version_item_key(key),
        UpdateExpression="SET #state = :finished ADD sample_count :samples, labelled_count :labelled",
        ExpressionAttributeNames={"#state": "state"},
        ExpressionAttributeValues={
            ":finished": "import_finished",
            ":samples": len(samples),
            ":labelled": sum(sample.labelled for sample in samples),
        },
    )


class _Owner:
    """As much of an import as a finished chunk names."""

    def __init__(self, key: VersionKey) -> None:
        self.version_key = key
        self.import_id = 0


def recount(world: World, key: VersionKey) -> dict[str, Any]:
    """Return what labels, version and index must say, by looking at every sample."""
    samples = [row for chunk in world.samples.chunks(key) for row in world.samples.of_chunk(key.scope, chunk)]
    carrying: Counter[str] = Counter()
    objects: Counter[str] = Counter()
    index: dict[str, set[int]] = {}
    for sample in samples:
        carrying.update(sample.label_counts.keys())
        objects.update(sample.label_counts)
        for facet in facets_of(sample):
            index.setdefault(facet.key, set()).add(sample.sample_id)
    return {
        "labels": {name: (carrying[name], objects[name]) for name in sorted(carrying)},
        "samples": len(samples),
        "labelled": sum(sample.labelled for sample in samples),
        "index": index,
    }


def counted(world: World, key: VersionKey, facets: set[str]) -> dict[str, Any]:
    """Return what the counters and the index say."""
    version = world.datasets.version(key)
    labels, _ = world.datasets.labels(key, limit=1000, position=None)
    index = {facet: _indexed(world, key, facet) for facet in facets}
    return {
        "labels": {row.name: (row.sample_count, row.object_count) for row in labels if row.sample_count},
        "samples": version.sample_count,
        "labelled": version.labelled_count,
        "index": {facet: ids for facet, ids in index.items() if ids},
    }


def _indexed(world: World, key: VersionKey, facet: str) -> set[int]:
    items = world.table.query(KeyConditionExpression=Key("pk").eq(index_pk(key, facet)))["Items"]
    return {
        sample_id_of(int(item["sk"]), ordinal)
        for item in items
        for ordinal in ordinals_of(unpacked_bits(item["ordinals"]))
    }


def assert_counts_are_right(world: World, key: VersionKey, *more_facets: str) -> None:
    wanted = recount(world, key)
    facets = {*wanted["index"], "all", "state/labelled", "state/unlabelled", *more_facets}
    assert counted(world, key, facets) == wanted
