"""Adapter of `Wakes`: a lease in DynamoDB, the order in SQS.

Item (keys `pk`, `sk`): wake#{service_id} / lease    who asked last holds it until `until_ms`
"""

from datetime import datetime, timedelta
from typing import Any

from openbml.core.queues import MessageQueue
from openbml.core.scope import ProjectScope
from openbml.services.wakes import WakeOrder

LEASE = timedelta(seconds=30)


class LeasedWakes:
    def __init__(self, table: Any, queue: MessageQueue) -> None:
        self._table = table
        self._queue = queue

    def ask(self, scope: ProjectScope, service_id: int, at: datetime) -> bool:
        """See `Wakes.ask`; raises what the queue raises, and leaves no lease behind then."""
        until_ms = _ms(at + LEASE)
        if not self._leased(service_id, at, until_ms):
            return False
        try:
            self._queue.send([WakeOrder(scope=scope, service_id=service_id)])
        except BaseException:
            self._give_back(service_id, until_ms)
            raise
        return True

    def _leased(self, service_id: int, at: datetime, until_ms: int) -> bool:
        return self._updated(
            service_id,
            UpdateExpression="SET until_ms = :until, expires_at = :forgotten",
            ConditionExpression="attribute_not_exists(pk) OR until_ms <= :now",
            ExpressionAttributeValues={
                ":until": until_ms,
                ":forgotten": until_ms // 1000 + 60,
                ":now": _ms(at),
            },
        )

    def _give_back(self, service_id: int, until_ms: int) -> None:
        self._updated(
            service_id,
            UpdateExpression="SET until_ms = :never",
            ConditionExpression="until_ms = :mine",
            ExpressionAttributeValues={":never": 0, ":mine": until_ms},
        )

    def _updated(self, service_id: int, **update: Any) -> bool:
        try:
            self._table.update_item(Key={"pk": f"wake#{service_id}", "sk": "lease"}, **update)
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            return False
        return True


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
