"""SQS adapter of `MessageQueue`."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

from openbml.core.errors import OpenBMLError

_BATCH = 10  # SendMessageBatch takes at most ten entries


class MessagesRefusedError(OpenBMLError):
    """The queue refused messages; details: codes."""


class SqsQueue:
    def __init__(self, client: Any, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def send(self, messages: Sequence[BaseModel]) -> None:
        for start in range(0, len(messages), _BATCH):
            batch = messages[start : start + _BATCH]
            entries = [
                {"Id": str(place), "MessageBody": message.model_dump_json()}
                for place, message in enumerate(batch)
            ]
            reply = self._client.send_message_batch(QueueUrl=self._queue_url, Entries=entries)
            if reply.get("Failed"):
                raise MessagesRefusedError(codes=sorted({failed["Code"] for failed in reply["Failed"]}))
