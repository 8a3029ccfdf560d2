"""Use cases that read calls, and what the API shows of them (contracts, section 4)."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict

from openbml.core.clock import Clock
from openbml.core.errors import InvalidRequestError
from openbml.core.pages import CursorCodec, Page
from openbml.core.scope import ProjectScope
from openbml.services.calls.expiring_objects import ExpiringObjects, KeptObjectMissingError
from openbml.services.calls.kept_calls import KeptCall
from openbml.services.calls.records import CallBook, CallFilter, Feedback, FeedbackBook
from openbml.services.calls.tallies import MinuteKey, Tally, day_of
from openbml.services.repositories import CallRecord, CallRole, ServiceRepository

LONGEST_USAGE = timedelta(days=366)
_USAGE_DAYS = timedelta(days=30)
_MOST_SHOWN_BYTES = 4_000_000  # a function answers six megabytes


class FeedbackView(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)

    correct: bool
    expected: Sequence[str]
    given_at: datetime


class CallView(BaseModel):
    """`log_id` is text: it has more digits than a JavaScript number keeps. `kept`: so is its content."""

    model_config = ConfigDict(frozen=True)

    log_id: str
    service_id: int
    app_id: int
    at: datetime
    error_code: int | None
    duration_ms: int
    role: CallRole
    model_version: int | None
    waited_ms: int
    labels: Sequence[str]
    kept: bool

    @classmethod
    def of(cls, call: CallRecord) -> Self:
        return cls.model_validate(_shown(call))


class CallDetail(CallView):
    """Attributes:
    content: what was sent and answered; None where it was not kept, or is too large to be shown.
    content_url: reads the file of it for some minutes.
    """

    content: KeptCall | None
    content_url: str | None
    feedback: FeedbackView | None


class MinuteView(BaseModel):
    model_config = ConfigDict(frozen=True)

    at: datetime
    role: CallRole
    calls: int
    errors: int
    p50_ms: float | None
    p95_ms: float | None


class MinuteList(BaseModel):
    items: Sequence[MinuteView]


class UsageView(BaseModel):
    """`model_version` is null of calls that no model was asked for; days are Beijing's."""

    model_config = ConfigDict(frozen=True)

    day: date
    service_id: int
    app_id: int
    model_version: int | None
    calls: int
    errors: int
    duration_ms: int


class UsageList(BaseModel):
    items: Sequence[UsageView]


class CallReaders(NamedTuple):
    services: ServiceRepository
    book: CallBook
    feedback: FeedbackBook
    objects: ExpiringObjects
    cursors: CursorCodec
    now: Clock


def list_calls(
    scope: ProjectScope,
    service_id: int,
    wanted: CallFilter,
    *,
    limit: int,
    cursor: str | None,
    using: CallReaders,
) -> Page[CallView]:
    """Return a page of records; it may be short, or empty, and not the last. Raises ServiceNotFoundError."""
    using.services.get(scope, service_id)
    purpose = f"calls {service_id} {wanted.model_dump_json(exclude_none=True)}"
    position = using.cursors.decode(cursor, purpose=purpose)
    items, following = using.book.page(service_id, wanted, limit=limit, position=position)
    views = [CallView.of(call) for call in items]
    return Page(items=views, next_cursor=using.cursors.encode(following, purpose=purpose))


def find_call(scope: ProjectScope, log_id: int, *, using: CallReaders) -> CallDetail:
    """Return a call of any service of the project, with what was kept of it. Raises CallNotFoundError."""
    call = using.book.find(scope, log_id)
    content, url = _content(call, using.objects)
    said = using.feedback.find(call.service_id, log_id)
    return CallDetail.model_validate(
        {**_shown(call), "content": content, "content_url": url, "feedback": _said(said)}
    )


def recent_minutes(scope: ProjectScope, service_id: int, minutes: int, *, using: CallReaders) -> MinuteList:
    """Return the minutes in which there were calls, the oldest first. Raises ServiceNotFoundError."""
    using.services.get(scope, service_id)
    found = using.book.minutes(service_id, using.now() - timedelta(minutes=minutes))
    return MinuteList(items=[_minute_view(key, found[key]) for key in sorted(found)])


def usage_of(
    scope: ProjectScope,
    *,
    first: date | None,
    last: date | None,
    service_id: int | None,
    app_id: int | None,
    using: CallReaders,
) -> UsageList:
    """Return how often applications called services, day by day, the newest first.

    Raises:
        InvalidRequestError: `from` is after `to`, or more than a year.
    """
    last = last or day_of(using.now())
    first = first or last - _USAGE_DAYS
    if not timedelta(0) <= last - first <= LONGEST_USAGE:
        raise InvalidRequestError(field="from", reason="it must not be after `to`, at most 366 days")
    rows = [
        UsageView(
            day=key.day,
            service_id=key.service_id,
            app_id=key.app_id,
            model_version=key.model_version or None,
            calls=tally.calls,
            errors=tally.errors,
            duration_ms=tally.duration_ms,
        )
        for key, tally in using.book.usage(scope, first, last).items()
        if service_id in (None, key.service_id) and app_id in (None, key.app_id)
    ]
    rows.sort(key=lambda row: (row.service_id, row.app_id, row.model_version or 0))
    rows.sort(key=lambda row: row.day, reverse=True)
    return UsageList(items=rows)


def call_filter(since: str | None, until: str | None, **exact: str | int | bool | None) -> CallFilter:
    """Return the filter of a request. Raises InvalidRequestError: a time that is none."""
    return CallFilter.model_validate({"since": moment(since, "from"), "until": moment(until, "to"), **exact})


def moment(text: str | None, field: str) -> AwareDatetime | None:
    """Return a time of a query; without an offset it is UTC. Raises InvalidRequestError."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text.replace(" ", "+"))  # a plus that a client did not encode
    except ValueError as error:
        raise InvalidRequestError(field=field, reason="an ISO 8601 time") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _shown(call: CallRecord) -> dict[str, object]:
    fields = call.model_dump(exclude={"kept_as"})
    return {**fields, "log_id": str(call.log_id), "kept": call.kept_as is not None}


def _content(call: CallRecord, objects: ExpiringObjects) -> tuple[KeptCall | None, str | None]:
    if call.kept_as is None:
        return None, None
    try:
        stored = objects.read(call.kept_as)
    except KeptObjectMissingError:  # storage forgets by whole days
        return None, None
    shown = KeptCall.model_validate_json(stored) if len(stored) <= _MOST_SHOWN_BYTES else None
    return shown, objects.url(call.kept_as)


def _said(feedback: Feedback | None) -> FeedbackView | None:
    return FeedbackView.model_validate(feedback) if feedback else None


def _minute_view(key: MinuteKey, tally: Tally) -> MinuteView:
    return MinuteView.model_validate(
        {
            "at": key.minute,
            "role": key.role,
            "calls": tally.calls,
            "errors": tally.errors,
            "p50_ms": tally.percentile_ms(0.5),
            "p95_ms": tally.percentile_ms(0.95),
        }
    )
