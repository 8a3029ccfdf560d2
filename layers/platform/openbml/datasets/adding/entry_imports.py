"""The import that a chunk of single samples stands for, and the volume that its samples take."""

from typing import Any

from pydantic import AwareDatetime

from openbml.core.items import to_item
from openbml.core.scope import ProjectScope
from openbml.datasets.datasets import VersionKey
from openbml.datasets.importing.data_imports import DataImport, ImportState
from openbml.datasets.importing.import_actions_dynamodb import import_item
from openbml.datasets.quotas import Quota
from openbml.datasets.tables_dynamodb import import_key, import_pk
from openbml_catalog.datasets import Content


def entry_import(
    key: VersionKey, content: Content, import_id: int, chunk: int, user_id: int, at: AwareDatetime
) -> DataImport:
    """Return the ended import whose only chunk this is."""
    return DataImport(
        scope=key.scope,
        dataset_id=key.dataset_id,
        version_number=key.version_number,
        import_id=import_id,
        content=content,
        format="",
        created_by=user_id,
        created_at=at,
        changed_at=at,
        finished_at=at,
        state=ImportState.FINISHED,
        first_chunk=chunk,
        shard_count=1,
        shards_done=1,
    )


def entry_import_items(data_import: DataImport) -> list[dict[str, Any]]:
    """Return the import's own item and where it is looked up."""
    key = data_import.version_key
    return [
        import_item(data_import, **import_key(key, data_import.import_id)),
        {"pk": import_pk(data_import.import_id), "sk": "import", **to_item(key)},
    ]


def volume_of(scope: ProjectScope, quota: Quota, user_id: int) -> list[tuple[str, dict[str, Any]]]:
    """Return the updates that count one more sample of account and user, within their limits."""
    pk = f"account#{scope.account_id}#{scope.region}"
    counted = [
        ("account volume", "volume", quota.account),
        ("user volume", f"volume#{user_id}", quota.user),
    ]
    return [(name, _one_more({"pk": pk, "sk": sk}, quota.counter, most)) for name, sk, most in counted]


def _one_more(key: dict[str, str], counter: str, most: int | None) -> dict[str, Any]:
    update: dict[str, Any] = {
        "Key": key,
        "UpdateExpression": "ADD #volume :one",
        "ExpressionAttributeNames": {"#volume": counter},
        "ExpressionAttributeValues": {":one": 1},
    }
    if most is not None:
        update["ConditionExpression"] = "attribute_not_exists(#volume) OR #volume < :most"
        update["ExpressionAttributeValues"][":most"] = most
    return update
