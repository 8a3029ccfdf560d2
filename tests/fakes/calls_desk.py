"""What comes of calls, over fakes: one service, and calls as a test makes them."""

import json
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from openbml.core.ids import first_log_id
from openbml.core.pages import CursorCodec
from openbml.services.calls.kept_calls import KeptCall
from openbml.services.calls.read_calls import CallReaders
from openbml.services.calls.record_calls import record_calls
from openbml.services.calls.reports import CallReport
from openbml.services.repositories import CallRecord
from tests.fakes.calls_memory import InMemoryCallBook, InMemoryExpiringObjects, InMemoryFeedbackBook
from tests.fakes.compute_memory import NOON, Ticking
from tests.fakes.services_memory import InMemoryServiceRepository
from tests.fakes.services_samples import SCOPE, service


class CallsDesk:
    def __init__(self) -> None:
        self.now = Ticking(NOON + timedelta(hours=2))
        self.services = InMemoryServiceRepository()
        self.services.add(service(created_at=NOON - timedelta(days=3)))
        self.book = InMemoryCallBook()
        self.said = InMemoryFeedbackBook()
        self.objects = InMemoryExpiringObjects()
        self._numbers = count(1)

    @property
    def readers(self) -> CallReaders:
        return CallReaders(
            services=self.services,
            book=self.book,
            feedback=self.said,
            objects=self.objects,
            cursors=CursorCodec(b"sixteen bytes at least"),
            now=self.now,
        )

    def report(
        self,
        request: Any = None,
        answer: bytes = b'{"results": []}',
        *,
        at: datetime = NOON,
        recorded: bool = True,
        **changes: Any,
    ) -> CallReport:
        fields = {
            "log_id": first_log_id(at) + next(self._numbers),
            "service_id": 5,
            "app_id": 9,
            "at": at,
            "duration_ms": 40,
            "model_version": 1,
        }
        content = None
        if request is not None:
            sent = request if isinstance(request, bytes) else json.dumps(request).encode()
            content = KeptCall.of("application/json", sent, answer)
        record = CallRecord.model_validate({**fields, **changes})
        return CallReport(scope=SCOPE, record=record, recorded=recorded, content=content)

    def called(self, request: Any = None, **changes: Any) -> int:
        """Enter a call; return its log id."""
        report = self.report(request, **changes)
        self.entered([report])
        return report.record.log_id

    def entered(self, reports: list[CallReport]) -> int:
        return record_calls(reports, book=self.book, objects=self.objects)
