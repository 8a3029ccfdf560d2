"""DynamoDB adapter of `Tallies`.

Items (keys `pk`, `sk`):
    count#{name} / count   calls: how many were counted              compared by condition
    pace#{name}  / pace    due_us: when the bucket is empty again    moved on by condition
"""

from datetime import datetime, timedelta
from typing import Any

from openbml.services.prediction.leases import Paced, Taken

_ROUNDS = 5
_SECOND_US = 1_000_000
_CONTENDED_S = 0.05
_KEPT = timedelta(days=1)


class DynamoTallies:
    def __init__(self, table: Any) -> None:
        self._table = table
        self._refused = table.meta.client.exceptions.ConditionalCheckFailedException

    def take(self, name: str, *, wanted: int, most: int, forget_at: datetime | None) -> Taken:
        for _ in range(_ROUNDS):
            counted = self._counted(name, wanted, most, forget_at)
            if counted is not None:
                return Taken(wanted, most - counted)
            left = most - self._read({"pk": f"count#{name}", "sk": "count"}, "calls")
            if left <= 0:
                return Taken(0, 0)
            wanted = min(wanted, left)
        return Taken(0, 0)

    def pace(self, name: str, *, wanted: int, per_second: int, at: datetime) -> Paced:
        now = int(at.timestamp() * _SECOND_US)
        step = _SECOND_US // per_second
        wanted = min(wanted, per_second)
        key = {"pk": f"pace#{name}", "sk": "pace"}
        for _ in range(_ROUNDS):
            if self._moved_on(key, now, now + _SECOND_US - wanted * step, wanted * step):
                return Paced(wanted)
            due = self._read(key, "due_us")
            if due < now:
                if self._begun(key, now, wanted * step, at):
                    return Paced(wanted)
                continue
            room = (now + _SECOND_US - due) // step
            if room < 1:
                return Paced(0, (due + step - now - _SECOND_US) / _SECOND_US)
            wanted = min(wanted, room)
        return Paced(0, _CONTENDED_S)

    def _counted(self, name: str, wanted: int, most: int, forget_at: datetime | None) -> int | None:
        """Return how many calls are counted now; None: there is no room for so many."""
        if wanted > most:
            return None
        values: dict[str, Any] = {":more": wanted, ":room": most - wanted}
        update = "ADD calls :more"
        if forget_at:
            update += " SET expires_at = :at"
            values[":at"] = int(forget_at.timestamp())
        try:
            reply = self._table.update_item(
                Key={"pk": f"count#{name}", "sk": "count"},
                UpdateExpression=update,
                ConditionExpression="attribute_not_exists(calls) OR calls <= :room",
                ExpressionAttributeValues=values,
                ReturnValues="UPDATED_NEW",
            )
        except self._refused:
            return None
        return int(reply["Attributes"]["calls"])

    def _moved_on(self, key: dict[str, str], now: int, latest: int, span: int) -> bool:
        return self._updated(
            key,
            "ADD due_us :span",
            "due_us BETWEEN :now AND :latest",
            {":span": span, ":now": now, ":latest": latest},
        )

    def _begun(self, key: dict[str, str], now: int, span: int, at: datetime) -> bool:
        values = {":due": now + span, ":now": now, ":gone": int((at + _KEPT).timestamp())}
        return self._updated(
            key,
            "SET due_us = :due, expires_at = :gone",
            "attribute_not_exists(due_us) OR due_us < :now",
            values,
        )

    def _updated(self, key: dict[str, str], update: str, condition: str, values: dict[str, int]) -> bool:
        try:
            self._table.update_item(
                Key=key,
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
            )
        except self._refused:
            return False
        return True

    def _read(self, key: dict[str, str], attribute: str) -> int:
        item = self._table.get_item(Key=key, ConsistentRead=True).get("Item", {})
        return int(item.get(attribute, 0))
