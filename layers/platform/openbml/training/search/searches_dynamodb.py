"""DynamoDB adapter of `SearchRepository`.

Items (keys `pk`, `sk`; `{scope}` is `account#region#project`):
    {scope}#search#{search_id} / search          the search; index gsi1: {scope}#searches by id
    {scope}#search#{search_id} / trial#{number}  a trial; its manager adds it, the platform goes on with it
    unsettled-searches / {scope}#{search_id}     its run has not gone on from it; gone when it has
"""

from collections.abc import Sequence
from typing import Any

from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError

from openbml.core.items import from_item, to_item
from openbml.core.scope import ProjectScope
from openbml.training.experiments_dynamodb import lost_race
from openbml.training.search.searches import Search, SearchConflictError, SearchNotFoundError
from openbml.training.search.trials import Trial
from openbml_formats.searches import (
    SEARCH_SORT,
    TRIALS_PREFIX,
    SearchState,
    search_partition,
    trial_sort,
)

_UNSETTLED = "unsettled-searches"


class DynamoSearchRepository:
    def __init__(self, table: Any) -> None:
        self._table = table

    def add(self, search: Search) -> None:
        waiting = {
            **_waiting_key(search),
            "scope": search.scope.model_dump(),
            "search_id": search.search_id,
        }
        put = self._put(_item(search), "attribute_not_exists(pk)")
        self._write(search.search_id, [put, {"Put": {"TableName": self._table.name, "Item": waiting}}])

    def get(self, scope: ProjectScope, search_id: int) -> Search:
        key = {"pk": search_partition(scope.key, search_id), "sk": SEARCH_SORT}
        item = self._table.get_item(Key=key, ConsistentRead=True).get("Item")
        if item is None:
            raise SearchNotFoundError(search_id=search_id)
        return from_item(Search, item)

    def trials(self, scope: ProjectScope, search_id: int) -> Sequence[Trial]:
        condition = Key("pk").eq(search_partition(scope.key, search_id))
        items = self._all(
            KeyConditionExpression=condition & Key("sk").begins_with(TRIALS_PREFIX), ConsistentRead=True
        )
        return [from_item(Trial, item) for item in items]

    def save(self, before: Search, after: Search, trials: Sequence[Trial] = ()) -> None:
        writes = [self._put(_item(after), "revision = :before", {":before": before.revision})]
        writes += [self._trial_put(trial) for trial in trials]
        if after.settled:
            writes.append({"Delete": {"TableName": self._table.name, "Key": _waiting_key(after)}})
        self._write(after.search_id, writes)

    def save_trial(self, trial: Trial) -> None:
        self._write(trial.search_id, [self._trial_put(trial)])

    def finished(self, scope: ProjectScope) -> Sequence[Search]:
        items = self._all(
            IndexName="gsi1",
            KeyConditionExpression=Key("gsi1pk").eq(f"{scope.key}#searches"),
            FilterExpression=Attr("state").eq(SearchState.FINISHED.value),
            ScanIndexForward=False,
        )
        return [from_item(Search, item) for item in items]

    def unsettled(self) -> Sequence[tuple[ProjectScope, int]]:
        items = self._all(KeyConditionExpression=Key("pk").eq(_UNSETTLED), ConsistentRead=True)
        return [(from_item(ProjectScope, item["scope"]), int(item["search_id"])) for item in items]

    def _all(self, **query: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            page = self._table.query(**query)
            found += page["Items"]
            if "LastEvaluatedKey" not in page:
                return found
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _trial_put(self, trial: Trial) -> dict[str, Any]:
        key = {"pk": search_partition(trial.scope.key, trial.search_id), "sk": trial_sort(trial.number)}
        before = {":before": trial.revision - 1}
        return self._put(to_item(trial, **key), "revision = :before", before)

    def _put(
        self, item: dict[str, Any], condition: str, values: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        given = {"ExpressionAttributeValues": values} if values else {}
        return {
            "Put": {"TableName": self._table.name, "Item": item, "ConditionExpression": condition, **given}
        }

    def _write(self, search_id: int, writes: Sequence[dict[str, Any]]) -> None:
        try:
            self._table.meta.client.transact_write_items(TransactItems=list(writes))
        except ClientError as error:
            if lost_race(error):
                raise SearchConflictError(search_id=search_id) from error
            raise


def _item(search: Search) -> dict[str, Any]:
    return to_item(
        search,
        pk=search_partition(search.scope.key, search.search_id),
        sk=SEARCH_SORT,
        gsi1pk=f"{search.scope.key}#searches",
        gsi1sk=f"{search.search_id:016d}",
    )


def _waiting_key(search: Search) -> dict[str, str]:
    return {"pk": _UNSETTLED, "sk": f"{search.scope.key}#{search.search_id}"}
