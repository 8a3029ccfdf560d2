"""Use case: enter what the prediction API reported."""

from collections.abc import Sequence

from openbml.services.calls.expiring_objects import ExpiringObjects, Lifetime
from openbml.services.calls.records import CallBook, EnteredCall
from openbml.services.calls.reports import CallReport, kept_at


def record_calls(reports: Sequence[CallReport], *, book: CallBook, objects: ExpiringObjects) -> int:
    """Keep what was sent and answered, then count and record; return how many calls were new.

    Reports come at least once, in any company: a repeat writes the same file and counts nothing.
    """
    return book.enter([_entered(report, objects) for report in reports])


def _entered(report: CallReport, objects: ExpiringObjects) -> EnteredCall:
    record = report.record
    if report.content is not None:
        key = kept_at(report)
        objects.put(key, report.content.model_dump_json().encode(), Lifetime.MONTH)
        record = record.model_copy(update={"kept_as": key})
    return EnteredCall(scope=report.scope, record=record, recorded=report.recorded)
