"""Whether the counts that are kept are those of the samples that are there."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from boto3.dynamodb.conditions import Key

from openbml.datasets.datasets import VersionKey
from openbml.datasets.quotas import COUNTERS
from openbml.datasets.samples import AnnotationState, Facet, Sample
from tests.contract.datasets.conftest import World


def verify_counters(world: World, *keys: VersionKey) -> None:
    """Fail unless labels, versions, imports, lists and volumes of the project's only datasets add up.

    Args:
        keys: all versions that hold samples.
    """
    volumes: Counter[str] = Counter()
    for key in keys:
        kept = list(_samples(world, key))
        version = world.datasets.version(key)
        assert version.sample_count == len(kept)
        assert version.labelled_count == sum(sample.labelled for sample in kept)
        assert version.size_bytes == sum(sample.size_bytes for sample in kept)
        _verify_labels(world, key, kept)
        _verify_lists(world, key, kept)
        _verify_imports(world, key, kept)
        volumes[COUNTERS[world.datasets.get(key.scope, key.dataset_id).kind.content]] += len(kept)
    held = {name: count for name, count in volumes.items() if count}
    for where in _volumes(world):
        counted = {name: int(value) for name, value in where.items() if name not in ("pk", "sk") and value}
        assert counted == held, where["sk"]


def _samples(world: World, key: VersionKey) -> Iterator[Sample]:
    for chunk in world.samples.chunks(key):
        yield from world.samples.of_chunk(key.scope, chunk)


def _verify_labels(world: World, key: VersionKey, kept: list[Sample]) -> None:
    carried: Counter[str] = Counter()
    objects: Counter[str] = Counter()
    for sample in kept:
        carried.update(sample.label_counts.keys())
        objects.update(sample.label_counts)
    found, _ = world.datasets.labels(key, limit=1000, position=None)
    counted = {label.name: (label.sample_count, label.object_count) for label in found if label.sample_count}
    assert counted == {name: (carried[name], objects[name]) for name in carried}


def _verify_lists(world: World, key: VersionKey, kept: list[Sample]) -> None:
    wanted = {
        Facet.everything(): {sample.sample_id for sample in kept},
        Facet.state(AnnotationState.LABELLED): {sample.sample_id for sample in kept if sample.labelled},
        Facet.state(AnnotationState.UNLABELLED): {s.sample_id for s in kept if not s.labelled},
    }
    for sample in kept:
        for name in sample.label_counts:
            wanted.setdefault(Facet.label(name), set()).add(sample.sample_id)
    for facet, ids in wanted.items():
        listed, _ = world.samples.page(key, facet, limit=100_000, position=None)
        assert {sample.sample_id for sample in listed} == ids, facet.key


def _verify_imports(world: World, key: VersionKey, kept: list[Sample]) -> None:
    of_import = Counter(sample.import_id for sample in kept)
    found, _ = world.imports.page(key, limit=1000, position=None)
    for data_import in found:
        removed = int(getattr(data_import, "removed", 0))
        assert data_import.accepted - removed == of_import[data_import.import_id]


def _volumes(world: World) -> list[dict[str, Any]]:
    scope = world.scope
    condition = Key("pk").eq(f"account#{scope.account_id}#{scope.region}")
    items: list[dict[str, Any]] = world.table.query(KeyConditionExpression=condition)["Items"]
    return items
