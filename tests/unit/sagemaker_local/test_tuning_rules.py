"""Halving, early stopping, completion and counters of tuning jobs."""

import itertools
import math
import statistics
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from sagemaker_local.tuning import early_stopping, hyperband
from sagemaker_local.tuning.children import Outcome
from sagemaker_local.tuning.completion import (
    CONVERGENCE_MIN_JOBS,
    first_jobs_all_failed,
    has_converged,
    not_improving,
)
from sagemaker_local.tuning.counters import objective_counters, training_counters
from sagemaker_local.tuning.hyperband import Schedule
from tests.unit.sagemaker_local.tuning_cases import outcomes

losses = st.floats(-1e6, 1e6)


schedules = st.tuples(st.integers(1, 50), st.integers(1, 20_000)).map(
    lambda two: Schedule(min(two), max(two))
)


@given(schedules)
def test_no_rung_is_below_min_resource_or_at_the_end(schedule: Schedule) -> None:
    for bracket in range(schedule.last_bracket + 1):
        assert all(schedule.min_resource <= rung < schedule.max_resource for rung in schedule.rungs(bracket))


@given(schedules, st.data())
def test_every_rung_is_judged_once_however_the_values_come(schedule: Schedule, data: st.DataObject) -> None:
    bracket = data.draw(st.integers(0, schedule.last_bracket))
    cuts = data.draw(st.lists(st.integers(0, schedule.max_resource), max_size=6))
    places = [0, *sorted(cuts), schedule.max_resource]
    judged: list[int] = []
    for before, after in itertools.pairwise(places):
        judged += schedule.rungs_reached(bracket, before, after)
    assert tuple(judged) == schedule.rungs(bracket)


@given(st.lists(losses, min_size=1, max_size=40, unique=True))
def test_of_jobs_that_reach_a_rung_together_the_best_third_goes_on(values: list[float]) -> None:
    going_on = [
        one
        for index, one in enumerate(values)
        if hyperband.survives(one, values[:index] + values[index + 1 :])
    ]
    assert sorted(going_on) == sorted(values)[: max(1, len(values) // 3)]


def test_hasty_brackets_come_first_and_have_more_jobs() -> None:
    schedule = Schedule(1, 27)
    sizes = Counter(schedule.bracket_of(number) for number in range(27 + 12 + 6 + 4))
    assert sizes == {0: 27, 1: 12, 2: 6, 3: 4}
    assert schedule.rungs(0) == (1, 3, 9)
    assert schedule.rungs(3) == ()
    assert schedule.bracket_of(0) == 0


# -- early stopping -----------------------------------------------------------------------


@given(losses, st.integers(1, 20), st.lists(st.lists(losses, min_size=1, max_size=20), max_size=8))
def test_the_median_rule_is_what_the_contract_says(
    loss: float, epoch: int, finished: list[list[float]]
) -> None:
    means = [early_stopping.running_means(one) for one in finished]
    stops = early_stopping.is_hopeless(loss, epoch, means)
    if len(finished) < 3:
        assert not stops
        return
    median = statistics.median(means_up_to(one, epoch) for one in finished)
    if not math.isclose(loss, median, rel_tol=1e-6, abs_tol=1e-6):
        assert stops == (loss > median)


def means_up_to(values: list[float], epoch: int) -> float:
    return statistics.fmean(values[:epoch])


# -- completion and counters ----------------------------------------------------------------


@given(st.lists(losses, min_size=1, max_size=30))
def test_jobs_since_the_best_are_counted(values: list[float]) -> None:
    count = not_improving(values)
    best = len(values) - 1 - count
    assert values[best] == min(values)
    assert all(one > values[best] for one in values[:best])


def test_convergence_needs_many_jobs_and_no_new_best() -> None:
    falling = [1 / (number + 1) for number in range(10)]
    assert not has_converged([0.5] * (CONVERGENCE_MIN_JOBS - 1))
    assert has_converged(falling + [0.3] * 10)
    assert not has_converged(falling + [0.3] * 9 + [0.01])


def test_only_the_failure_of_all_first_jobs_ends_a_tuning_job() -> None:
    assert first_jobs_all_failed([False] * 5, planned=20)
    assert not first_jobs_all_failed([False] * 4, planned=20)
    assert not first_jobs_all_failed([False] * 4 + [None], planned=20)
    assert not first_jobs_all_failed([False] * 5 + [True], planned=20)
    assert not first_jobs_all_failed([True] + [False] * 8, planned=20)
    assert first_jobs_all_failed([False, False], planned=2)


@given(st.lists(outcomes, max_size=30))
def test_counters_always_sum_to_the_children(found: list[Outcome]) -> None:
    assert sum(training_counters(found).values()) == len(found)
    assert sum(objective_counters(found).values()) == len(found)
    assert training_counters(found)["InProgress"] == objective_counters(found)["Pending"]
