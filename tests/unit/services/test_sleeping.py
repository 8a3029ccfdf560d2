"""Services that fall asleep when nobody calls, and wake up for calls and at times of day."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from openbml.compute.failures import Failure, Fault
from openbml.compute.hostings import HostingState
from openbml.services.collaborators import AllowanceUsedUpError
from openbml.services.departures import GRACE
from openbml.services.deployments import ServiceState
from openbml.services.policies import WhileAsleep
from openbml.services.services import ServiceStateError
from openbml.services.sleep_policies import PolicyState, SleepPolicy, SleepPolicyRequest
from openbml.services.track_services import halt_services
from openbml.services.wakes import WakeOrder
from tests.fakes.compute_memory import NOON
from tests.fakes.services_desk import ServicesDesk as Desk
from tests.fakes.services_samples import SCOPE


def minute(number: float) -> datetime:
    return NOON + timedelta(minutes=number)


def test_a_service_that_nobody_calls_falls_asleep_and_is_billed_until_then() -> None:
    desk = Desk()
    service_id = desk.running()
    desk.sleep_policy(service_id, while_asleep="ticket")

    desk.now.pass_time(minutes=9)
    assert desk.put_to_sleep() == 0
    desk.now.pass_time(minutes=1)
    assert desk.put_to_sleep() == 1

    assert desk.state(service_id) is ServiceState.SLEEPING
    assert list(desk.usages().values()) == [True]
    route = desk.route()
    assert (route.answers, route.sleeps, route.while_asleep) == (False, True, WhileAsleep.TICKET)
    assert desk.put_to_sleep() == 0


def test_a_call_keeps_it_awake_for_the_idle_time() -> None:
    desk = Desk()
    service_id = desk.running()
    desk.sleep_policy(service_id)
    desk.now.pass_time(minutes=9)
    desk.last_calls.note(service_id, desk.now())

    desk.now.pass_time(minutes=9)
    assert desk.put_to_sleep() == 0
    desk.now.pass_time(minutes=1)
    assert desk.put_to_sleep() == 1


def test_a_service_without_a_policy_stays_awake() -> None:
    desk = Desk()
    service_id = desk.running()
    desk.now.pass_time(days=30)
    assert desk.put_to_sleep() == 0

    desk.sleep_policy(service_id, starts_at=minute(0), ends_at=minute(60))
    assert desk.put_to_sleep() == 0  # the policy is over
    assert desk.state(service_id) is ServiceState.RUNNING


@pytest.mark.parametrize(
    ("at", "state"), [(-1, "pending"), (0, "active"), (59, "active"), (60, "expired"), (99, "expired")]
)
def test_the_clock_decides_whether_a_policy_is_in_force(at: float, state: str) -> None:
    policy = SleepPolicy(idle_minutes=5, starts_at=minute(0), ends_at=minute(60), set_at=minute(-60))

    assert policy.state(minute(at)) is PolicyState(state)
    assert SleepPolicy(idle_minutes=5, set_at=NOON).state(minute(at)) is PolicyState.ACTIVE


@pytest.mark.parametrize(
    "fields",
    [
        {"idle_minutes": 0},
        {"idle_minutes": 1441},
        {"idle_minutes": 5, "starts_at": "2026-03-01T12:00:00"},
        {"idle_minutes": 5, "starts_at": "2026-03-01T12:00:00Z", "ends_at": "2026-03-01T12:00:00Z"},
        {"idle_minutes": 5, "while_asleep": "shout"},
        {"idle_minutes": 5, "prewarm": [{"cron": "every morning", "time_zone": "UTC"}]},
        {"idle_minutes": 5, "prewarm": [{"cron": "0 8 * * *", "time_zone": "Mars/Olympus"}]},
        {"idle_minutes": 5, "prewarm": [{"cron": "0 8 * * *", "time_zone": "../../etc/passwd"}]},
        {"idle_minutes": 5, "prewarm": [{"cron": "0 8 * * *", "time_zone": ""}]},
        {"idle_minutes": 5, "prewarm": [{"cron": "0 8 * * *", "time_zone": "UTC"}] * 21},
        {"idle_minutes": 5, "surprise": 1},
    ],
)
def test_a_malformed_policy_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SleepPolicyRequest.model_validate(fields)


def test_calls_in_flight_are_answered_before_the_machines_go() -> None:
    desk = Desk()
    service_id = desk.asleep()

    desk.resume()
    assert not desk.hostings.hostings[str(service_id)].removal_requested
    desk.now.pass_time(seconds=GRACE.total_seconds())
    desk.resume()
    assert desk.hostings.hostings[str(service_id)].removal_requested
    desk.hosting_becomes(service_id, HostingState.REMOVED)

    assert desk.state(service_id) is ServiceState.SLEEPING
    assert desk.resume() == 0  # nothing is left to do


def test_a_call_at_the_moment_of_falling_asleep_has_the_same_machines_back() -> None:
    desk = Desk()
    service_id = desk.asleep()
    before = desk.hostings.hostings[str(service_id)]

    desk.now.pass_time(seconds=1)
    woken = desk.wake(service_id)

    assert woken is not None
    assert woken.state is ServiceState.RUNNING
    assert desk.hostings.hostings[str(service_id)] == before
    assert sorted(desk.usages().values()) == [False, True]
    desk.now.pass_time(minutes=5)
    assert desk.resume() == 0  # the removal is called off


def test_a_service_asleep_for_long_gets_machines_and_runs_when_they_answer() -> None:
    desk = Desk()
    service_id = slept_out(desk)
    calls = iter([None, None, lambda: desk.hostings.become(str(service_id), HostingState.IN_SERVICE)])

    def pause(seconds: float) -> None:
        desk.now.pass_time(seconds=seconds)
        happens = next(calls)
        if happens:
            happens()

    woken = desk.wake(service_id, pause)

    assert woken is not None
    assert woken.state is ServiceState.RUNNING
    assert desk.hostings.hostings[str(service_id)].request.revision == 2
    assert (desk.route().answers, desk.route().sleeps) == (True, False)


def test_a_call_while_the_machines_go_waits_for_new_ones() -> None:
    desk = Desk()
    service_id = desk.asleep()
    desk.now.pass_time(minutes=1)
    desk.resume()  # the removal begins

    woken = desk.wake(service_id)
    assert woken is not None
    assert woken.state is ServiceState.WAKING
    assert desk.route().sleeps
    desk.hosting_becomes(service_id, HostingState.REMOVED)
    assert desk.hostings.hostings[str(service_id)].request.revision == 2  # without waiting for the minute
    desk.hosting_becomes(service_id, HostingState.IN_SERVICE)

    assert desk.state(service_id) is ServiceState.RUNNING


def test_waking_again_changes_nothing() -> None:
    desk = Desk()
    service_id = slept_out(desk)
    desk.wake(service_id)
    version = desk.service(service_id).version

    desk.wake(service_id)

    assert desk.service(service_id).version == version
    desk.hosting_becomes(service_id, HostingState.IN_SERVICE)
    desk.wake(service_id)
    assert desk.service(service_id).version == version + 1


def test_a_wake_up_that_fails_says_why_and_bills_nothing() -> None:
    desk = Desk()
    service_id = slept_out(desk)
    desk.wake(service_id)
    failure = Failure(fault=Fault.PLATFORM, message="no capacity")
    desk.hosting_becomes(service_id, HostingState.FAILED, failure=failure)

    assert (desk.state(service_id), desk.service(service_id).failure) == (ServiceState.FAILED, failure)
    assert list(desk.usages().values()) == [True]
    assert not desk.route().sleeps  # calls do not wake it again; its owner restarts it


def test_a_wake_up_for_a_service_that_was_stopped_or_deleted_does_nothing() -> None:
    desk = Desk()
    service_id = desk.asleep()
    desk.stop(service_id)

    assert desk.wake(service_id) is None
    assert desk.wake(404) is None
    assert desk.state(service_id) is ServiceState.STOPPING


def test_a_service_is_stopped_while_it_wakes() -> None:
    desk = Desk()
    service_id = slept_out(desk)
    desk.wake(service_id)
    desk.stop(service_id)
    desk.hosting_becomes(service_id, HostingState.IN_SERVICE)
    desk.apply(service_id)
    desk.hosting_becomes(service_id, HostingState.REMOVED)

    assert desk.state(service_id) is ServiceState.STOPPED
    assert list(desk.usages().values()) == [True]


def test_a_sleeping_service_is_stopped_restarted_and_changed() -> None:
    desk = Desk()
    service_id = desk.asleep()
    desk.change(service_id, instances=3)
    assert desk.state(service_id) is ServiceState.SLEEPING
    woken = desk.wake(service_id)
    assert woken is not None
    assert woken.state is ServiceState.WAKING  # the machines it had were of another kind
    assert desk.hostings.hostings[str(service_id)].request.copies == 3
    desk.hosting_becomes(service_id, HostingState.IN_SERVICE)
    assert desk.service(service_id).main.interval is not None

    desk.now.pass_time(minutes=11)
    desk.put_to_sleep()
    desk.stop(service_id)
    desk.apply(service_id)
    desk.hosting_becomes(service_id, HostingState.REMOVED)
    assert desk.state(service_id) is ServiceState.STOPPED
    desk.restart(service_id)
    desk.apply(service_id)
    desk.hosting_becomes(service_id, HostingState.IN_SERVICE)
    assert desk.state(service_id) is ServiceState.RUNNING


def test_an_account_without_means_wakes_nothing_and_keeps_its_sleeping_services() -> None:
    desk = Desk()
    service_id = slept_out(desk)
    desk.funds.has = False

    assert desk.wake(service_id) is None
    with pytest.raises(AllowanceUsedUpError):
        desk.start_waking(service_id)
    halted = halt_services(
        SCOPE.account_id,
        machine="SVC_CPU",
        services=desk.services,
        funds=desk.funds,
        events=desk.events,
        orders=desk.orders,
        now=desk.now,
    )
    assert halted == 0
    assert desk.state(service_id) is ServiceState.SLEEPING


def test_its_owner_wakes_it_without_a_call() -> None:
    desk = Desk()
    service_id = slept_out(desk)

    assert desk.start_waking(service_id).state is ServiceState.WAKING
    assert desk.wake_orders.messages == [WakeOrder(scope=SCOPE, service_id=service_id)]
    desk.wake(service_id)
    desk.hosting_becomes(service_id, HostingState.IN_SERVICE)
    assert desk.start_waking(service_id).state is ServiceState.RUNNING
    desk.stop(service_id)
    with pytest.raises(ServiceStateError):
        desk.start_waking(service_id)


def test_both_versions_of_a_test_sleep_and_wake_together() -> None:
    desk = Desk()
    service_id = desk.testing()
    desk.sleep_policy(service_id)
    desk.now.pass_time(minutes=11)
    assert desk.put_to_sleep() == 1
    assert list(desk.usages().values()) == [True, True]
    assert desk.route().challenger is None

    woken = desk.wake(service_id)

    assert woken is not None
    assert [row.state for row in woken.deployments] == [ServiceState.RUNNING] * 2
    route = desk.route()
    assert route.challenger is not None
    assert (route.challenger.model_version, route.traffic.challenger_share) == (2, 20)


def test_a_service_with_a_version_on_its_way_does_not_fall_asleep() -> None:
    desk = Desk()
    service_id = desk.running()
    desk.sleep_policy(service_id)
    desk.add_challenger(service_id)
    desk.now.pass_time(minutes=30)

    assert desk.put_to_sleep() == 0
    assert desk.state(service_id) is ServiceState.RUNNING


MORNING = {"prewarm": [{"cron": "30 12 * * *", "time_zone": "UTC"}]}


def test_a_schedule_wakes_the_service_before_anybody_calls() -> None:
    desk = Desk()
    service_id = slept_out(desk, **MORNING)
    assert desk.now() < minute(30)
    assert desk.put_to_sleep() == 0
    assert desk.state(service_id) is ServiceState.SLEEPING

    desk.now.at = minute(30)
    desk.put_to_sleep()
    assert desk.state(service_id) is ServiceState.WAKING
    desk.put_to_sleep()
    assert len(desk.wake_orders.messages) == 1
    desk.wake(service_id)
    desk.hosting_becomes(service_id, HostingState.IN_SERVICE)

    desk.now.pass_time(minutes=9)
    assert desk.put_to_sleep() == 0
    desk.now.pass_time(minutes=1)
    assert desk.put_to_sleep() == 1


def test_a_schedule_keeps_a_running_service_awake_for_the_idle_time() -> None:
    desk = Desk()
    service_id = desk.running()
    desk.sleep_policy(service_id, idle_minutes=30, **MORNING)
    desk.now.at = minute(30)
    assert desk.put_to_sleep() == 0

    desk.now.at = minute(59)
    assert desk.put_to_sleep() == 0
    desk.now.at = minute(60)
    assert desk.put_to_sleep() == 1


@pytest.mark.parametrize(("late", "woken"), [(9, True), (10, False), (300, False)])
def test_a_time_that_an_outage_took_is_made_up_for_within_ten_minutes(late: float, woken: bool) -> None:
    desk = Desk()
    service_id = slept_out(desk, **MORNING)

    desk.now.at = minute(30 + late)
    desk.put_to_sleep()

    assert (desk.state(service_id) is ServiceState.WAKING) is woken


def test_a_time_from_before_the_policy_was_set_is_over() -> None:
    desk = Desk()
    service_id = desk.running()
    desk.now.at = minute(31)
    desk.sleep_policy(service_id, idle_minutes=1, **MORNING)

    assert desk.put_to_sleep() == 1


def test_services_that_others_change_are_left_to_the_next_minute() -> None:
    desk = Desk()
    first = desk.running()
    second = desk.deploy(name="other", suffix="other", model_id=4).service_id
    desk.apply(second)
    desk.hosting_becomes(second, HostingState.IN_SERVICE)
    for service_id in (first, second):
        desk.sleep_policy(service_id)
    desk.now.pass_time(minutes=10)
    desk.services.lost_saves = 1

    assert desk.put_to_sleep() == 1
    assert desk.put_to_sleep() == 1
    assert desk.state(first) is desk.state(second) is ServiceState.SLEEPING


def slept_out(desk: Desk, **policy: Any) -> int:
    """Return a service asleep whose machines are gone."""
    service_id = desk.asleep(**policy)
    desk.now.pass_time(minutes=1)
    desk.resume()
    desk.hosting_becomes(service_id, HostingState.REMOVED)
    return service_id


def test_a_service_that_could_not_be_put_to_sleep_goes_on_being_billed() -> None:
    desk = Desk()
    service_id = desk.running()
    desk.sleep_policy(service_id)
    desk.now.pass_time(minutes=10)
    desk.services.lost_saves = 1

    assert desk.put_to_sleep() == 0
    assert list(desk.usages().values()) == [False]


@pytest.mark.parametrize("end", ["sleep", "stop"])
def test_an_end_that_could_not_be_told_is_told_with_the_next_step(end: str) -> None:
    desk = Desk()
    service_id = desk.running()
    desk.sleep_policy(service_id)
    desk.now.pass_time(minutes=10)
    desk.events.refusing = True
    ends: dict[str, Callable[[], object]] = {
        "sleep": desk.put_to_sleep,
        "stop": lambda: desk.stop(service_id),
    }
    with pytest.raises(ConnectionError):
        ends[end]()
    desk.events.refusing = False
    assert list(desk.usages().values()) == [False]

    desk.resume()

    assert list(desk.usages().values()) == [True]


def test_a_setting_in_between_does_not_make_an_untold_end_be_forgotten() -> None:
    desk = Desk()
    service_id = desk.running()
    desk.events.refusing = True
    with pytest.raises(ConnectionError):
        desk.stop(service_id)
    desk.events.refusing = False

    desk.sleep_policy(service_id)

    assert list(desk.usages().values()) == [True]


def test_a_service_that_cannot_be_looked_at_keeps_no_other_awake() -> None:
    desk = Desk()
    broken, other = desk.running(), desk.deploy(name="other", suffix="other", model_id=4).service_id
    desk.apply(other)
    desk.hosting_becomes(other, HostingState.IN_SERVICE)
    for service_id in (broken, other):
        desk.sleep_policy(service_id)
    desk.now.pass_time(minutes=10)
    desk.last_calls.broken = broken

    with pytest.raises(ConnectionError):
        desk.put_to_sleep()

    assert (desk.state(broken), desk.state(other)) == (ServiceState.RUNNING, ServiceState.SLEEPING)
