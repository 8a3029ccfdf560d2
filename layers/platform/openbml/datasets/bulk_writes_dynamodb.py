"""Many items at once, given to DynamoDB's low-level client as it sends them.

boto3's resource copies every request, walks it twice to find expressions and values, and checks it member by
member before it is sent: of an import of texts that was most of the time.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config

from openbml.datasets.tables_dynamodb import write_batches, write_transaction


def bulk_client(config: Config | None = None, **access: str) -> Any:
    """Return a client that sends what it is given: `attribute_value` makes nothing that needs a check."""
    unchecked = (config or Config()).merge(Config(parameter_validation=False))
    make: Any = boto3.client  # its overloads take no options of unknown names
    return make("dynamodb", config=unchecked, **access)


class BulkWriter:
    """Writes items of one table; its client is made when it is first needed."""

    def __init__(self, table_name: str, make_client: Callable[[], Any] = bulk_client) -> None:
        self._name = table_name
        self._make_client = make_client

    @cached_property
    def _client(self) -> Any:
        return self._make_client()

    def put(self, items: Sequence[Mapping[str, Any]]) -> None:
        write_batches(
            self._client,
            self._name,
            [{"PutRequest": {"Item": attribute_values(item)}} for item in items],
        )

    def put_all(self, puts: Sequence[Mapping[str, Any]]) -> None:
        """Write all or nothing; a put is `Item`, `ConditionExpression` and `ExpressionAttributeValues`.

        Raises:
            ClientError: a condition failed (`failed_conditions`).
        """
        write_transaction(self._client, [{"Put": {"TableName": self._name, **_typed(put)}} for put in puts])


def _typed(put: Mapping[str, Any]) -> dict[str, Any]:
    values = attribute_values(put["ExpressionAttributeValues"])
    return {**put, "Item": attribute_values(put["Item"]), "ExpressionAttributeValues": values}


def attribute_values(item: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: attribute_value(value) for name, value in item.items()}


def attribute_value(value: Any) -> dict[str, Any]:
    """Return a value with its type, as DynamoDB takes it.

    Raises:
        TypeError: it has none there; floats are among these, for DynamoDB's numbers are decimal.
    """
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int | Decimal):
        return {"N": str(value)}
    if isinstance(value, bytes):
        return {"B": value}
    if isinstance(value, Mapping):
        return {"M": attribute_values(value)}
    if isinstance(value, list | tuple):
        return {"L": [attribute_value(member) for member in value]}
    if value is None:
        return {"NULL": True}
    raise TypeError(f"DynamoDB has no type for {type(value).__name__}")
