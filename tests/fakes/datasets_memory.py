"""Fakes of the datasets context's ports."""

from collections.abc import Iterator, Sequence
from itertools import count

from pydantic import BaseModel

from openbml.core.events import Event
from openbml.datasets.stored_objects import ObjectMissingError


class MemoryObjectStore:
    """Objects in a dictionary; counts the requests and the bytes of ranges."""

    def __init__(self, objects: dict[str, bytes] | None = None) -> None:
        self.objects = dict(objects or {})
        self.ranges: list[tuple[int, int]] = []

    def size(self, key: str) -> int:
        return len(self.read(key))

    def read(self, key: str) -> bytes:
        if key not in self.objects:
            raise ObjectMissingError(key=key)
        return self.objects[key]

    def read_range(self, key: str, start: int, end: int) -> bytes:
        self.ranges.append((start, end))
        return self.read(key)[start:end]

    def put(self, key: str, body: bytes, *, content_type: str, sha256: bytes | None = None) -> None:
        self.objects[key] = body

    def delete(self, key: str) -> None:
        self.objects.pop(key, None)

    def delete_below(self, prefix: str) -> None:
        self.objects = {key: body for key, body in self.objects.items() if not key.startswith(prefix)}

    def uri(self, key: str) -> str:
        return f"s3://objects/{key}"

    def url(self, key: str) -> str:
        return f"https://objects.example/{key}"

    def download_url(self, key: str, filename: str, *, lifetime_s: int) -> str:
        return f"https://objects.example/{key}?name={filename}&lifetime={lifetime_s}"


class ListQueue:
    """A queue whose messages a test delivers itself, as often and in the order it likes."""

    def __init__(self) -> None:
        self.messages: list[BaseModel] = []

    def send(self, messages: Sequence[BaseModel]) -> None:
        self.messages.extend(messages)

    def taken(self) -> list[BaseModel]:
        messages, self.messages = self.messages, []
        return messages


class EventLog:
    def __init__(self) -> None:
        self.events: list[Event] = []

    def publish(self, events: Sequence[Event]) -> None:
        self.events.extend(events)


def ids(start: int = 1_000) -> Iterator[int]:
    return count(start)
