"""How updates move traffic, and how pools follow their load."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_local.hosting.scaling import Load, LoadWatch, ScalingRule
from sagemaker_local.hosting.traffic import (
    Step,
    deployment_problems,
    execution_limit_s,
    termination_wait_s,
    traffic_steps,
)

RULE = ScalingRule(minimum=0, maximum=3, idle_s=10, busy_per_worker=4)


def blue_green(kind: str, wait_s: int = 5, **sizes: Any) -> dict[str, Any]:
    routing = {"Type": kind, "WaitIntervalInSeconds": wait_s, **sizes}
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing}}


def percent(value: int) -> dict[str, Any]:
    return {"Type": "CAPACITY_PERCENT", "Value": value}


def instances(value: int) -> dict[str, Any]:
    return {"Type": "INSTANCE_COUNT", "Value": value}


@pytest.mark.parametrize(
    ("config", "shares"),
    [
        (None, [1.0]),
        (blue_green("ALL_AT_ONCE"), [1.0]),
        (blue_green("CANARY", CanarySize=percent(10)), [0.1, 1.0]),
        (blue_green("CANARY", CanarySize=instances(1)), [0.25, 1.0]),
        (blue_green("LINEAR", LinearStepSize=percent(40)), [0.4, 0.8, 1.0]),
        ({"RollingUpdatePolicy": {"MaximumBatchSize": instances(2), "WaitIntervalInSeconds": 5}}, [0.5, 1.0]),
    ],
)
def test_each_policy_has_its_steps(config: dict[str, Any] | None, shares: list[float]) -> None:
    steps = traffic_steps(config, instance_count=4)
    assert [step.share for step in steps] == pytest.approx(shares)
    assert all(step.wait_s == (5 if config else 0) for step in steps)


@given(
    kind=st.sampled_from(["CANARY", "LINEAR"]),
    size=st.one_of(st.integers(1, 50).map(percent), st.integers(1, 20).map(instances)),
    count=st.integers(0, 10),
)
def test_traffic_only_grows_and_ends_at_all(kind: str, size: dict[str, Any], count: int) -> None:
    member = {"CANARY": "CanarySize", "LINEAR": "LinearStepSize"}[kind]
    steps: list[Step] = traffic_steps(blue_green(kind, **{member: size}), count)
    shares = [step.share for step in steps]
    assert shares == sorted(set(shares))
    assert shares[-1] == 1.0
    assert shares[0] > 0


def test_waits_and_limits_come_from_the_policy() -> None:
    config = blue_green("ALL_AT_ONCE")
    assert (termination_wait_s(None), execution_limit_s(None)) == (0, None)
    config["BlueGreenUpdatePolicy"] |= {
        "TerminationWaitInSeconds": 7,
        "MaximumExecutionTimeoutInSeconds": 600,
    }
    assert (termination_wait_s(config), execution_limit_s(config)) == (7, 600)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (blue_green("CANARY"), "CanarySize is required"),
        (blue_green("CANARY", CanarySize=percent(60)), "between 1 and 50"),
        (blue_green("LINEAR", LinearStepSize=percent(5)), "between 10 and 50"),
        (blue_green("ALL_AT_ONCE", CanarySize=percent(5)), "must not be given"),
        ({**blue_green("ALL_AT_ONCE"), "RollingUpdatePolicy": {"MaximumBatchSize": percent(5)}}, "not both"),
    ],
)
def test_a_policy_that_cannot_be_says_why(config: dict[str, Any], words: str) -> None:
    assert words in next(deployment_problems(config))


def wanted(watch: LoadWatch, *looks: tuple[float, int, int, int]) -> list[int]:
    return [watch.wanted(Load(size, busy, waiting), now) for now, size, busy, waiting in looks]


def test_a_sleeping_pool_wakes_only_for_a_request() -> None:
    assert wanted(LoadWatch(RULE), (0, 0, 0, 0), (100, 0, 0, 0), (101, 0, 0, 1)) == [0, 0, 1]


def test_a_pool_grows_when_it_stays_busy_and_not_beyond_its_maximum() -> None:
    looks = [(0.0, 1, 5, 0), (0.5, 1, 5, 0), (1.0, 2, 9, 0), (1.5, 2, 9, 0), (2.0, 3, 99, 9), (2.5, 3, 99, 9)]
    assert wanted(LoadWatch(RULE), *looks) == [1, 2, 2, 3, 3, 3]


def test_a_pool_outside_of_a_new_range_moves_into_it() -> None:
    assert wanted(LoadWatch(RULE), (0, 5, 9, 0)) == [3]
    rule = ScalingRule(minimum=2, maximum=2, idle_s=1, busy_per_worker=1)
    assert wanted(LoadWatch(rule), (0, 0, 0, 0), (9, 2, 0, 0)) == [2, 2]


def test_one_busy_moment_starts_nothing() -> None:
    assert wanted(LoadWatch(RULE), (0, 1, 5, 0), (0.5, 1, 1, 0), (1, 1, 5, 0)) == [1, 1, 1]


def test_an_idle_pool_goes_to_its_minimum_and_a_spared_worker_goes_alone() -> None:
    assert wanted(LoadWatch(RULE), (0, 2, 0, 0), (9, 2, 0, 0), (10, 2, 0, 0)) == [2, 2, 0]
    assert wanted(LoadWatch(RULE), (0, 2, 1, 0), (5, 2, 2, 0), (10, 2, 1, 0), (11, 1, 1, 0)) == [2, 2, 1, 1]


@given(
    low=st.integers(0, 2),
    spread=st.integers(0, 3),
    loads=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 5)), max_size=40),
)
def test_a_pool_never_leaves_its_range(low: int, spread: int, loads: list[tuple[int, int]]) -> None:
    rule = ScalingRule(minimum=low, maximum=low + spread, idle_s=1, busy_per_worker=2)
    watch, size = LoadWatch(rule), low
    for tick, (busy, waiting) in enumerate(loads):
        size = watch.wanted(Load(size, busy if size else 0, waiting), tick * 0.5)
        assert low <= size <= low + spread
