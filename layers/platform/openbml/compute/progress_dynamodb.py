"""DynamoDB adapter of `DeliveryMarks`: key `job#{job_id}` / `delivery#{digest}`, kept for two days."""

from datetime import timedelta
from typing import Any

from openbml.core.clock import Clock

_KEPT = timedelta(days=2)  # the log service repeats a delivery for at most a day


class DynamoDeliveryMarks:
    def __init__(self, table: Any, *, now: Clock) -> None:
        self._table = table
        self._now = now

    def has(self, job_id: str, digest: str) -> bool:
        return "Item" in self._table.get_item(Key=_key(job_id, digest), ConsistentRead=True)

    def put(self, job_id: str, digest: str) -> None:
        expires_at = int((self._now() + _KEPT).timestamp())
        self._table.put_item(Item={**_key(job_id, digest), "expires_at": expires_at})


def _key(job_id: str, digest: str) -> dict[str, str]:
    return {"pk": f"job#{job_id}", "sk": f"delivery#{digest}"}
