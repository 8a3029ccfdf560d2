"""DynamoDB adapter of `DeployedModels`: reads the holders that `services_dynamodb` keeps, one a model."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from openbml.core.scope import ProjectScope

_BATCH = 100  # BatchGetItem takes at most a hundred keys
_read = TypeDeserializer().deserialize
_write = TypeSerializer().serialize


class DynamoDeployedModels:
    def __init__(self, client: Any, table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def services_of(self, scope: ProjectScope, model_ids: Sequence[int]) -> Mapping[int, int]:
        keys = {f"{scope.key}#service-model#{model_id}": model_id for model_id in model_ids}
        return {
            keys[_read(item["pk"])]: int(_read(item["service_id"]))
            for start in range(0, len(keys), _BATCH)
            for item in self._items(list(keys)[start : start + _BATCH])
        }

    def _items(self, partitions: Sequence[str]) -> Iterator[dict[str, Any]]:
        wanted = {
            self._table_name: {
                "Keys": [{"pk": _write(pk), "sk": _write("service")} for pk in partitions],
                "ConsistentRead": True,
            }
        }
        while wanted:
            reply = self._client.batch_get_item(RequestItems=wanted)
            yield from reply["Responses"].get(self._table_name, ())
            wanted = reply.get("UnprocessedKeys") or {}
