"""Limits hold over many workers, in the second and over days, at few writes (spec 08 section 4.4)."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbml.services.policies import Limits
from openbml.services.prediction.leases import LeasedTallies
from tests.fakes.calls_memory import InMemoryTallies
from tests.fakes.compute_memory import NOON, Ticking
from tests.fakes.prediction_desk import PredictionDesk


class Fleet:
    """Workers of one application and service, which calls meet at random."""

    def __init__(self, workers: int, seed: int = 7) -> None:
        self.now = Ticking()
        self.shared = InMemoryTallies()
        self.workers = [LeasedTallies(self.shared, self.now) for _ in range(workers)]
        self.random = random.Random(seed)

    def paced(self, per_second: int) -> bool:
        return self.random.choice(self.workers).pace("5#9", per_second=per_second) is None

    def counted(self, most: int) -> bool:
        return self.random.choice(self.workers).count("5#9#day", most=most, forget_at=None)

    def offer(self, per_second: int, *, rate: float, seconds: float) -> list[float]:
        """Offer calls at a rate; return the times, in seconds, of those that went through."""
        passed: list[float] = []
        for number in range(int(rate * seconds)):
            self.now.at = NOON + timedelta(seconds=number / rate)
            if self.paced(per_second):
                passed.append(number / rate)
        return passed


@settings(max_examples=20, deadline=None)
@given(
    workers=st.integers(1, 20),
    limit=st.integers(2, 120),  # one a second is exact: a call passes a second after the last one
    overload=st.floats(1.5, 5),
    seed=st.integers(0, 2**16),
)
def test_under_overload_the_pace_is_the_limits_within_five_percent(
    workers: int, limit: int, overload: float, seed: int
) -> None:
    fleet = Fleet(workers, seed)
    first = 1 / (overload - 1) + 0.5  # by then the calls of one second that the bucket held are gone
    seconds = first + max(4.0, 40 / limit)

    passed = fleet.offer(limit, rate=limit * overload, seconds=seconds)

    steady = [at for at in passed if at >= first]
    expected = limit * (seconds - first)
    assert abs(len(steady) - expected) <= max(0.05 * expected, 2)
    assert len(passed) <= limit * (seconds + 1) + 1


@settings(max_examples=25, deadline=None)
@given(workers=st.integers(1, 20), limit=st.integers(1, 300), seed=st.integers(0, 2**16))
def test_no_instant_lets_more_than_a_seconds_calls_through(workers: int, limit: int, seed: int) -> None:
    fleet = Fleet(workers, seed)
    for begin in (0.0, 0.95, 1.0, 7.3):
        fleet.now.at = NOON + timedelta(seconds=begin)
        assert sum(fleet.paced(limit) for _ in range(3 * limit)) <= limit


@settings(max_examples=25, deadline=None)
@given(
    workers=st.integers(1, 20),
    limit=st.integers(1, 3_000),
    calls=st.floats(1.1, 2),
    seed=st.integers(0, 2**16),
)
def test_a_daily_limit_is_never_exceeded_and_used_up_within_five_percent(
    workers: int, limit: int, calls: float, seed: int
) -> None:
    fleet = Fleet(workers, seed)
    passed = 0
    for number in range(int(limit * calls)):
        fleet.now.at = NOON + timedelta(seconds=number / 100)
        passed += fleet.counted(limit)

    assert 0.95 * limit - 1 <= passed <= limit


def test_what_quiet_workers_hold_back_is_little() -> None:
    fleet = Fleet(20)
    for worker in fleet.workers:
        worker.count("5#9#day", most=10_000, forget_at=None)
    busy = fleet.workers[0]
    passed = 20
    for number in range(20_000):
        fleet.now.at = NOON + timedelta(seconds=number / 500)
        passed += busy.count("5#9#day", most=10_000, forget_at=None)

    assert 9_500 <= passed <= 10_000


def test_busy_workers_write_rarely_and_a_used_up_limit_costs_no_writes() -> None:
    fleet = Fleet(4)
    passed = fleet.offer(1_000, rate=800, seconds=5)
    assert len(passed) == 4_000
    assert fleet.shared.writes <= 400

    daily = Fleet(4)
    for number in range(4_000):
        daily.now.at = NOON + timedelta(seconds=number / 800)
        daily.counted(100_000)
    assert daily.shared.writes <= 80

    used_up = Fleet(1)
    assert [used_up.counted(5) for _ in range(1_000)].count(True) == 5
    assert used_up.shared.writes <= 7


def test_threads_of_one_worker_share_its_lease() -> None:
    shared = InMemoryTallies()
    worker = LeasedTallies(shared, Ticking())

    def attempt(_: int) -> bool:
        return worker.count("5#9#day", most=700, forget_at=None)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(1_000))) == 700


def test_a_raised_limit_is_taken_at_once() -> None:
    fleet = Fleet(1)
    assert [fleet.counted(2) for _ in range(3)] == [True, True, False]
    assert fleet.counted(3)


@pytest.mark.parametrize(
    ("limits", "code"), [(Limits(qps=1), 18), (Limits(total=1), 19), (Limits(daily=1), 17)]
)
def test_only_what_passes_soon_says_when_to_come_back(limits: Limits, code: int) -> None:
    desk = PredictionDesk(limits)
    token = desk.token()
    desk.call(token)

    answer = desk.answer(token)

    assert f'"error_code": {code}'.encode() in answer.body
    assert answer.retry_after_s == (1 if code == 18 else None)


def test_the_installation_has_a_limit_over_all_applications() -> None:
    desk = PredictionDesk(Limits(total=10), cluster_qps=3)

    codes = [desk.code(desk.token()) for _ in range(5)]

    assert codes == [None, None, None, 4, 4]
    desk.now.pass_time(seconds=1)
    assert desk.code(desk.token()) is None


def test_the_limits_are_looked_at_in_the_manuals_order() -> None:
    desk = PredictionDesk(Limits(total=1, daily=1, qps=1), cluster_qps=1)
    token = desk.token()
    assert [desk.code(token), desk.code(token)] == [None, 19]

    other = PredictionDesk(Limits(daily=1, qps=1), cluster_qps=1)
    token = other.token()
    assert [other.code(token), other.code(token)] == [None, 17]

    paced = PredictionDesk(Limits(qps=1), cluster_qps=1)
    token = paced.token()
    assert [paced.code(token), paced.code(token), paced.code(paced.token())] == [None, 18, 4]
