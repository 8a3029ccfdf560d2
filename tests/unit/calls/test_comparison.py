"""Comparison of two online versions, and the tests behind it."""

import math
import random
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbml.core.errors import InvalidRequestError
from openbml.services.calls.compare_versions import Measure, OnlineComparison, Verdict, compare_versions
from openbml.services.calls.give_feedback import FeedbackRequest, give_feedback
from openbml.services.calls.records import CallNotFoundError
from openbml.services.calls.significance import adjusted, proportions_p_value, ranks_p_value
from openbml.services.calls.tallies import Tally, bucket_of
from openbml.services.services import ServiceNotFoundError
from tests.fakes.calls_desk import CallsDesk
from tests.fakes.compute_memory import NOON
from tests.fakes.services_samples import SCOPE


def compared(desk: CallsDesk, **changes: Any) -> OnlineComparison:
    fields: dict[str, Any] = {"since": None, "until": None, **changes}
    return compare_versions(
        SCOPE, 5, services=desk.services, book=desk.book, feedback=desk.said, now=desk.now, **fields
    )


def calls(desk: CallsDesk, role: str, number: int, *, errors: int = 0, around_ms: float = 50) -> list[int]:
    spread = random.Random(f"{role} {number}")
    version = 1 if role == "main" else 2
    return [
        desk.called(
            role=role,
            model_version=version,
            error_code=336000 if place < errors else None,
            duration_ms=max(1, round(spread.lognormvariate(math.log(around_ms), 0.4))),
        )
        for place in range(number)
    ]


def said(desk: CallsDesk, log_ids: list[int], right: int) -> None:
    for place, log_id in enumerate(log_ids):
        request = FeedbackRequest(correct=place < right, expected=() if place < right else ("other",))
        give_feedback(
            SCOPE,
            5,
            log_id,
            request,
            user_id=3,
            services=desk.services,
            book=desk.book,
            feedback=desk.said,
            now=desk.now,
        )


def test_too_few_calls_tell_nothing() -> None:
    desk = CallsDesk()
    calls(desk, "main", 500)
    calls(desk, "challenger", 99, errors=99)

    found = compared(desk)

    assert found.verdict is Verdict.TOO_LITTLE_DATA
    assert all(test.p_value is None for test in found.tests)
    assert [row.calls for row in found.roles] == [500, 99]


def test_equal_versions_show_no_difference() -> None:
    desk = CallsDesk()
    calls(desk, "main", 800, errors=16)
    calls(desk, "challenger", 200, errors=4)

    found = compared(desk)

    assert found.verdict is Verdict.NO_DIFFERENCE
    assert [row.error_rate for row in found.roles] == [0.02, 0.02]


@pytest.mark.parametrize(
    ("main", "challenger", "verdict"),
    [
        ({"errors": 40}, {"errors": 2}, Verdict.CHALLENGER_BETTER),
        ({"errors": 2}, {"errors": 40}, Verdict.CHALLENGER_WORSE),
        ({"around_ms": 50}, {"around_ms": 70}, Verdict.CHALLENGER_WORSE),
        ({"around_ms": 70}, {"around_ms": 50}, Verdict.CHALLENGER_BETTER),
        ({"errors": 40, "around_ms": 50}, {"errors": 2, "around_ms": 70}, Verdict.MIXED),
    ],
    ids=str,
)
def test_differences_are_told_with_their_direction(main: Any, challenger: Any, verdict: Verdict) -> None:
    desk = CallsDesk()
    calls(desk, "main", 400, **main)
    calls(desk, "challenger", 400, **challenger)

    assert compared(desk).verdict is verdict


def test_what_people_say_counts_and_the_last_word_is_theirs() -> None:
    desk = CallsDesk()
    main, challenger = calls(desk, "main", 120), calls(desk, "challenger", 120)
    said(desk, main[:60], right=0)
    said(desk, main[:60], right=30)
    said(desk, challenger[:60], right=55)

    found = compared(desk)

    accuracy = next(test for test in found.tests if test.measure is Measure.ACCURACY)
    assert [row.accuracy for row in found.roles] == [0.5, pytest.approx(55 / 60)]
    assert accuracy.significant
    assert found.verdict is Verdict.CHALLENGER_BETTER


