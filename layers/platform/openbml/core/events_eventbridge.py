"""EventBridge adapter of `EventPublisher`."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from openbml.core.errors import OpenBMLError
from openbml.core.events import Event

_BATCH = 10  # PutEvents takes at most ten entries
_ATTEMPTS = 4


class EventsRefusedError(OpenBMLError):
    """The bus refused entries for good; details: codes."""


class EventBridgePublisher:
    def __init__(self, client: Any, bus_name: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._bus_name = bus_name
        self._sleep = sleep

    def publish(self, events: Sequence[Event]) -> None:
        entries = [self._entry(event) for event in events]
        for start in range(0, len(entries), _BATCH):
            self._put(entries[start : start + _BATCH])

    def _entry(self, event: Event) -> dict[str, Any]:
        return {
            "Source": event.source,
            "DetailType": event.detail_type(),
            "Detail": event.model_dump_json(),
            "EventBusName": self._bus_name,
        }

    def _put(self, entries: list[dict[str, Any]]) -> None:
        codes: set[str] = set()
        for attempt in range(_ATTEMPTS):
            results = self._client.put_events(Entries=entries)["Entries"]
            codes = {result["ErrorCode"] for result in results if "ErrorCode" in result}
            if not codes:
                return
            entries = [entry for entry, result in zip(entries, results, strict=True) if "ErrorCode" in result]
            self._sleep(0.1 * 2**attempt)
        raise EventsRefusedError(codes=sorted(codes))
