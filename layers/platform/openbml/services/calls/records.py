"""Records of calls and their statistics: ports, and what records are looked for by."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope
from openbml.services.calls.tallies import DayKey, HourKey, MinuteKey, Tally
from openbml.services.repositories import CallRecord, CallRole, Position


class CallNotFoundError(OpenBMLError):
    """No such call is recorded in the project, or it is older than 30 days; details: log_id."""


class EnteredCall(BaseModel):
    """A call to be counted once, and recorded where its owner wants that."""

    model_config = ConfigDict(frozen=True)

    scope: ProjectScope
    record: CallRecord
    recorded: bool


class CallFilter(BaseModel):
    """All conditions together; None: any.

    Attributes:
        since, until: time of the call, from and up to without.
        label: a name among the results.
    """

    model_config = ConfigDict(frozen=True)

    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    app_id: int | None = None
    error_code: int | None = None
    failed: bool | None = None
    model_version: int | None = None
    role: CallRole | None = None
    label: str | None = Field(default=None, max_length=128)

    def fits(self, call: CallRecord) -> bool:
        exact = {
            "app_id": call.app_id,
            "error_code": call.error_code,
            "model_version": call.model_version,
            "role": call.role,
            "failed": call.error_code is not None,
        }
        return (
            all(getattr(self, name) in (None, value) for name, value in exact.items())
            and (self.label is None or self.label in call.labels)
            and (self.since is None or call.at >= self.since)
            and (self.until is None or call.at < self.until)
        )


class CallBook(Protocol):
    """Port; `tests/contract/services/test_call_book.py` holds what implementations owe."""

    def enter(self, calls: Sequence[EnteredCall]) -> int:
        """Count and record calls that were not entered before; return how many those are.

        All of it happens, or none, so that whoever hands calls over may do so again.
        """

    def page(
        self, service_id: int, wanted: CallFilter, *, limit: int, position: Position
    ) -> tuple[Sequence[CallRecord], Position]:
        """Return calls that fit, the newest first, and where to go on.

        A page looks at a limited number of records: it may be short, or empty, and yet not the last.
        """

    def find(self, scope: ProjectScope, log_id: int) -> CallRecord:
        """Raises CallNotFoundError."""

    def usage(self, scope: ProjectScope, first: date, last: date) -> Mapping[DayKey, Tally]:
        """Return the days' sums, without histograms; both days belong to it."""

    def minutes(self, service_id: int, since: datetime) -> Mapping[MinuteKey, Tally]:
        """Return the sums of the minutes from then on; they are kept for a day."""

    def hours(self, service_id: int, since: datetime, until: datetime) -> Mapping[HourKey, Tally]:
        """Return the sums of the hours from then on, up to and with the last; they are kept for 30 days."""


class Feedback(BaseModel):
    """What a person says of an answer.

    Attributes:
        expected: labels that would have been right, where they are known.
    """

    model_config = ConfigDict(frozen=True)

    log_id: int
    service_id: int
    role: CallRole
    model_version: int | None
    correct: bool
    expected: tuple[str, ...] = ()
    called_at: AwareDatetime
    given_at: AwareDatetime
    given_by: int


class FeedbackBook(Protocol):
    """Port; `tests/contract/services/test_feedback_book.py` holds what implementations owe."""

    def put(self, feedback: Feedback) -> None:
        """The last word counts; it is forgotten with the call, after 30 days."""

    def find(self, service_id: int, log_id: int) -> Feedback | None: ...

    def between(self, service_id: int, since: datetime, until: datetime) -> Iterator[Feedback]:
        """Yield what was said of the calls of that time."""
