"""DynamoDB adapter of `ServiceRepository`.

Items (keys `pk`, `sk`; `{scope}` is `account#region#project`):
    {scope}#services             / {service_id}   a service           list: of a project, by age
    suffix#{suffix}              / route          what a call needs   unique by condition, in the installation
    {scope}#service-name#{name}  / name           holds the name      unique by condition
    {scope}#service-model#{id}   / service        holds the model     unique by condition: one service
    changing                     / {scope}#{id}   something is left to do with the service
    account#{account}#in-use     / {scope}#{id}   the service uses machines, or is about to
    sleep-policies               / {scope}#{id}   the service has a sleep policy, and runs or sleeps
"""

from collections.abc import Iterator, Sequence
from typing import Any

from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError

from openbml.core.items import from_item, to_item
from openbml.core.scope import ProjectScope
from openbml.services.deployments import ServiceState
from openbml.services.repositories import (
    ModelDeployedError,
    Position,
    ServiceNameTakenError,
    SuffixTakenError,
)
from openbml.services.routes import Route
from openbml.services.services import Service, ServiceConflictError, ServiceNotFoundError

_NEW = "attribute_not_exists(pk)"
_LOST = ("ConditionalCheckFailed", "TransactionConflict")
_AWAKE_OR_ASLEEP = (ServiceState.RUNNING, ServiceState.SLEEPING)


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
                model_id=service.model_id, service_id=self.service_of_model(service.scope, service.model_id)
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
            *(
                {"Delete": {"TableName": self._table.name, "Key": key}}
                for key in (*keys, *_mark_keys(service))
            ),
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

    def with_sleep_policy(self) -> Sequence[tuple[ProjectScope, int]]:
        return list(self._marked("sleep-policies"))

    def service_of_model(self, scope: ProjectScope, model_id: int) -> int | None:
        item = self._item(_model_key(scope, model_id))
        return int(item["service_id"]) if item else None

    def versions_in_use(self, scope: ProjectScope, model_id: int) -> set[int]:
        service_id = self.service_of_model(scope, model_id)
        if service_id is None:
            return set()
        try:
            return self.get(scope, service_id).model_versions
        except ServiceNotFoundError:  # deleted in between
            return set()

    def route(self, suffix: str) -> Route | None:
        item = self._item(_route_key(suffix))
        if item and "traffic" not in item:  # written before routes named their targets
            return self._older_route(item)
        return from_item(Route, item) if item else None

    def _older_route(self, item: dict[str, Any]) -> Route | None:
        scope = from_item(ProjectScope, item["scope"])
        try:
            return Route.of(self.get(scope, int(item["service_id"])))
        except ServiceNotFoundError:
            return None

    def _marks(self, service: Service) -> Sequence[dict[str, Any]]:
        """Return the writes that list a service by what is to be done with it."""
        content = {"scope": service.scope.model_dump(), "service_id": service.service_id}
        marked = (
            service.is_unsettled,
            service.state.uses_machines,
            service.sleep_policy is not None and service.state in _AWAKE_OR_ASLEEP,
        )
        return [
            self._put({**key, **content})
            if holds
            else {"Delete": {"TableName": self._table.name, "Key": key}}
            for key, holds in zip(_mark_keys(service), marked, strict=True)
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
    return name, {**_model_key(service.scope, service.model_id), "service_id": service_id}


def _model_key(scope: ProjectScope, model_id: int) -> dict[str, str]:
    return {"pk": f"{scope.key}#service-model#{model_id}", "sk": "service"}


def _mark_keys(service: Service) -> Sequence[dict[str, str]]:
    place = f"{service.scope.key}#{service.service_id}"
    partitions = ("changing", f"account#{service.scope.account_id}#in-use", "sleep-policies")
    return [{"pk": partition, "sk": place} for partition in partitions]


def _plain_key(item: dict[str, Any]) -> dict[str, str]:
    return {"pk": item["pk"], "sk": item["sk"]}


def _lost_races(error: ClientError) -> list[str]:
    """Return a cancelled transaction's reasons, item by item, when any of them is a lost race."""
    if error.response["Error"]["Code"] != "TransactionCanceledException":
        return []
    codes = [str(reason.get("Code", "None")) for reason in error.response.get("CancellationReasons", [])]
    return codes if any(code in _LOST for code in codes) else []
