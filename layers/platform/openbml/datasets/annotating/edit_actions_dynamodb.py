"""Actions of the transactions that write edits; keys in `tables_dynamodb` and `sample_items_dynamodb`."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pydantic import AwareDatetime

from openbml.datasets.annotating.edit_effects import Effects, IndexBits, Place
from openbml.datasets.annotating.edits import Checkpoint
from openbml.datasets.datasets import VersionKey, VersionState
from openbml.datasets.garbage.marks import blob_marks
from openbml.datasets.garbage.marks_dynamodb import mark_put
from openbml.datasets.importing.data_imports import LabelDelta
from openbml.datasets.limits import LABELS_PER_VERSION
from openbml.datasets.sample_items_dynamodb import (
    content_key,
    history_key,
    index_key,
    packed_bits,
    sample_item,
    sample_key,
    unpacked_bits,
)
from openbml.datasets.samples import Sample
from openbml.datasets.stored_objects import ObjectStore
from openbml.datasets.tables_dynamodb import (
    import_key,
    label_key,
    operation_chunk_key,
    operation_key,
    version_item_key,
)

Action = dict[str, Any]
Item = dict[str, Any]

_STATE = {"#state": "state"}
_KEPT_IN_HISTORY = (
    "annotation",
    "annotation_sha256",
    "label_counts",
    "labelled",
    "annotation_source",
    "annotated_by",
    "annotated_at",
    "operation_id",
)
CHECKPOINT_LIFETIME = timedelta(days=30)
CLOSED_STATES = (VersionState.IMPORTING, VersionState.DELETING, VersionState.SMART_LABELLING)


def sample_written(key: VersionKey, before: Item, after: Sample, objects: ObjectStore) -> list[Action]:
    """Return the sample's new item and, as history, what it said before."""
    revision = int(before["annotation_revision"])
    earlier = {name: before[name] for name in _KEPT_IN_HISTORY if name in before}
    at = history_key(key.scope, after.sample_id, revision)
    return [
        {
            "Put": {
                "Item": sample_item(key.scope, after, objects),
                "ConditionExpression": "annotation_revision = :before",
                "ExpressionAttributeValues": {":before": revision},
            }
        },
        {"Put": {"Item": {**at, "sample_id": after.sample_id, "revision": revision, **earlier}}},
    ]


def sample_deleted(key: VersionKey, sample: Sample, *, claimed: bool, at: AwareDatetime) -> list[Action]:
    """Return the deletion of a sample and of its claim, and the suspicion that its blob is nobody's now."""
    actions: list[Action] = [
        {
            "Delete": {
                "Key": sample_key(key.scope, sample.sample_id),
                "ConditionExpression": "annotation_revision = :before",
                "ExpressionAttributeValues": {":before": sample.annotation_revision},
            }
        }
    ]
    if claimed:
        claim = {
            "Key": content_key(key, sample.sha256),
            "ConditionExpression": "sample_id = :mine",
            "ExpressionAttributeValues": {":mine": sample.sample_id},
        }
        actions.append({"Delete": claim})
    if not sample.texts:
        actions += [{"Put": mark_put(mark)} for mark in blob_marks(key.scope, [sample.sha256], at)]
    return actions


def index_changed(
    key: VersionKey, index: Mapping[Place, IndexBits], known: Mapping[Place, Item]
) -> list[Action]:
    actions: list[Action] = []
    for place, change in sorted(index.items()):
        at = index_key(key, place.facet, place.chunk)
        item = known.get(place)
        before = unpacked_bits(item["ordinals"]) if item else 0
        after = change.applied_to(before)
        if after == before:
            continue
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if item:
            condition = {
                "ConditionExpression": "ordinals = :before",
                "ExpressionAttributeValues": {":before": item["ordinals"]},
            }
        if after:
            actions.append({"Put": {"Item": {**at, "ordinals": packed_bits(after)}, **condition}})
        elif item:
            actions.append({"Delete": {"Key": at, **condition}})
    return actions


