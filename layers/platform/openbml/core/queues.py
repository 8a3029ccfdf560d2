"""Messages to a queue, as a port."""

from collections.abc import Sequence
from typing import Protocol

from pydantic import BaseModel


class MessageQueue(Protocol):
    def send(self, messages: Sequence[BaseModel]) -> None:
        """Hand all messages to the queue; raises when any was refused."""
