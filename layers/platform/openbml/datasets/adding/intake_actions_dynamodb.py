"""Actions of the transactions that give single samples their places."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import AwareDatetime

from openbml.core.items import to_item
from openbml.datasets.adding.entry_imports import entry_import, entry_import_items, volume_of
from openbml.datasets.datasets import (
    Dataset,
    DatasetQuotaError,
    DatasetVersion,
    VersionKey,
    VersionState,
)
from openbml.datasets.importing.data_imports import VolumeTakenError
from openbml.datasets.quotas import Quota
from openbml.datasets.sample_items_dynamodb import (
    content_key,
    index_key,
    packed_bits,
    sample_key,
    unpacked_bits,
)
from openbml.datasets.samples import Facet, Sample
from openbml.datasets.tables_dynamodb import chunk_key, import_key, version_item_key, version_pk
from openbml_catalog.datasets import Content

Action = dict[str, Any]
_NEW = "attribute_not_exists(pk)"
_STATE = {"#state": "state"}


class Entry(NamedTuple):
    """A sample on its way in, and what was read for it.

    `lists` says the index holds now of the sample's chunk.
    """

    dataset: Dataset
    version: DatasetVersion
    sample: Sample
    claimed: bool
    user_id: int
    quota: Quota
    lists: Mapping[Facet, Any]
    at: AwareDatetime


def open_chunk_key(key: VersionKey, user_id: int) -> dict[str, str]:
    return {"pk": version_pk(key), "sk": f"open-chunk#{user_id}"}


def changeable(key: VersionKey) -> dict[str, Any]:
    """Return the check that samples may come into the version one by one."""
    return {
        "Key": version_item_key(key),
        "ConditionExpression": "attribute_exists(pk) AND NOT #state IN (:importing, :smart, :deleting)",
        "ExpressionAttributeNames": _STATE,
        "ExpressionAttributeValues": {
            ":importing": VersionState.IMPORTING.value,
            ":smart": VersionState.SMART_LABELLING.value,
            ":deleting": VersionState.DELETING.value,
        },
    }


def chunk_opened(
    key: VersionKey,
    user_id: int,
    content: Content,
    chunk: int,
    import_id: int,
    full: Mapping[str, Any] | None,
    at: AwareDatetime,
) -> Sequence[Action]:
    """Return the opening of a chunk instead of a full one."""
    pointer: dict[str, Any] = {
        "Item": {**open_chunk_key(key, user_id), "chunk": chunk, "import_id": import_id, "used": 0},
        "ConditionExpression": _NEW,
    }
    if full:
        pointer["ConditionExpression"] = "chunk = :full"
        pointer["ExpressionAttributeValues"] = {":full": full["chunk"]}
    marker = {**chunk_key(key, chunk), "chunk": chunk, "import_id": import_id, "sample_count": 0}
    items = entry_import_items(entry_import(key, content, import_id, chunk, user_id, at))
    return [
        {"ConditionCheck": changeable(key)},
        {"Put": pointer},
        {"Put": {"Item": marker, "ConditionExpression": _NEW}},
        *({"Put": {"Item": item, "ConditionExpression": _NEW}} for item in items),
    ]


def entry_actions(entry: Entry) -> Sequence[tuple[str, Action]]:
    """Return all that a new sample changes, each action with its name."""
    actions = [
        ("sample", _sample_written(entry)),
        ("version", _version_counted(entry)),
        ("import", _import_counted(entry)),
        ("chunk", _chunk_counted(entry)),
        *_volumes_counted(entry),
        *(("index", _listed(entry, facet, bits)) for facet, bits in entry.lists.items()),
    ]
    return [*actions, ("content", _content_settled(entry))] if entry.claimed else actions


def limits_reached(names: Sequence[str], entry: Entry) -> Exception | None:
    """Return the refusal when it was a limit, and nobody else's change, that failed."""
    limits = entry.quota
    if "version" in names and limits.dataset is not None and entry.version.sample_count >= limits.dataset:
        return DatasetQuotaError(quota="samples of a dataset version", limit=limits.dataset)
    if "account volume" in names or "user volume" in names:
        return VolumeTakenError(import_id=entry.sample.import_id)
    return None


def _key(entry: Entry) -> VersionKey:
    return entry.version.key


def _sample_written(entry: Entry) -> Action:
    bare = entry.sample.model_copy(update={"annotation": None})
    item = to_item(bare, **sample_key(_key(entry).scope, entry.sample.sample_id))
    return {"Put": {"Item": item, "ConditionExpression": _NEW}}


def _version_counted(entry: Entry) -> Action:
    seen = entry.version.state
    after = VersionState.IMPORT_FINISHED if seen is VersionState.EMPTY else seen
    values: dict[str, Any] = {
        ":seen": seen.value,
        ":after": after.value,
        ":one": 1,
        ":size": entry.sample.size_bytes,
        ":at": entry.at.isoformat(),
    }
    condition = "#state = :seen"
    limit = entry.quota.dataset
    if limit is not None:
        condition += " AND sample_count < :limit"
        values[":limit"] = limit
    return {
        "Update": {
            "Key": version_item_key(_key(entry)),
            "UpdateExpression": "SET #state = :after, modified_at = :at "
            "ADD sample_count :one, revision :one, size_bytes :size",
            "ConditionExpression": condition,
            "ExpressionAttributeNames": _STATE,
            "ExpressionAttributeValues": values,
        }
    }


def _import_counted(entry: Entry) -> Action:
    return {
        "Update": {
            "Key": import_key(_key(entry), entry.sample.import_id),
            "UpdateExpression": "SET changed_at = :at "
            "ADD accepted :one, entries_total :one, entries_done :one, unlabelled :one",
            "ConditionExpression": "attribute_exists(pk)",
            "ExpressionAttributeValues": {":one": 1, ":at": entry.at.isoformat()},
        }
    }


def _chunk_counted(entry: Entry) -> Action:
    return {
        "Update": {
            "Key": chunk_key(_key(entry), entry.sample.chunk),
            "UpdateExpression": "ADD sample_count :one",
            "ConditionExpression": "attribute_exists(pk)",
            "ExpressionAttributeValues": {":one": 1},
        }
    }


def _volumes_counted(entry: Entry) -> list[tuple[str, Action]]:
    return [
        (name, {"Update": update})
        for name, update in volume_of(_key(entry).scope, entry.quota, entry.user_id)
    ]


def _listed(entry: Entry, facet: Facet, bits: Any) -> Action:
    at = index_key(_key(entry), facet.key, entry.sample.chunk)
    after = packed_bits((unpacked_bits(bits) if bits else 0) | 1 << entry.sample.ordinal)
    put: dict[str, Any] = {"Item": {**at, "ordinals": after}, "ConditionExpression": _NEW}
    if bits:
        put["ConditionExpression"] = "ordinals = :before"
        put["ExpressionAttributeValues"] = {":before": bits}
    return {"Put": put}


def _content_settled(entry: Entry) -> Action:
    """Return the end of a claim's waiting; an import may have taken it over meanwhile."""
    return {
        "Update": {
            "Key": content_key(_key(entry), entry.sample.sha256),
            "UpdateExpression": "REMOVE pending",
            "ConditionExpression": "sample_id = :mine",
            "ExpressionAttributeValues": {":mine": entry.sample.sample_id},
        }
    }
