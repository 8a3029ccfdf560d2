"""States of a service: whatever order reports and wishes come in, nothing is billed twice or for nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbml.compute.failures import Failure, Fault
from openbml.services.ab_tests import (
    ChallengerExistsError,
    ChallengerNotFoundError,
    challenged,
    promoted,
    without_challenger,
)
from openbml.services.deployments import EndedSpan, RunningInterval, ServiceState
from openbml.services.policies import Traffic
from openbml.services.services import Service, ServiceStateError
from tests.fakes.compute_memory import NOON
from tests.fakes.services_samples import configuration, deployment, report, service

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


def in_state(state: ServiceState) -> Service:
    """Return a service in the state; the last thing happened in minute 5."""
    deployed, ran = service(), running()
    broken = report("failed", minute(5), failure=BROKEN)
    asleep = ran.asleep(minute(5))
    made = {
        ServiceState.UNCONFIGURED: service(main=deployment(state="unconfigured", wanted=NO_MACHINES)),
        ServiceState.DEPLOYING: deployed,
        ServiceState.RUNNING: ran,
        ServiceState.UPDATING: ran.changed(configuration(model_version=2), minute(5)),
        ServiceState.SLEEPING: asleep,
        ServiceState.WAKING: asleep.departing(minute(6)).woken(minute(6)),
        ServiceState.STOPPING: ran.stopped_by_user(minute(5)),
        ServiceState.STOPPED: ran.stopped_by_user(minute(4)).removed(minute(5)),
        ServiceState.FAILED: ran.observed(broken),
    }
    assert made[state].state is state
    return made[state]


NO_MACHINES = configuration(compute_units=None, instances=None)
NEWER = 9
EVENTS: dict[str, Callable[[Service], Service]] = {
    "change": lambda row: row.changed(configuration(instances=7), minute(NEWER)),
    "restart": lambda row: row.restarted(minute(NEWER)),
    "stop": lambda row: row.stopped_by_user(minute(NEWER)),
    "sleep": lambda row: row.asleep(minute(NEWER)),
    "wake": lambda row: row.woken(minute(NEWER)),
    "challenge": lambda row: challenged(row, configuration(model_version=2), Traffic(), minute(NEWER)),
    "answers": lambda row: row.observed(report("in_service", minute(NEWER), row.main.revision)),
    "answers as before": lambda row: row.observed(report("in_service", minute(NEWER), 99)),
    "rolls back": lambda row: row.observed(report("in_service", minute(NEWER), 99, failure=BROKEN)),
    "breaks": lambda row: row.observed(report("failed", minute(NEWER), failure=BROKEN)),
    "is gone": lambda row: row.observed(report("removed", minute(NEWER))),
    "broke before": lambda row: row.observed(report("failed", minute(-1), failure=BROKEN)),
    "was gone before": lambda row: row.observed(report("removed", minute(-1))),
    "is of another": lambda row: row.observed(report("failed", minute(NEWER), deployment_id="77")),
}
# By state, in the order of EVENTS: the state after it; `.` as it was, `-` refused.
TRANSITIONS = {
    # change restart stop sleep wake challenge, answers, as before, rolls back, breaks, is gone
    "unconfigured": "deploying -         -        -        -      -       .       . .       .      .",
    "deploying":    "-        .         stopping -        .      -       running . .       failed .",
    "running":      "updating -         stopping sleeping .      running running . .       failed failed",
    "updating":     "-        -         stopping -        .      -       running . running failed failed",
    "sleeping":     "sleeping -         stopping -        waking -       .       . .       .      .",
    "waking":       "-        -         stopping -        .      -       .       . .       .      waking",
    "stopping":     "-        -         .        -        -      -       .       . .       .      stopped",
    "stopped":      "stopped  deploying .        -        -      -       .       . .       .      .",
    "failed":       "failed   deploying stopping -        -      -       running . .       failed .",
}  # fmt: skip


@pytest.mark.parametrize("state", list(ServiceState))
@pytest.mark.parametrize("event", list(EVENTS))
def test_every_event_in_every_state(state: ServiceState, event: str) -> None:
    place = list(EVENTS).index(event)
    row = [*TRANSITIONS[state].split(), ".", ".", "."]
    before = in_state(state)

    if row[place] == "-":
        with pytest.raises(ServiceStateError):
            EVENTS[event](before)
        return
    after = EVENTS[event](before)

    if row[place] == ".":
        assert after is before
    else:
        assert (after.state, after.version) == (row[place], before.version + 1)


def test_a_waking_service_whose_machines_have_left_follows_its_new_ones() -> None:
    waking = in_state(ServiceState.WAKING)
    assert waking.is_leaving("5")

    ready = waking.observed(report("removed", minute(7)))
    assert not ready.is_leaving("5")
    assert ready.observed(report("in_service", minute(8), 2)).state is ServiceState.RUNNING
    assert ready.observed(report("failed", minute(8), failure=BROKEN)).failure == BROKEN


def test_what_is_offered_is_what_is_allowed() -> None:
    offered = {state: set(in_state(state).actions) for state in ServiceState}

    assert offered[ServiceState.UNCONFIGURED] == {"details", "edit", "delete"}
    assert offered[ServiceState.RUNNING] == {"details", "stop", "change", "add_version"}
    assert offered[ServiceState.SLEEPING] == {"details", "stop", "change", "wake"}
    assert offered[ServiceState.UPDATING] == offered[ServiceState.DEPLOYING] == {"details", "stop"}
    assert offered[ServiceState.WAKING] == {"details", "stop"}
    assert offered[ServiceState.STOPPING] == {"details"}
    assert offered[ServiceState.STOPPED] == {"details", "restart", "change", "delete"}
    assert offered[ServiceState.FAILED] == {"details", "restart", "change", "delete"}


def test_only_what_runs_or_updates_is_billed_and_answers() -> None:
    for state in ServiceState:
        main = in_state(state).main
        assert main.answers == (main.interval is not None) == state.serves


def test_a_service_stored_before_there_were_two_versions_is_read_as_it_was() -> None:
    ran = running()
    old = {
        **ran.model_dump(mode="json", exclude={"main", "challenger", "leaving", "revisions", "ended"}),
        **ran.main.model_dump(mode="json", exclude={"deployment_id", "ended"}),
        "image": "serving",
        "revision": 3,
        "ended": {"start": minute(0).isoformat(), "end": minute(1).isoformat(), "units": 4},
    }

    read = Service.model_validate(old)

    assert read.main == ran.main.model_copy(update={"revision": 3})
    assert (read.revisions, read.challenger, read.sleep_policy, read.ended) == (3, None, None, ())


WISHES = st.sampled_from(
    ["stop", "restart", "scale", "update", "sleep", "wake", "challenge", "promote", "alone", "depart", "none"]
)
REPORTS = st.tuples(
    st.sampled_from(["5", "5b"]),
    st.sampled_from(["in_service", "updating", "failed", "removed"]),
    st.integers(0, 6),
    st.integers(-30, 30),
    st.booleans(),
)
STEPS = st.lists(st.tuples(WISHES, REPORTS), max_size=25)


def wished(current: Service, wish: str, at: datetime) -> Service:
    wishes: dict[str, Callable[[], Service]] = {
        "stop": lambda: current.stopped_by_user(at),
        "restart": lambda: current.restarted(at),
        "scale": lambda: current.changed(configuration(instances=2 + current.version % 3), at),
        "update": lambda: current.changed(configuration(model_version=1 + current.version), at),
        "sleep": lambda: current.asleep(at),
        "wake": lambda: current.woken(at),
        "challenge": lambda: challenged(current, configuration(model_version=2), Traffic(), at),
        "promote": lambda: promoted(current, at),
        "alone": lambda: without_challenger(current, at),
        "depart": lambda: current.departing(at),
        "none": lambda: current,
    }
    try:
        return wishes[wish]()
    except (ServiceStateError, ChallengerExistsError, ChallengerNotFoundError):
        return current


@settings(max_examples=400, deadline=None)
@given(STEPS)
def test_billed_spans_never_overlap_and_no_state_is_contradictory(
    steps: list[tuple[str, tuple[str, str, int, int, bool]]],
) -> None:
    current = service()
    spans: dict[str, list[RunningInterval]] = {"5": [], "5b": []}
    for number, (wish, (deployment_id, state, revision, offset, with_failure)) in enumerate(steps, start=1):
        at = minute(number * 10)
        seen = report(
            state,
            at + timedelta(seconds=offset * 40),
            revision,
            deployment_id=deployment_id,
            failure=BROKEN if with_failure else None,
        )
        before, asked = current, wished(current, wish, at)
        current = asked.observed(seen)
        for earlier, later in ((before, asked), (asked, current)):
            assert later is earlier or later.version == earlier.version + 1
            if later is not earlier:
                for place, span in later.ended:
                    spans[place].append(span)
        assert_consistent(current)
    for ended_spans in spans.values():
        ended_spans.sort(key=lambda span: span.start)
        assert len({span.start for span in ended_spans}) == len(ended_spans)
        assert all(span.end and span.end >= span.start for span in ended_spans)
        assert all(one.end and one.end <= other.start for one, other in pairwise(ended_spans))


def assert_consistent(current: Service) -> None:
    for row in current.deployments:
        assert row.answers == (row.serving is not None) == (row.interval is not None)
        if row.interval and row.serving:
            assert row.interval.units == row.serving.billed_units
        assert row.revision <= current.revisions
        assert not (current.is_leaving(row.deployment_id) and row.answers)
    assert len({row.deployment_id for row in current.deployments}) == len(current.deployments)
    assert len({row.deployment_id for row in current.leaving}) == len(current.leaving)
    assert Service.model_validate_json(current.model_dump_json()) == current
    if current.state in (ServiceState.STOPPED, ServiceState.STOPPING, ServiceState.FAILED):
        assert current.challenger is None


@settings(max_examples=200, deadline=None)
@given(st.permutations([("updating", 0, 1), ("in_service", 1, 2), ("failed", 0, 3), ("in_service", 1, 4)]))
def test_the_newest_report_decides_in_whatever_order_they_come(order: list[tuple[str, int, int]]) -> None:
    current = service()
    for state, revision, at in order:
        current = current.observed(report(state, minute(at), revision))

    assert current.state is ServiceState.RUNNING
    assert current.main.observed_at == minute(4)
