"""DynamoDB adapter of `TicketRepository`.

Items (keys `pk`, `sk`):
    ticket#{ticket} / ticket   a call that is answered later, for a day   answered once, by condition
"""

from typing import Any

from openbml.core.items import from_item, to_item
from openbml.services.prediction.tickets import LIFETIME, Ticket, TicketNotFoundError


class DynamoTickets:
    def __init__(self, table: Any) -> None:
        self._table = table

    def add(self, ticket: Ticket) -> None:
        over = int((ticket.made_at + LIFETIME).timestamp())
        self._table.put_item(Item=to_item(ticket, **_key(ticket.ticket), expires_at=over))

    def get(self, ticket: str) -> Ticket:
        item = self._table.get_item(Key=_key(ticket), ConsistentRead=True).get("Item")
        if item is None:
            raise TicketNotFoundError(ticket=ticket)
        return from_item(Ticket, item)

    def answer(self, ticket: Ticket, answer_key: str) -> bool:
        try:
            self._table.update_item(
                Key=_key(ticket.ticket),
                UpdateExpression="SET answer_key = :key",
                ConditionExpression="attribute_exists(pk) AND attribute_not_exists(answer_key)",
                ExpressionAttributeValues={":key": answer_key},
            )
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            return False
        return True


def _key(ticket: str) -> dict[str, str]:
    return {"pk": f"ticket#{ticket}", "sk": "ticket"}
