"""DynamoDB adapter of `Journal` (`openbml_formats.searches` has the keys)."""

from decimal import Decimal
from typing import Any

from botocore.exceptions import ClientError

from openbml_catalog.search import SearchPlan
from openbml_formats.searches import SEARCH_SORT, TRIALS_PREFIX, SearchState, StudyTrial, trial_sort
from openbml_kit.faults import PlatformFault
from openbml_search.study import Study

_LOST = ("ConditionalCheckFailed", "TransactionConflict")


class DynamoJournal:
    def __init__(self, table: Any, partition: str) -> None:
        self._table = table
        self._partition = partition

    def read(self) -> Study:
        """Raises PlatformFault: there is no such search."""
        search = self._search()
        return Study(
            search_id=int(search["search_id"]),
            task=str(search["task_type"]),
            state=SearchState(search["state"]),
            plan=SearchPlan.model_validate(_plain(search["plan"])),
            trials=[StudyTrial.model_validate(_plain(item)) for item in self._trials()],
        )

    def propose(self, trial: StudyTrial) -> bool:
        search = self._search()
        item = {
            **trial.model_dump(mode="json", exclude_none=True),
            "pk": self._partition,
            "sk": trial_sort(trial.number),
            "scope": search["scope"],
            "search_id": search["search_id"],
            "revision": 1,
        }
        still_running = {
            "ConditionCheck": {
                "TableName": self._table.name,
                "Key": {"pk": self._partition, "sk": SEARCH_SORT},
                "ConditionExpression": "#state = :running",
                "ExpressionAttributeNames": {"#state": "state"},
                "ExpressionAttributeValues": {":running": SearchState.RUNNING.value},
            }
        }
        free_number = {
            "Put": {
                "TableName": self._table.name,
                "Item": item,
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        }
        try:
            self._table.meta.client.transact_write_items(TransactItems=[still_running, free_number])
        except ClientError as error:
            reasons = [reason.get("Code") for reason in error.response.get("CancellationReasons", [])]
            if any(reason in _LOST for reason in reasons):
                return False
            raise
        return True

    def _search(self) -> dict[str, Any]:
        key = {"pk": self._partition, "sk": SEARCH_SORT}
        item: dict[str, Any] | None = self._table.get_item(Key=key, ConsistentRead=True).get("Item")
        if item is None:
            raise PlatformFault(f"there is no search at {self._partition}")
        return item

    def _trials(self) -> list[dict[str, Any]]:
        query: dict[str, Any] = {
            "KeyConditionExpression": "pk = :partition AND begins_with(sk, :trials)",
            "ExpressionAttributeValues": {":partition": self._partition, ":trials": TRIALS_PREFIX},
            "ConsistentRead": True,
        }
        found: list[dict[str, Any]] = []
        while True:
            page = self._table.query(**query)
            found += page["Items"]
            if "LastEvaluatedKey" not in page:
                return found
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _plain(value: Any) -> Any:
    """Return an item's member with plain numbers."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {key: _plain(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_plain(member) for member in value]
    return value
