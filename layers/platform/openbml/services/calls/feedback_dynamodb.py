"""DynamoDB adapter of `FeedbackBook`.

Items (keys `pk`, `sk`): service#{id}#feedback / {log_id}   what a person said of an answer   list: by time
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from boto3.dynamodb.conditions import Key

from openbml.core.ids import first_log_id
from openbml.core.items import from_item, to_item
from openbml.services.calls.records import Feedback

_KEPT = timedelta(days=30)


class DynamoFeedbackBook:
    def __init__(self, table: Any) -> None:
        self._table = table

    def put(self, feedback: Feedback) -> None:
        over = int((feedback.called_at + _KEPT).timestamp())
        key = _key(feedback.service_id, feedback.log_id)
        self._table.put_item(Item=to_item(feedback, **key, expires_at=over))

    def find(self, service_id: int, log_id: int) -> Feedback | None:
        item = self._table.get_item(Key=_key(service_id, log_id)).get("Item")
        return from_item(Feedback, item) if item else None

    def between(self, service_id: int, since: datetime, until: datetime) -> Iterator[Feedback]:
        first, last = f"{first_log_id(since):020d}", f"{first_log_id(until):020d}"
        condition = Key("pk").eq(f"service#{service_id}#feedback") & Key("sk").between(first, last)
        query: dict[str, Any] = {"KeyConditionExpression": condition}
        while True:
            reply = self._table.query(**query)
            yield from (from_item(Feedback, item) for item in reply["Items"])
            if "LastEvaluatedKey" not in reply:
                return
            query["ExclusiveStartKey"] = reply["LastEvaluatedKey"]


def _key(service_id: int, log_id: int) -> dict[str, str]:
    return {"pk": f"service#{service_id}#feedback", "sk": f"{log_id:020d}"}
