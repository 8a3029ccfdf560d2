"""DynamoDB adapter of `LiveRepository`.

Items (table of the context, keys `pk`, `sk`; all carry the TTL attribute `expires_at`):
    ticket#{sha256}            / ticket           a ticket               take: conditional delete
    connection#{connection_id} / connection       a connection           get: subscribe, disconnect
    topic#{scope.key}#{topic}  / {connection_id}  who follows a topic    list: fan-out
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from boto3.dynamodb.conditions import Key

from openbml.core.items import from_item, to_item
from openbml.core.scope import ProjectScope
from openbml.live.connections import (
    CONNECTION_LIFETIME,
    MOST_TOPICS,
    Connection,
    ConnectionGoneError,
    StoredTicket,
    TooManyTopicsError,
)

_TICKET_MEMORY = timedelta(minutes=5)


class DynamoLiveRepository:
    def __init__(self, table: Any) -> None:
        self._table = table

    def add_ticket(self, ticket: StoredTicket) -> None:
        forgotten_at = int((ticket.valid_until + _TICKET_MEMORY).timestamp())
        self._table.put_item(Item=to_item(ticket, **_ticket_key(ticket.digest), expires_at=forgotten_at))

    def take_ticket(self, digest: str) -> StoredTicket | None:
        reply = self._table.delete_item(Key=_ticket_key(digest), ReturnValues="ALL_OLD")
        item = reply.get("Attributes")
        return from_item(StoredTicket, item) if item else None

    def add_connection(self, connection: Connection) -> None:
        item = to_item(connection, **_connection_key(connection.connection_id), expires_at=_end(connection))
        del item["topics"]  # a string set cannot be empty
        self._table.put_item(Item=item)

    def find_connection(self, connection_id: str) -> Connection | None:
        item = self._table.get_item(Key=_connection_key(connection_id), ConsistentRead=True).get("Item")
        return from_item(Connection, item) if item else None

    def follow(self, connection: Connection, topics: Sequence[str]) -> None:
        """The connection learns its topics first: what it knows is what a disconnect cleans up."""
        if len(connection.topics | set(topics)) > MOST_TOPICS:
            raise TooManyTopicsError(most=MOST_TOPICS)
        self._change_topics(connection, "ADD topics :topics", topics)
        with self._table.batch_writer() as batch:
            for topic in dict.fromkeys(topics):
                key = _follower_key(connection.visitor.scope, topic, connection.connection_id)
                batch.put_item(Item={**key, "expires_at": _end(connection)})

    def unfollow(self, connection: Connection, topics: Sequence[str]) -> None:
        with self._table.batch_writer() as batch:
            for topic in dict.fromkeys(topics):
                batch.delete_item(
                    Key=_follower_key(connection.visitor.scope, topic, connection.connection_id)
                )
        self._change_topics(connection, "DELETE topics :topics", topics)

    def _change_topics(self, connection: Connection, expression: str, topics: Sequence[str]) -> None:
        try:
            self._table.update_item(
                Key=_connection_key(connection.connection_id),
                UpdateExpression=expression,
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeValues={":topics": set(topics)},
            )
        except self._table.meta.client.exceptions.ConditionalCheckFailedException as error:
            raise ConnectionGoneError from error

    def followers(self, scope: ProjectScope, topic: str) -> Sequence[str]:
        found: list[str] = []
        start: dict[str, Any] = {}
        while True:
            reply = self._table.query(
                KeyConditionExpression=Key("pk").eq(f"topic#{scope.key}#{topic}"),
                ProjectionExpression="sk",
                **start,
            )
            found.extend(item["sk"] for item in reply["Items"])
            if "LastEvaluatedKey" not in reply:
                return found
            start = {"ExclusiveStartKey": reply["LastEvaluatedKey"]}

    def remove_connection(self, connection_id: str) -> None:
        connection = self.find_connection(connection_id)
        if connection is None:
            return
        with self._table.batch_writer() as batch:
            for topic in connection.topics:
                batch.delete_item(Key=_follower_key(connection.visitor.scope, topic, connection_id))
        self._table.delete_item(Key=_connection_key(connection_id))


def _end(connection: Connection) -> int:
    return int((connection.opened_at + CONNECTION_LIFETIME).timestamp())


def _ticket_key(digest: str) -> dict[str, str]:
    return {"pk": f"ticket#{digest}", "sk": "ticket"}


def _connection_key(connection_id: str) -> dict[str, str]:
    return {"pk": f"connection#{connection_id}", "sk": "connection"}


def _follower_key(scope: ProjectScope, topic: str, connection_id: str) -> dict[str, str]:
    return {"pk": f"topic#{scope.key}#{topic}", "sk": connection_id}
