"""Items and updates that make up the transactions of `imports_dynamodb`."""

import zlib
from collections.abc import Sequence
from typing import Any

from pydantic import AwareDatetime, TypeAdapter

from openbml.core.items import from_item, to_item
from openbml.datasets.importing.data_imports import (
    DataImport,
    ImportCounts,
    ImportState,
    LabelDelta,
    ShardDone,
)
from openbml.datasets.importing.inputs import ImportFile
from openbml.datasets.quotas import COUNTERS
from openbml.datasets.tables_dynamodb import chunk_key, import_key, label_key, version_item_key

Action = dict[str, Any]
_STATE = {"#state": "state"}
_FILES = TypeAdapter(list[ImportFile])


def label_updates(data_import: DataImport, group: Sequence[tuple[str, LabelDelta]]) -> list[dict[str, Any]]:
    return [
        {
            "Update": {
                "Key": label_key(data_import.version_key, name),
                "UpdateExpression": "SET #name = :name ADD sample_count :samples, object_count :objects",
                "ExpressionAttributeNames": {"#name": "name"},
                "ExpressionAttributeValues": {
                    ":name": name,
                    ":samples": delta.samples,
                    ":objects": delta.objects,
                },
            }
        }
        for name, delta in group
    ]


def import_counted(data_import: DataImport, shard: ShardDone, at: AwareDatetime) -> dict[str, Any]:
    counts = shard.counts
    return {
        "Key": import_key(data_import.version_key, data_import.import_id),
        "UpdateExpression": "SET changed_at = :at, gsi1sk = :at "
        "ADD shards_done :one, reserved :given_back, entries_done :entries, "
        + ", ".join(f"{name} :{name}" for name in ImportCounts.model_fields),
        "ConditionExpression": "#state = :importing",
        "ExpressionAttributeNames": _STATE,
        "ExpressionAttributeValues": {
            ":at": at.isoformat(),
            ":one": 1,
            ":given_back": -shard.entries,
            ":entries": shard.entries,
            ":importing": ImportState.IMPORTING.value,
            **{f":{name}": value for name, value in counts.model_dump().items()},
        },
    }


def version_counted(data_import: DataImport, shard: ShardDone, at: AwareDatetime) -> dict[str, Any]:
    accepted, unlabelled = shard.counts.accepted, shard.counts.unlabelled
    return {
        "Key": version_item_key(data_import.version_key),
        "UpdateExpression": "SET modified_at = :at "
        "ADD sample_count :accepted, labelled_count :labelled, size_bytes :size, revision :one",
        "ConditionExpression": "active_import_id = :id",
        "ExpressionAttributeValues": {
            ":accepted": accepted,
            ":labelled": accepted - unlabelled,
            ":size": shard.size_bytes,
            ":at": at.isoformat(),
            ":one": 1,
            ":id": data_import.import_id,
        },
    }


def finished_chunk(data_import: DataImport, shard: ShardDone) -> dict[str, Any]:
    accepted = shard.counts.accepted
    key = chunk_key(data_import.version_key, shard.chunk)
    return {**key, "chunk": shard.chunk, "import_id": data_import.import_id, "sample_count": accepted}


def volume_keys(data_import: DataImport) -> tuple[dict[str, str], dict[str, str]]:
    scope = data_import.scope
    pk = f"account#{scope.account_id}#{scope.region}"
    return {"pk": pk, "sk": "volume"}, {"pk": pk, "sk": f"volume#{data_import.created_by}"}


def volume_added(
    data_import: DataImport, key: dict[str, str], count: int, at_most: int | None = None
) -> dict[str, Any]:
    update: dict[str, Any] = {
        "Key": key,
        "UpdateExpression": "ADD #volume :count",
        "ExpressionAttributeNames": {"#volume": COUNTERS[data_import.content]},
        "ExpressionAttributeValues": {":count": count},
    }
    if at_most is not None:
        none_yet = "attribute_not_exists(#volume) OR " if at_most >= 0 else ""
        update["ConditionExpression"] = f"{none_yet}#volume <= :at_most"
        update["ExpressionAttributeValues"][":at_most"] = at_most
    return update


def import_item(data_import: DataImport, **keys: Any) -> dict[str, Any]:
    """Return the import's item; its files, which may be a hundred, are packed."""
    files = _FILES.dump_json(list(data_import.files))
    bare = data_import.model_copy(update={"files": ()})
    return {**to_item(bare, **keys), "files": zlib.compress(files)}


def import_of(item: dict[str, Any]) -> DataImport:
    packed = item["files"]
    data_import = from_item(DataImport, {name: value for name, value in item.items() if name != "files"})
    files = _FILES.validate_json(zlib.decompress(bytes(packed)))
    return data_import.model_copy(update={"files": tuple(files)})
