"""DynamoDB adapter of `ServiceRepository`.

Items (keys `pk`, `sk`; `{scope}` is `account#region#project`):
    {scope}#services             / {service_id}   a service           list: of a project, by age
    suffix#{suffix}              / route          what a call needs   unique by condition, in the installation
    {scope}#service-name#{name}  / name           holds the name      unique by condition
    {scope}#service-model#{id}   / service        holds the model     unique by condition: one service
    changing                     / {scope}#{id}   the service is deploying, updating or stopping
    account#{account}#in-use     / {scope}#{id}   the service is neither stopped nor failed
"""

from collections.abc import Iterator, Sequence
from typing import Any

from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError

from openbml.core.items import from_item, to_item
from openbml.core.scope import ProjectScope
from openbml.services.repositories import (
    ModelDeployedError,
    Position,
    ServiceNameTakenError,
    SuffixTakenError,
)
from openbml.services.routes import Route
from openbml.services.services import Service, ServiceConflictError, ServiceNotFoundError, ServiceState

_NEW = "attribute_not_exists(pk)"
_LOST = ("ConditionalCheckFailed", "TransactionConflict")
_IDLE = (ServiceState.STOPPED, ServiceState.FAILED)


class DynamoServiceRepository:
    def __init__(self, table: Any) -> None:
        self._table = table

    def add(self, service: Service) -> None:
        name, model = _holders(service)
        writes = [
            self._put(_route_item(service), _NEW),
            self._put(name, _NEW),
            self._put(model, _NEW),
            self._put(_item(service), _NEW),
            *self._marks(service),
        ]
        try:
            self._transact(writes)
        except ClientError as error:
            lost = _lost_races(error)
            if not lost:
                raise
            if lost[0] in _LOST:
                raise SuffixTakenError(suffix=service.suffix) from error
            if lost[1] in _LOST:
                raise ServiceNameTakenError(name=service.name) from error
            raise ModelDeployedError(
                model_id=service.model_id, service_id=self._service_of_model(service)
            ) from error

    def get(self, scope: ProjectScope, service_id: int) -> Service:
        item = self._item(_key(scope, service_id))
        if item is None:
            raise ServiceNotFoundError(service_id=service_id)
        return from_item(Service, item)

    def save(self, service: Service) -> None:
        before = {":before": service.version - 1}
        writes = [
            self._put(_item(service), "version = :before", before),
            self._put(_route_item(service), "service_id = :id", {":id": service.service_id}),
            *self._marks(service),
        ]
        self._write(service, writes)

    def remove(self, service: Service) -> None:
        keys = [_route_key(service.suffix), *(_plain_key(holder) for holder in _holders(service))]
        writes = [
            {
                "Delete": {
                    "TableName": self._table.name,
                    "Key": _key(service.scope, service.service_id),
                    "ConditionExpression": "version = :now",
                    "ExpressionAttributeValues": {":now": service.version},
                }
            },
            *({"Delete": {"TableName": self._table.name, "Key": key}} for key in keys),
        ]
        self._write(service, writes)

    def page(
        self, scope: ProjectScope, *, limit: int, position: Position
    ) -> tuple[Sequence[Service], Position]:
        start = {"ExclusiveStartKey": position} if position else {}
        reply = self._table.query(
            KeyConditionExpression=Key("pk").eq(f"{scope.key}#services"),
            ScanIndexForward=False,
            Limit=limit,
            **start,
        )
        return [from_item(Service, item) for item in reply["Items"]], reply.get("LastEvaluatedKey")

    def changing(self) -> Sequence[tuple[ProjectScope, int]]:
        return list(self._marked("changing"))

    def using_machines(self, account_id: int) -> Sequence[tuple[ProjectScope, int]]:
        return list(self._marked(f"account#{account_id}#in-use"))

    def route(self, suffix: str) -> Route | None:
        item = self._item(_route_key(suffix))
        return from_item(Route, item) if item else None

    def _service_of_model(self, service: Service) -> int | None:
        item = self._item(_plain_key(_holders(service)[1]))
        return int(item["service_id"]) if item else None

    def _marks(self, service: Service) -> Sequence[dict[str, Any]]:
        """Return the writes that list a service while it changes, and while it uses machines."""
        place = f"{service.scope.key}#{service.service_id}"
        account = f"account#{service.scope.account_id}#in-use"
        content = {"scope": service.scope.model_dump(), "service_id": service.service_id}
        marks = {"changing": service.state.is_changing, account: service.state not in _IDLE}
        return [
            self._put({"pk": pk, "sk": place, **content})
            if holds
            else {"Delete": {"TableName": self._table.name, "Key": {"pk": pk, "sk": place}}}
            for pk, holds in marks.items()
        ]

    def _marked(self, partition: str) -> Iterator[tuple[ProjectScope, int]]:
        query: dict[str, Any] = {"KeyConditionExpression": Key("pk").eq(partition), "ConsistentRead": True}
        while True:
            reply = self._table.query(**query)
            for item in reply["Items"]:
                yield from_item(ProjectScope, item["scope"]), int(item["service_id"])
            if "LastEvaluatedKey" not in reply:
                return
            query["ExclusiveStartKey"] = reply["LastEvaluatedKey"]

    def _item(self, key: dict[str, str]) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self._table.get_item(Key=key, ConsistentRead=True).get("Item")
        return found

    def _put(
        self, item: dict[str, Any], condition: str | None = None, values: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        put: dict[str, Any] = {"TableName": self._table.name, "Item": item}
        if condition:
            put["ConditionExpression"] = condition
        if values:
            put["ExpressionAttributeValues"] = values
        return {"Put": put}

    def _write(self, service: Service, writes: Sequence[dict[str, Any]]) -> None:
        try:
            self._transact(writes)
        except ClientError as error:
            if _lost_races(error):
                raise ServiceConflictError(service_id=service.service_id) from error
            raise

    def _transact(self, writes: Sequence[dict[str, Any]]) -> None:
        self._table.meta.client.transact_write_items(TransactItems=list(writes))


def _key(scope: ProjectScope, service_id: int) -> dict[str, str]:
    return {"pk": f"{scope.key}#services", "sk": f"{service_id:016d}"}


def _item(service: Service) -> dict[str, Any]:
    return to_item(service, **_key(service.scope, service.service_id))


def _route_key(suffix: str) -> dict[str, str]:
    return {"pk": f"suffix#{suffix}", "sk": "route"}


def _route_item(service: Service) -> dict[str, Any]:
    return to_item(Route.of(service), **_route_key(service.suffix))


def _holders(service: Service) -> tuple[dict[str, Any], dict[str, Any]]:
    scope, service_id = service.scope.key, service.service_id
    name = {"pk": f"{scope}#service-name#{service.name}", "sk": "name", "service_id": service_id}
    model = {"pk": f"{scope}#service-model#{service.model_id}", "sk": "service", "service_id": service_id}
    return name, model


def _plain_key(item: dict[str, Any]) -> dict[str, str]:
    return {"pk": item["pk"], "sk": item["sk"]}


def _lost_races(error: ClientError) -> list[str]:
    """Return a cancelled transaction's reasons, item by item, when any of them is a lost race."""
    if error.response["Error"]["Code"] != "TransactionCanceledException":
        return []
    codes = [str(reason.get("Code", "None")) for reason in error.response.get("CancellationReasons", [])]
    return codes if any(code in _LOST for code in codes) else []
