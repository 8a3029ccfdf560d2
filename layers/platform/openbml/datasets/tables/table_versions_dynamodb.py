"""DynamoDB adapter of `TableRepository`; keys in `tables_dynamodb`."""

from typing import Any

from botocore.exceptions import ClientError

from openbml.core.items import from_item, to_item
from openbml.datasets.datasets import VersionKey, VersionState
from openbml.datasets.importing.data_imports import DataImport, ImportCounts, ImportState
from openbml.datasets.tables.table_versions import TableChangedError, VersionTable
from openbml.datasets.tables_dynamodb import (
    failed_conditions,
    import_key,
    table_key,
    transact,
    version_item_key,
)

_STATE = {"#state": "state"}


class DynamoTableRepository:
    def __init__(self, table: Any) -> None:
        self._table = table

    def find(self, key: VersionKey) -> VersionTable | None:
        item = self._table.get_item(Key=table_key(key), ConsistentRead=True).get("Item")
        return from_item(VersionTable, item) if item else None

    def commit(self, data_import: DataImport, table: VersionTable, counts: ImportCounts) -> None:
        try:
            transact(
                self._table,
                [
                    {"Update": _import_ended(data_import, table, counts)},
                    {"Update": _version_filled(data_import, table)},
                    {"Put": _follows(table)},
                ],
            )
        except ClientError as error:
            if not any(failed_conditions(error) or ()):
                raise
            raise TableChangedError(import_id=data_import.import_id) from error


def _figures(table: VersionTable) -> dict[str, int]:
    return {
        ":rows": table.rows,
        ":columns": table.column_count,
        ":size": table.size_bytes,
        ":one": 1,
    }


def _import_ended(data_import: DataImport, table: VersionTable, counts: ImportCounts) -> dict[str, Any]:
    at = table.changed_at.isoformat()
    figures = {name: value for name, value in counts.model_dump().items() if value}
    return {
        "Key": import_key(data_import.version_key, data_import.import_id),
        "UpdateExpression": "SET #state = :finished, changed_at = :at, finished_at = :at, "
        "entries_total = :entries, entries_done = :entries"
        + "".join(f", {name} = :{name}" for name in figures)
        + " REMOVE gsi1pk, gsi1sk",
        "ConditionExpression": "#state = :planning",
        "ExpressionAttributeNames": _STATE,
        "ExpressionAttributeValues": {
            ":finished": ImportState.FINISHED.value,
            ":planning": ImportState.PLANNING.value,
            ":at": at,
            ":entries": counts.accepted + counts.rejected,
            **{f":{name}": value for name, value in figures.items()},
        },
    }


def _version_filled(data_import: DataImport, table: VersionTable) -> dict[str, Any]:
    return {
        "Key": version_item_key(data_import.version_key),
        "UpdateExpression": "SET #state = :finished, sample_count = :rows, labelled_count = :rows, "
        "column_count = :columns, size_bytes = :size, modified_at = :at "
        "REMOVE active_import_id ADD revision :one",
        "ConditionExpression": "active_import_id = :id AND #state = :importing",
        "ExpressionAttributeNames": _STATE,
        "ExpressionAttributeValues": {
            **_figures(table),
            ":at": table.changed_at.isoformat(),
            ":id": data_import.import_id,
            ":finished": VersionState.IMPORT_FINISHED.value,
            ":importing": VersionState.IMPORTING.value,
        },
    }


def _follows(table: VersionTable) -> dict[str, Any]:
    """Return a put that takes the place of the table before, and of no other."""
    item = to_item(table, **table_key(table.key))
    if table.revision == 1:
        return {"Item": item, "ConditionExpression": "attribute_not_exists(pk)"}
    return {
        "Item": item,
        "ConditionExpression": "revision = :before",
        "ExpressionAttributeValues": {":before": table.revision - 1},
    }
