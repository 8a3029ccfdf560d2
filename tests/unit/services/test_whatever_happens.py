"""Whatever owners, calls, clocks and compute do, in whatever order: nothing is left over or unbilled."""

from collections.abc import Callable, Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from openbml.compute.failures import Failure, Fault
from openbml.compute.hostings import HostingConflictError, HostingState
from openbml.services.ab_tests import ChallengerExistsError, ChallengerNotFoundError
from openbml.services.deployments import HostingReport, ServiceState
from openbml.services.hosting_requests import report_of
from openbml.services.services import ServiceConflictError, ServiceStateError
from tests.fakes.services_desk import ServicesDesk

ID = 5
BROKEN = Failure(fault=Fault.PLATFORM, message="no capacity")
REFUSALS = (
    ServiceStateError,
    ServiceConflictError,
    ChallengerExistsError,
    ChallengerNotFoundError,
    HostingConflictError,
)


class World:
    """One service; what compute says is delivered late, twice or out of order."""

    def __init__(self, start: str = "new") -> None:
        self.desk = ServicesDesk()
        starts: Mapping[str, Callable[[], object]] = {
            "new": self.desk.deploy,
            "asleep": self.desk.asleep,
            "testing": self.desk.testing,
        }
        starts[start]()
        self.said: list[HostingReport] = []
        self.acts: Mapping[str, Callable[[], object]] = {
            "stop": lambda: self.desk.stop(ID),
            "restart": lambda: self.desk.restart(ID),
            "scale": lambda: self.desk.change(ID, instances=2 + self.desk.service(ID).version % 4),
            "challenge": lambda: self.desk.add_challenger(ID),
            "scale challenger": lambda: self.desk.change_challenger(ID, instances=5),
            "promote": lambda: self.desk.promote(ID),
            "remove challenger": lambda: self.desk.remove_challenger(ID),
            "policy": lambda: self.desk.sleep_policy(ID, idle_minutes=1),
            "minute": self.minute,
            "call": lambda: self.desk.last_calls.note(ID, self.desk.now()),
            "wake": lambda: self.desk.wake(ID),
            "order": lambda: self.desk.apply(ID),
            "compute serves": lambda: self.compute(HostingState.IN_SERVICE),
            "compute fails": lambda: self.compute(HostingState.FAILED),
            "compute removes": lambda: self.compute(HostingState.REMOVED),
            "report": lambda: self.report(-1),
            "old report": lambda: self.report(0),
            "lost save": lambda: setattr(self.desk.services, "lost_saves", 1),
        }

    def do(self, act: str) -> None:
        self.desk.now.pass_time(seconds=7)
        try:
            self.acts[act]()
        except REFUSALS:
            return

    def minute(self) -> None:
        self.desk.now.pass_time(minutes=1)
        self.desk.put_to_sleep()
        self.desk.resume()

    def compute(self, state: HostingState) -> None:
        """Let every hosting that may come into the state do so."""
        for deployment_id, hosting in list(self.desk.hostings.hostings.items()):
            removing = hosting.removal_requested
            ended = hosting.state is HostingState.REMOVED or (
                hosting.state is HostingState.FAILED and not removing
            )
            if ended or removing != (state is HostingState.REMOVED):
                continue
            failure = BROKEN if state is HostingState.FAILED else None
            self.said.append(report_of(self.desk.hostings.become(deployment_id, state, failure=failure)))

    def report(self, place: int) -> None:
        if self.said:
            self.desk.track(ID, self.said[place])

    def settle(self) -> None:
        """Deliver what compute has said, and let it bring about all that is wanted."""
        self.desk.services.lost_saves = 0
        for report in self.said:
            self.desk.track(ID, report)
        for _ in range(5):
            self.desk.now.pass_time(minutes=1)
            self.desk.resume()
            for state in (HostingState.REMOVED, HostingState.IN_SERVICE):
                known = len(self.said)
                self.compute(state)
                for report in self.said[known:]:
                    self.desk.track(ID, report)


@settings(max_examples=250, deadline=None)
@given(
    st.sampled_from(["new", "asleep", "testing"]),
    st.lists(st.sampled_from(sorted(World().acts)), min_size=15, max_size=30),
)
def test_everything_comes_to_rest_with_the_machines_and_the_bill_it_should_have(
    start: str, acts: list[str]
) -> None:
    world = World(start)
    for act in acts:
        world.do(act)
    world.settle()

    desk, service = world.desk, world.desk.service(ID)
    assert not service.is_unsettled, (service.state, service.leaving)
    running = {row.deployment_id for row in service.deployments if row.state is ServiceState.RUNNING}
    machines = {key for key, hosting in desk.hostings.hostings.items() if not hosting.removal_requested}
    failed = {row.deployment_id for row in service.deployments if row.state is ServiceState.FAILED}
    assert running <= machines <= running | failed
    route = desk.route()
    targets = {target.deployment_id for target in (route.main, route.challenger) if target}
    assert targets == running
    for key in running:
        assert desk.hostings.hostings[key].state is HostingState.IN_SERVICE
    open_spans = {name for name, closed in desk.usages().items() if not closed}
    assert {name.split(":")[1] for name in open_spans} == running
    assert len(open_spans) == len(running)
