"""States of a service: whatever order reports and wishes come in, nothing is billed twice or for nothing."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbml.compute.failures import Failure, Fault
from openbml.services.configurations import Configuration
from openbml.services.deployments import RunningInterval, ServiceState
from openbml.services.services import EndedSpan, Service, ServiceStateError
from tests.fakes.compute_memory import NOON
from tests.fakes.services_samples import configuration, report, service

BROKEN = Failure(fault=Fault.PLATFORM, message="no capacity")


def minute(number: float) -> datetime:
    return NOON + timedelta(minutes=number)


def running(at: float = 1) -> Service:
    return service().observed(report("in_service", minute(at), 1))


def ended(start: float, end: float, units: int = 4, deployment_id: str = "5") -> tuple[EndedSpan, ...]:
    span = RunningInterval(start=minute(start), end=minute(end), units=units)
    return (EndedSpan(deployment_id, span),)


def test_a_first_deployment_runs_when_its_revision_answers() -> None:
    deployed = running()

    assert deployed.state is ServiceState.RUNNING
    assert deployed.main.answers
    assert deployed.main.running_since == minute(1)
    assert deployed.main.interval == RunningInterval(start=minute(1), units=4)


def test_a_deployment_that_fails_says_why_and_bills_nothing() -> None:
    failed = service().observed(report("failed", minute(1), failure=BROKEN))

    assert (failed.state, failed.failure) == (ServiceState.FAILED, BROKEN)
    assert failed.main.interval is None
    assert failed.ended == ()


def test_a_repeat_changes_nothing() -> None:
    deployed = running()

    assert deployed.observed(report("in_service", minute(1), 1)) is deployed


def test_a_late_failure_of_the_deployment_before_is_left_out() -> None:
    failed = service().observed(report("failed", minute(1), failure=BROKEN))
    again = failed.restarted(minute(2))

    assert again.observed(report("failed", minute(1.5), failure=BROKEN)) is again
    assert again.main.revision == 2


def test_stopping_ends_the_billed_span_at_that_moment() -> None:
    stopping = running().stopped_by_user(minute(31))

    assert stopping.state is ServiceState.STOPPING
    assert stopping.ended == ended(1, 31)
    assert not stopping.main.answers
    assert stopping.stopped_by_user(minute(40)) is stopping
    assert stopping.observed(report("removed", minute(32))).state is ServiceState.STOPPED


def test_a_stopping_service_does_not_come_back_to_life() -> None:
    stopping = service().stopped_by_user(minute(1))

    assert stopping.observed(report("in_service", minute(2), 1)) is stopping
    assert stopping.observed(report("failed", minute(2), failure=BROKEN)) is stopping


def test_the_old_version_answers_until_the_new_one_does() -> None:
    updating = running().changed(configuration(model_version=2), minute(5))

    assert (updating.state, updating.main.answers) == (ServiceState.UPDATING, True)
    assert updating.observed(report("in_service", minute(4), 1)) is updating
    updated = updating.observed(report("in_service", minute(9), 2))
    assert updated.main.serving == configuration(model_version=2)
    assert updated.main.running_since == minute(1)  # the same units: the same billed span


def test_other_units_end_the_span_and_begin_another() -> None:
    scaled = running().changed(configuration(instances=3), minute(5))
    scaled = scaled.observed(report("in_service", minute(9), 2))

    assert scaled.ended == ended(1, 9)
    assert scaled.main.interval == RunningInterval(start=minute(9), units=6)


def test_a_refused_update_leaves_the_old_version_running_with_the_cause() -> None:
    updating = running().changed(configuration(instances=3), minute(5))

    back = updating.observed(report("in_service", minute(9), 1, failure=BROKEN))

    assert (back.state, back.failure) == (ServiceState.RUNNING, BROKEN)
    assert back.main.wanted == configuration()
    assert back.main.running_since == minute(1)
    assert back.changed(configuration(instances=4), minute(10)).main.revision == 3


def test_a_running_service_that_breaks_is_billed_until_then() -> None:
    broken = running().observed(report("failed", minute(7), failure=BROKEN))

    assert broken.state is ServiceState.FAILED
    assert broken.ended == ended(1, 7)


def test_a_service_under_way_takes_no_other_wish() -> None:
    stopping = running().stopped_by_user(minute(2))

    with pytest.raises(ServiceStateError):
        stopping.changed(configuration(instances=5), minute(3))
    with pytest.raises(ServiceStateError):
        stopping.restarted(minute(3))


def test_a_running_service_is_not_restarted() -> None:
    with pytest.raises(ServiceStateError):
        running().restarted(minute(2))


def test_a_stopped_service_keeps_another_size_for_its_restart() -> None:
    stopped = service().stopped_by_user(minute(1)).removed(minute(2))

    resized = stopped.changed(configuration(instances=5), minute(3))

    assert resized.state is ServiceState.STOPPED
    assert resized.restarted(minute(4)).main.wanted.instances == 5


WISHES = st.sampled_from(["stop", "restart", "scale", "update", "none"])
REPORTS = st.tuples(
    st.sampled_from(["in_service", "updating", "failed", "removed"]),
    st.integers(0, 6),
    st.integers(-30, 30),
    st.booleans(),
)
STEPS = st.lists(st.tuples(WISHES, REPORTS), max_size=25)


def wished(current: Service, wish: str, at: datetime) -> Service:
    sizes: dict[str, Configuration] = {
        "scale": configuration(instances=2 + current.version % 3),
        "update": configuration(model_version=1 + current.version),
    }
    try:
        if wish == "stop":
            return current.stopped_by_user(at)
        if wish == "restart":
            return current.restarted(at)
        return current.changed(sizes[wish], at) if wish in sizes else current
    except ServiceStateError:
        return current


@settings(max_examples=200, deadline=None)
@given(STEPS)
def test_billed_spans_never_overlap_and_no_state_is_contradictory(
    steps: list[tuple[str, tuple[str, int, int, bool]]],
) -> None:
    current = service()
    spans: list[RunningInterval] = []
    for number, (wish, (state, revision, offset, with_failure)) in enumerate(steps, start=1):
        at = minute(number * 10)
        seen = report(
            state,
            at + timedelta(seconds=offset * 40),
            revision,
            failure=BROKEN if with_failure else None,
        )
        before, asked = current, wished(current, wish, at)
        current = asked.observed(seen)
        for earlier, later in ((before, asked), (asked, current)):
            assert later is earlier or later.version == earlier.version + 1
            if later is not earlier:
                spans.extend(span for _, span in later.ended)
        main = current.main
        assert main.answers == (main.serving is not None)
        assert (main.interval is not None) == (main.serving is not None)
        if main.interval and main.serving:
            assert main.interval.units == main.serving.billed_units
        assert main.revision >= 1
    spans.sort(key=lambda span: span.start)
    assert len({span.start for span in spans}) == len(spans)
    assert all(span.end and span.end >= span.start for span in spans)
    assert all(one.end and one.end <= other.start for one, other in pairwise(spans))


@settings(max_examples=200, deadline=None)
@given(st.permutations([("updating", 0, 1), ("in_service", 1, 2), ("failed", 0, 3), ("in_service", 1, 4)]))
def test_the_newest_report_decides_in_whatever_order_they_come(order: list[tuple[str, int, int]]) -> None:
    current = service()
    for state, revision, at in order:
        current = current.observed(report(state, minute(at), revision))

    assert current.state is ServiceState.RUNNING
    assert current.main.observed_at == minute(4)
