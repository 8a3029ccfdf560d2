"""What books of calls and of feedback owe; the fakes pass the same suites."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest

from openbml.core.ids import first_log_id
from openbml.services.calls.call_book_dynamodb import DynamoCallBook
from openbml.services.calls.feedback_dynamodb import DynamoFeedbackBook
from openbml.services.calls.records import (
    CallBook,
    CallFilter,
    CallNotFoundError,
    EnteredCall,
    Feedback,
    FeedbackBook,
)
from openbml.services.calls.tallies import HourKey, MinuteKey, Tally
from openbml.services.repositories import CallRecord
from tests.contract.emulator import make_table
from tests.fakes.calls_memory import InMemoryCallBook, InMemoryFeedbackBook
from tests.fakes.compute_memory import NOON
from tests.fakes.services_samples import SCOPE

pytestmark = pytest.mark.contract
MINUTE = timedelta(minutes=1)
DAY = date(2026, 3, 1)


def entered(number: int, *, recorded: bool = True, **changes: Any) -> EnteredCall:
    at = changes.get("at", NOON)
    fields = {
        "log_id": first_log_id(at) + number,
        "service_id": 5,
        "app_id": 9,
        "at": at,
        "duration_ms": 100,
        "model_version": 1,
    }
    record = CallRecord.model_validate({**fields, **changes})
    return EnteredCall(scope=SCOPE, record=record, recorded=recorded)


class CallBookContract:
    def test_a_call_is_counted_and_recorded_once_however_often_it_comes(self, book: CallBook) -> None:
        first, second, third = (entered(number) for number in range(3))

        assert book.enter([first, first, second]) == 2
        assert book.enter([second, third, first]) == 1
        assert book.enter([first, third]) == 0

        rows, position = book.page(5, CallFilter(), limit=10, position=None)
        assert list(rows) == [third.record, second.record, first.record]
        assert position is None
        (tally,) = book.usage(SCOPE, DAY, DAY).values()
        assert tally == Tally(3, 0, 300, {})

    def test_calls_without_a_record_are_counted_once_too(self, book: CallBook) -> None:
        quiet = [entered(number, recorded=False) for number in range(2)]

        assert [book.enter(quiet), book.enter(quiet[:1])] == [2, 0]

        assert book.page(5, CallFilter(), limit=10, position=None) == ([], None)
        (tally,) = book.usage(SCOPE, DAY, DAY).values()
        assert tally.calls == 2

    def test_deliveries_at_once_count_every_call_once(self, book: CallBook) -> None:
        calls = [entered(number, app_id=number % 3) for number in range(24)]
        deliveries = [calls[:16], calls[8:], calls[::2], calls[::3]]

        with ThreadPoolExecutor(4) as pool:
            counts = list(pool.map(book.enter, deliveries))

        assert sum(counts) == 24
        assert sum(tally.calls for tally in book.usage(SCOPE, DAY, DAY).values()) == 24

    def test_a_call_is_found_in_its_own_project_only(self, book: CallBook) -> None:
        call = entered(1)
        book.enter([call])

        assert book.find(SCOPE, call.record.log_id) == call.record
        with pytest.raises(CallNotFoundError):
            book.find(SCOPE.model_copy(update={"project_id": 43}), call.record.log_id)
        with pytest.raises(CallNotFoundError):
            book.find(SCOPE, 1)

    @pytest.mark.parametrize(
        ("wanted", "numbers"),
        [
            (CallFilter(app_id=8), [3]),
            (CallFilter(failed=True), [5, 4]),
            (CallFilter(failed=False), [3, 2, 1, 0]),
            (CallFilter(error_code=336001), [4]),
            (CallFilter(role="challenger", model_version=2), [2]),
            (CallFilter(label="cat"), [1]),
            (CallFilter(since=NOON + MINUTE, until=NOON + 2 * MINUTE), [5]),
            (CallFilter(since=NOON + 2 * MINUTE), []),
            (CallFilter(failed=True, app_id=8), []),
        ],
        ids=str,
    )
    def test_calls_are_found_by_what_they_are(
        self, book: CallBook, wanted: CallFilter, numbers: list[int]
    ) -> None:
        calls = [
            entered(0),
            entered(1, labels=("cat", "dog")),
            entered(2, role="challenger", model_version=2),
            entered(3, app_id=8),
            entered(4, error_code=336001),
            entered(5, error_code=18, model_version=None, at=NOON + MINUTE),
        ]
        book.enter(calls)

        rows, _ = book.page(5, wanted, limit=10, position=None)

        assert [row.log_id for row in rows] == [calls[number].record.log_id for number in numbers]

    def test_pages_follow_each_other_without_gaps(self, book: CallBook) -> None:
        calls = [entered(number, app_id=number % 2 + 8) for number in range(12)]
        book.enter(calls)
        seen: list[int] = []
        position = None
        while True:
            rows, position = book.page(5, CallFilter(app_id=8), limit=2, position=position)
            seen += [row.log_id for row in rows]
            assert len(rows) <= 2
            if position is None:
                break

        assert seen == [call.record.log_id for call in calls[::-1] if call.record.app_id == 8]

    def test_sums_of_minutes_and_hours_tell_versions_and_shadows_apart(self, book: CallBook) -> None:
        book.enter(
            [
                entered(0, duration_ms=1_100, waited_ms=1_000),
                entered(1, role="challenger", model_version=2, error_code=336000),
                entered(2, role="shadow", model_version=2, at=NOON + MINUTE),
                entered(3, model_version=None, error_code=18),
            ]
        )

        minutes = book.minutes(5, NOON)
        hours = book.hours(5, NOON, NOON + timedelta(hours=1))

        main = minutes[MinuteKey(5, NOON, "main")]
        assert (main.calls, main.errors) == (2, 1)
        assert minutes[MinuteKey(5, NOON + MINUTE, "shadow")].calls == 1
        assert {key.role for key in book.minutes(5, NOON + MINUTE)} == {"shadow"}
        assert hours[HourKey(5, NOON, "main", 1)] == Tally(1, 0, 100, {26: 1})
        assert hours[HourKey(5, NOON, "challenger", 2)].errors == 1
        assert {(key.role, key.model_version) for key in hours} == {
            ("main", 1),
            ("challenger", 2),
            ("shadow", 2),
        }
        assert sum(tally.calls for tally in book.usage(SCOPE, DAY, DAY).values()) == 3

    def test_usage_goes_over_the_ends_of_months(self, book: CallBook) -> None:
        for number, days in enumerate((0, 1, 40)):
            book.enter([entered(number, at=NOON - timedelta(days=days))])

        usage = book.usage(SCOPE, date(2026, 1, 15), DAY)

        assert sorted(key.day for key in usage) == [date(2026, 1, 20), date(2026, 2, 28), DAY]
        assert [key.day for key in book.usage(SCOPE, DAY, DAY)] == [DAY]


class FeedbackBookContract:
    def test_the_last_word_counts_and_is_found_by_the_calls_time(self, said: FeedbackBook) -> None:
        first = Feedback(
            log_id=first_log_id(NOON) + 7,
            service_id=5,
            role="main",
            model_version=1,
            correct=True,
            called_at=NOON,
            given_at=NOON + MINUTE,
            given_by=3,
        )
        last = first.model_copy(update={"correct": False, "expected": ("cat",)})
        said.put(first)
        said.put(last)

        assert said.find(5, first.log_id) == last
        assert said.find(6, first.log_id) is None
        assert list(said.between(5, NOON, NOON + MINUTE)) == [last]
        assert list(said.between(5, NOON + MINUTE, NOON + 2 * MINUTE)) == []


class TestInMemoryBooks(CallBookContract, FeedbackBookContract):
    @pytest.fixture
    def book(self) -> InMemoryCallBook:
        return InMemoryCallBook()

    @pytest.fixture
    def said(self) -> InMemoryFeedbackBook:
        return InMemoryFeedbackBook()


class TestDynamoBooks(CallBookContract, FeedbackBookContract):
    @pytest.fixture
    def book(self, emulator_url: str) -> DynamoCallBook:
        return DynamoCallBook(make_table(emulator_url, "services"))

    @pytest.fixture
    def said(self, emulator_url: str) -> DynamoFeedbackBook:
        return DynamoFeedbackBook(make_table(emulator_url, "services"))
