"""What the prediction API hands over of each call: to be counted, recorded and kept as its owner decided."""

from typing import Protocol

from pydantic import BaseModel, ConfigDict

from openbml.core.queues import MessageQueue
from openbml.core.scope import ProjectScope
from openbml.services.calls.expiring_objects import ExpiringObjects, Lifetime, call_key
from openbml.services.calls.kept_calls import KeptCall
from openbml.services.policies import Recording, RecordMode
from openbml.services.repositories import CallRecord

# A queue takes 262,144 bytes a message; the rest is the record.
_MOST_MESSAGE_BYTES = 240_000
_RANDOM_BITS = 22  # of a log id: what a sample is drawn by, so that a repeat draws the same


class CallReport(BaseModel):
    """A call that reached a service.

    Attributes:
        recorded: the record is kept; statistics count the call all the same.
        content: what was sent and answered, to be kept; larger ones were kept before (`record.kept_as`).
    """

    model_config = ConfigDict(frozen=True)

    scope: ProjectScope
    record: CallRecord
    recorded: bool
    content: KeptCall | None = None


class Reporter(Protocol):
    def report(self, report: CallReport) -> None: ...


class QueuedReports:
    """Reports as messages; contents too large for one are stored first, at the place where they are kept."""

    def __init__(self, queue: MessageQueue, objects: ExpiringObjects) -> None:
        self._queue = queue
        self._objects = objects

    def report(self, report: CallReport) -> None:
        self._queue.send([self._small(report)])

    def _small(self, report: CallReport) -> CallReport:
        if report.content is None or _fits(report, report.content):
            return report
        key = kept_at(report)
        self._objects.put(key, report.content.model_dump_json().encode(), Lifetime.MONTH)
        record = report.record.model_copy(update={"kept_as": key})
        return report.model_copy(update={"record": record, "content": None})


def _fits(report: CallReport, content: KeptCall) -> bool:
    """Tell whether the report is small enough for a message; what is plainly too long is not written out."""
    texts = (content.request, content.request_base64, content.answer)
    if sum(len(text) for text in texts if text) > _MOST_MESSAGE_BYTES:
        return False
    return len(report.model_dump_json().encode()) <= _MOST_MESSAGE_BYTES


def kept_at(report: CallReport) -> str:
    record = report.record
    return call_key(report.scope, record.service_id, record.at, record.log_id)


def is_recorded(recording: Recording, record: CallRecord) -> bool:
    """Tell whether the owner wants the record; of a sample, calls that fail are part."""
    if recording.mode is RecordMode.ALL:
        return True
    if recording.mode is RecordMode.NONE:
        return False
    if record.error_code is not None:
        return True
    drawn = record.log_id % 2**_RANDOM_BITS
    return recording.mode is RecordMode.SAMPLED and drawn * 100 < recording.percent * 2**_RANDOM_BITS
