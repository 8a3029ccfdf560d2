"""What becomes of calls: who is recorded, what is kept, and how it is found again."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbml.core.errors import InvalidCursorError, InvalidRequestError
from openbml.services.calls.expiring_objects import Lifetime
from openbml.services.calls.kept_calls import KeptCall
from openbml.services.calls.labels import labels_of
from openbml.services.calls.read_calls import (
    call_filter,
    find_call,
    list_calls,
    moment,
    recent_minutes,
    usage_of,
)
from openbml.services.calls.records import CallFilter, CallNotFoundError
from openbml.services.calls.reports import CallReport, QueuedReports, is_recorded
from openbml.services.policies import Recording, RecordMode
from openbml.services.services import ServiceNotFoundError
from tests.fakes.calls_desk import CallsDesk
from tests.fakes.calls_memory import InMemoryExpiringObjects
from tests.fakes.compute_memory import NOON
from tests.fakes.prediction_desk import PredictionDesk
from tests.fakes.services_memory import RecordedQueue
from tests.fakes.services_samples import SCOPE

CAT = {"results": [{"name": "cat", "score": 0.9}]}


@pytest.mark.parametrize(
    ("mode", "good", "bad"),
    [
        (RecordMode.NONE, False, False),
        (RecordMode.ERRORS, False, True),
        (RecordMode.ALL, True, True),
    ],
)
def test_the_owner_decides_what_is_recorded(mode: RecordMode, *, good: bool, bad: bool) -> None:
    desk = CallsDesk()
    recording = Recording(mode=mode)

    assert is_recorded(recording, desk.report().record) is good
    assert is_recorded(recording, desk.report(error_code=336001).record) is bad


def test_a_sample_is_as_large_as_asked_and_the_same_for_a_repeat() -> None:
    desk = PredictionDesk()
    desk.says(recording=Recording(mode=RecordMode.SAMPLED, percent=20))
    token = desk.token()
    reports = [desk.answer(token).report for _ in range(2_000)]

    recorded = [report for report in reports if report and report.recorded]

    assert abs(len(recorded) - 400) <= 80
    desk.invoker.outcome = b'{"error_code": 336001, "error_msg": "Invalid Argument"}'
    failed = desk.answer(token).report
    assert failed is not None
    assert failed.recorded


def test_statistics_count_calls_that_nobody_records() -> None:
    desk = CallsDesk()
    reports = [desk.report(recorded=False) for _ in range(3)]

    assert [desk.entered(reports), desk.entered(reports[:2])] == [3, 0]

    (row,) = usage_of(SCOPE, first=None, last=None, service_id=None, app_id=None, using=desk.readers).items
    assert (row.calls, row.errors, row.duration_ms, row.day) == (3, 0, 120, date(2026, 3, 1))
    assert list_calls(SCOPE, 5, CallFilter(), limit=9, cursor=None, using=desk.readers).items == []


def test_what_is_kept_is_found_by_the_calls_id() -> None:
    desk = PredictionDesk()
    desk.says(recording=Recording(keep_inputs=True))
    report = desk.answer(desk.token(), body=b'{"image": "abc", "top_num": 1}').report
    assert report is not None
    calls = CallsDesk()
    calls.entered([report])

    found = find_call(SCOPE, report.record.log_id, using=calls.readers)

    assert found.content is not None
    assert found.content.request_document() == {"image": "abc", "top_num": 1}
    assert found.content.answer_document() == {"results": [{"name": "digit_3", "score": 0.9}]}
    assert (found.log_id, found.labels, found.kept) == (str(report.record.log_id), ("digit_3",), True)
    (key,) = calls.objects.files
    assert key == f"projects/42/services/5/calls/2026/03/01/{report.record.log_id}.json"
    assert calls.objects.lifetimes[key] is Lifetime.MONTH
    with pytest.raises(CallNotFoundError):
        find_call(SCOPE.model_copy(update={"project_id": 43}), report.record.log_id, using=calls.readers)


def test_what_a_refused_call_sent_is_kept_with_the_refusal() -> None:
    desk = PredictionDesk()
    desk.says(recording=Recording(mode=RecordMode.ERRORS, keep_inputs=True))
    desk.invoker.outcome = b"<html>"

    report = desk.answer(desk.token(), body=b"\xff\xfe").report

    assert report is not None
    assert report.content is not None
    assert report.content.request_base64 == "//4="
    assert json.loads(report.content.answer)["error_code"] == 336000


def test_without_the_wish_nothing_is_kept() -> None:
    desk = CallsDesk()
    log_id = desk.called()

    found = find_call(SCOPE, log_id, using=desk.readers)

    assert (found.kept, found.content, found.content_url, found.feedback) == (False, None, None, None)


def test_a_large_content_goes_by_storage_and_a_small_one_by_the_message() -> None:
    queue, objects = RecordedQueue(), InMemoryExpiringObjects()
    reports = QueuedReports(queue, objects)
    desk = CallsDesk()
    small = desk.report({"image": "x" * 100_000})
    large = desk.report({"image": "x" * 4_000_000})

    reports.report(small)
    reports.report(large)

    first, second = queue.messages
    assert isinstance(first, CallReport)
    assert isinstance(second, CallReport)
    assert first == small
    assert second.content is None
    assert second.record.kept_as in objects.files
    assert len(second.model_dump_json()) < 2_000
    kept = KeptCall.model_validate_json(objects.files[str(second.record.kept_as)])
    assert kept == large.content


def test_a_content_too_large_to_be_shown_is_read_from_storage() -> None:
    desk = CallsDesk()
    log_id = desk.called({"image": "x" * 4_100_000})

    found = find_call(SCOPE, log_id, using=desk.readers)

    assert found.content is None
    assert found.content_url is not None
    desk.objects.files.clear()
    assert find_call(SCOPE, log_id, using=desk.readers).content_url is None


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_any_bytes_are_kept(request: bytes, answer: bytes) -> None:
    kept = KeptCall.of("text/plain", request, answer)
    again = KeptCall.model_validate_json(kept.model_dump_json())

    assert again == kept
    assert (again.request is None) is (again.request_base64 is not None)


@pytest.mark.parametrize(
    ("answer", "labels"),
    [
        (CAT, ("cat",)),
        ({"results": [{"name": f"n{number}"} for number in range(20)]}, tuple(f"n{n}" for n in range(10))),
        ({"results": [{"name": "a"}, {"name": "a"}, {"name": ""}, {"name": 3}, 7, {}]}, ("a",)),
        ({"content": "x", "results": [{"span": "Lyon", "tag": "LOC"}]}, ("LOC",)),
        ({"batch_results": [{"label": "yes"}, {"label": "no"}, {"value": 1.0}]}, ("yes", "no")),
        ({"results": {"name": "a"}}, ()),
        ({"score": 0.3}, ()),
        ([], ()),
    ],
    ids=str,
)
def test_labels_are_the_names_of_results(answer: Any, labels: tuple[str, ...]) -> None:
    assert labels_of(json.dumps(answer).encode()) == labels


@given(st.binary(max_size=100))
def test_answers_that_are_none_have_no_labels(answer: bytes) -> None:
    assert isinstance(labels_of(answer), tuple)
    assert labels_of(b"[" * 100_000) == ()


def test_a_cursor_belongs_to_its_filter() -> None:
    desk = CallsDesk()
    for number in range(5):
        desk.called(error_code=None if number % 2 else 336001)
    failed = call_filter(None, None, failed=True)

    first = list_calls(SCOPE, 5, failed, limit=2, cursor=None, using=desk.readers)
    second = list_calls(SCOPE, 5, failed, limit=2, cursor=first.next_cursor, using=desk.readers)

    assert [len(first.items), len(second.items), second.next_cursor] == [2, 1, None]
    with pytest.raises(InvalidCursorError):
        list_calls(SCOPE, 5, CallFilter(), limit=2, cursor=first.next_cursor, using=desk.readers)
    with pytest.raises(ServiceNotFoundError):
        list_calls(SCOPE, 6, CallFilter(), limit=2, cursor=None, using=desk.readers)


def test_times_of_queries_are_iso_with_or_without_an_offset() -> None:
    assert moment("2026-03-01T12:00:00Z", "from") == NOON
    assert moment("2026-03-01T20:00:00 08:00", "from") == NOON  # a plus that became a blank
    assert moment("2026-03-01", "from") == datetime(2026, 3, 1, tzinfo=UTC)
    assert moment(None, "from") is None
    with pytest.raises(InvalidRequestError):
        moment("yesterday", "from")


def test_minutes_tell_what_callers_saw() -> None:
    desk = CallsDesk()
    for number in range(100):
        desk.called(at=desk.now(), duration_ms=100 if number < 95 else 2_000, error_code=None)
    desk.called(at=desk.now() - timedelta(minutes=30), error_code=336000)

    rows = recent_minutes(SCOPE, 5, 60, using=desk.readers).items
    late = recent_minutes(SCOPE, 5, 5, using=desk.readers).items

    assert [(row.calls, row.errors) for row in rows] == [(1, 1), (100, 0)]
    assert late == rows[1:]
    assert rows[1].p50_ms == pytest.approx(100, rel=0.1)
    assert rows[1].p95_ms == pytest.approx(110, rel=0.1)


def test_usage_is_by_day_service_application_and_version() -> None:
    desk = CallsDesk()
    desk.called(at=NOON)
    desk.called(at=NOON, app_id=8, model_version=2, role="challenger")
    desk.called(at=NOON.replace(hour=17), app_id=8, model_version=None, error_code=18)
    desk.called(at=NOON, role="shadow", model_version=2)

    def rows(**chosen: Any) -> list[tuple[date, int, int | None, int]]:
        wanted = {"first": None, "last": date(2026, 3, 2), "service_id": None, "app_id": None, **chosen}
        found = usage_of(SCOPE, **wanted, using=desk.readers).items
        return [(row.day, row.app_id, row.model_version, row.errors) for row in found]

    day, night = date(2026, 3, 1), date(2026, 3, 2)  # five in the afternoon is the next day in Beijing
    assert rows() == [(night, 8, None, 1), (day, 8, 2, 0), (day, 9, 1, 0)]
    assert rows(app_id=9) == [(day, 9, 1, 0)]
    assert rows(first=night) == [(night, 8, None, 1)]
    assert rows(service_id=6) == []
    with pytest.raises(InvalidRequestError):
        rows(first=date(2020, 1, 1))
