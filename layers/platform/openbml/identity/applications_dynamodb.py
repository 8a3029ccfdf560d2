"""DynamoDB adapter of `ApplicationRepository`.

Items (table of the context, keys `pk`, `sk`):
    account#{account_id} / application#{app_id}    an application          list: applications of an account
    key#{api_key}        / application             the same application    get: token request
    token#{sha256}       / token                   an access token         get: prediction call

`expires_at` is the table's TTL attribute: a token is forgotten TOKEN_MEMORY after it stopped being valid.
"""

from collections.abc import Sequence
from typing import Any

from boto3.dynamodb.conditions import Key

from openbml.core.items import from_item, to_item
from openbml.identity.applications import TOKEN_MEMORY, Application, StoredToken

_NEW = "attribute_not_exists(pk)"


class DynamoApplicationRepository:
    def __init__(self, table: Any) -> None:
        self._table = table

    def add(self, application: Application) -> None:
        items = [to_item(application, **key) for key in _keys(application)]
        puts = [
            {"Put": {"TableName": self._table.name, "Item": item, "ConditionExpression": _NEW}}
            for item in items
        ]
        self._table.meta.client.transact_write_items(TransactItems=puts)

    def find(self, account_id: int, app_id: int) -> Application | None:
        return self._find(_key(account_id, app_id))

    def find_by_key(self, api_key: str) -> Application | None:
        return self._find({"pk": f"key#{api_key}", "sk": "application"})

    def list(
        self, account_id: int, *, limit: int, position: dict[str, Any] | None
    ) -> tuple[Sequence[Application], dict[str, Any] | None]:
        owned = Key("pk").eq(f"account#{account_id}") & Key("sk").begins_with("application#")
        start = {"ExclusiveStartKey": position} if position else {}
        reply = self._table.query(KeyConditionExpression=owned, Limit=limit, **start)
        return [from_item(Application, item) for item in reply["Items"]], reply.get("LastEvaluatedKey")

    def remove(self, application: Application) -> None:
        deletes = [{"Delete": {"TableName": self._table.name, "Key": key}} for key in _keys(application)]
        self._table.meta.client.transact_write_items(TransactItems=deletes)

    def add_token(self, token: StoredToken) -> None:
        forgotten_at = int((token.valid_until + TOKEN_MEMORY).timestamp())
        self._table.put_item(
            Item=to_item(token, pk=f"token#{token.digest}", sk="token", expires_at=forgotten_at)
        )

    def find_token(self, digest: str) -> StoredToken | None:
        item = self._table.get_item(Key={"pk": f"token#{digest}", "sk": "token"}).get("Item")
        return from_item(StoredToken, item) if item else None

    def _find(self, key: dict[str, str]) -> Application | None:
        item = self._table.get_item(Key=key, ConsistentRead=True).get("Item")
        return from_item(Application, item) if item else None


def _key(account_id: int, app_id: int) -> dict[str, str]:
    return {"pk": f"account#{account_id}", "sk": f"application#{app_id:016d}"}


def _keys(application: Application) -> list[dict[str, str]]:
    return [
        _key(application.account_id, application.app_id),
        {"pk": f"key#{application.api_key}", "sk": "application"},
    ]