def test_a_shadow_is_compared_like_a_challenger() -> None:
    desk = CallsDesk()
    calls(desk, "main", 150, errors=30)
    calls(desk, "shadow", 150)

    found = compared(desk)

    assert found.verdict is Verdict.CHALLENGER_BETTER
    assert [row.model_versions for row in found.roles] == [[1], [2]]


def test_only_the_time_that_was_asked_for_counts() -> None:
    desk = CallsDesk()
    calls(desk, "main", 10)

    assert compared(desk, since=NOON + timedelta(hours=1)).roles[0].calls == 0
    with pytest.raises(InvalidRequestError):
        compared(desk, since=desk.now() + timedelta(hours=1))
    with pytest.raises(InvalidRequestError):
        compared(desk, since=desk.now() - timedelta(days=31))
    desk.services.remove(desk.services.get(SCOPE, 5))
    with pytest.raises(ServiceNotFoundError):
        compared(desk)


def test_feedback_needs_a_recorded_call_of_this_service() -> None:
    desk = CallsDesk()
    other = desk.called(service_id=6)
    quiet = desk.called(recorded=False)

    for log_id in (other, quiet, 1):
        with pytest.raises(CallNotFoundError):
            said(desk, [log_id], right=1)


# Values of scipy 1.17: fisher_exact, a pooled two-sided z test by norm.sf, and mannwhitneyu below.
@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((3, 40, 12, 40), 0.0099370),
        ((1, 20, 8, 20), 0.019656),
        ((0, 30, 4, 30), 0.112400),
        ((200, 1000, 250, 1000), 0.0074196),
        ((0, 50, 0, 80), 1.0),
        ((50, 50, 80, 80), 1.0),
    ],
)
def test_p_values_of_shares_are_those_of_the_textbook(counts: Any, expected: float) -> None:
    first, of_first, second, of_second = counts
    assert proportions_p_value(first, of_first, second, of_second) == pytest.approx(expected, rel=1e-4)
    assert proportions_p_value(second, of_second, first, of_first) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({10: 5, 12: 7, 20: 3}, {10: 2, 12: 6, 20: 9, 30: 4}, 0.00742217580),
        ({22: 100, 23: 200, 24: 50}, {22: 80, 23: 190, 24: 90}, 0.00079627396),
    ],
)
def test_p_values_of_ranks_are_those_of_the_textbook(
    first: dict[int, int], second: dict[int, int], expected: float
) -> None:
    assert ranks_p_value(first, second) == pytest.approx(expected)


@given(st.lists(st.integers(0, 60), max_size=60), st.lists(st.integers(0, 60), max_size=60))
def test_p_values_of_ranks_are_probabilities_and_the_same_from_both_sides(
    first: list[int], second: list[int]
) -> None:
    def histogram(values: list[int]) -> dict[int, int]:
        return {value: values.count(value) for value in set(values)}

    one = ranks_p_value(histogram(first), histogram(second))
    other = ranks_p_value(histogram(second), histogram(first))

    assert (one is None) is (not first or not second)
    assert one == pytest.approx(other)
    assert one is None or 0 <= one <= 1


def test_equal_versions_are_called_different_as_rarely_as_promised() -> None:
    spread = random.Random(7)

    def histogram() -> dict[int, int]:
        return dict(Tally.sum_of(_one(spread.lognormvariate(3, 0.5)) for _ in range(200)).histogram)

    wrong = sum((ranks_p_value(histogram(), histogram()) or 1) < 0.05 for _ in range(300))

    assert wrong <= 28  # of 300 at 5 %: 15 expected, 28 three deviations above


def _one(duration_ms: float) -> Tally:
    return Tally(1, 0, round(duration_ms), {bucket_of(duration_ms): 1})


def test_p_values_are_adjusted_by_holm() -> None:
    assert adjusted([0.01, None, 0.04, 0.03]) == [pytest.approx(0.03), None, 0.06, 0.06]
    assert adjusted([None, None]) == [None, None]


@given(st.lists(st.floats(1, 60_000), min_size=1, max_size=80), st.floats(0.01, 0.99))
def test_percentiles_of_histograms_are_right_within_a_fifth(durations: list[float], share: float) -> None:
    tally = Tally.sum_of(map(_one, durations))
    ordered = sorted(durations)
    exact = ordered[max(0, math.ceil(share * len(ordered)) - 1)]

    found = tally.percentile_ms(share)

    assert found is not None
    assert exact / 1.2 - 0.1 <= found <= exact * 1.2 + 0.1