def labels_counted(
    key: VersionKey, labels: Mapping[str, LabelDelta], known: Mapping[str, Item]
) -> list[Action]:
    return [
        _label_counted(key, name, delta) if name in known else _label_made(key, name, delta)
        for name, delta in sorted(labels.items())
    ]


def _label_made(key: VersionKey, name: str, delta: LabelDelta) -> Action:
    item = {
        **label_key(key, name),
        "name": name,
        "sample_count": delta.samples,
        "object_count": delta.objects,
    }
    return {"Put": {"Item": item, "ConditionExpression": "attribute_not_exists(pk)"}}


def _label_counted(key: VersionKey, name: str, delta: LabelDelta) -> Action:
    free = " AND attribute_not_exists(operation_id)" if gives(delta) else ""
    return {
        "Update": {
            "Key": label_key(key, name),
            "UpdateExpression": "ADD sample_count :samples, object_count :objects",
            "ConditionExpression": f"attribute_exists(pk){free}",
            "ExpressionAttributeValues": {":samples": delta.samples, ":objects": delta.objects},
        }
    }


def gives(delta: LabelDelta) -> bool:
    """Return whether samples get the label, or more of it."""
    return delta.samples > 0 or delta.objects > 0


def version_counted(
    key: VersionKey, effects: Effects, new_labels: int, during_import: int | None, at: AwareDatetime
) -> Action:
    """Return the version's new counts, on the condition that it may be edited."""
    condition = "attribute_exists(pk) AND NOT #state IN (:closed0, :closed1, :closed2)"
    values: dict[str, Any] = {f":closed{place}": state.value for place, state in enumerate(CLOSED_STATES)}
    if during_import is not None:
        condition = "#state = :importing AND active_import_id = :import"
        values = {":importing": VersionState.IMPORTING.value, ":import": during_import}
    if new_labels:
        condition += " AND (attribute_not_exists(label_count) OR label_count <= :room)"
        values[":room"] = LABELS_PER_VERSION - new_labels
    return {
        "Update": {
            "Key": version_item_key(key),
            "UpdateExpression": "SET modified_at = :at ADD revision :one, sample_count :samples, "
            "labelled_count :labelled, size_bytes :size_bytes, label_count :labels",
            "ConditionExpression": condition,
            "ExpressionAttributeNames": _STATE,
            "ExpressionAttributeValues": {
                ":at": at.isoformat(),
                ":one": 1,
                ":size_bytes": effects.size_bytes,
                ":samples": effects.samples,
                ":labelled": effects.labelled,
                ":labels": new_labels,
                **values,
            },
        }
    }


def import_reduced(key: VersionKey, import_id: int, count: int) -> Action:
    """Return the note that an import holds less of its volume, given back with the import otherwise."""
    return {
        "Update": {
            "Key": import_key(key, import_id),
            "UpdateExpression": "ADD removed :count",
            "ConditionExpression": "attribute_exists(pk)",
            "ExpressionAttributeValues": {":count": count},
        }
    }


def checkpoint_moved(
    key: VersionKey, before: Checkpoint, after: int, changed: int, at: AwareDatetime
) -> list[Action]:
    """Return the move of a checkpoint, on the condition that its operation runs."""
    expires_at = int((at + CHECKPOINT_LIFETIME).timestamp())
    return [
        {
            "ConditionCheck": {
                "Key": operation_key(key, before.operation_id),
                "ConditionExpression": "#state = :running",
                "ExpressionAttributeNames": _STATE,
                "ExpressionAttributeValues": {":running": "running"},
            }
        },
        {
            "Update": {
                "Key": operation_chunk_key(before.operation_id, before.chunk),
                "UpdateExpression": "SET #after = :after, expires_at = :expires ADD changed :changed",
                "ConditionExpression": "attribute_not_exists(#after)"
                if before.after < 0
                else "#after = :before",
                "ExpressionAttributeNames": {"#after": "after"},
                "ExpressionAttributeValues": {
                    ":after": after,
                    ":expires": expires_at,
                    ":changed": changed,
                    **({} if before.after < 0 else {":before": before.after}),
                },
            }
        },
    ]
