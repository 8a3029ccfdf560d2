"""Two versions online at the same time: each with its machines, bill and failures (spec 03 section 9.5)."""

from typing import Any

import pytest
from pydantic import ValidationError

from openbml.compute.failures import Failure, Fault
from openbml.compute.hostings import HostingState
from openbml.services.ab_tests import ChallengerExistsError, ChallengerNotFoundError
from openbml.services.actions import Action
from openbml.services.collaborators import AllowanceUsedUpError
from openbml.services.departures import GRACE
from openbml.services.deployments import ServiceState
from openbml.services.events import ServiceStateChanged
from openbml.services.policies import Traffic
from openbml.services.routes import Target
from openbml.services.run_ab_tests import ChallengerRequest
from openbml.services.services import ServiceStateError
from openbml.services.track_services import halt_services
from tests.fakes.services_desk import ServicesDesk as Desk
from tests.fakes.services_samples import SCOPE

BROKEN = Failure(fault=Fault.PLATFORM, message="no room")


def test_a_second_version_comes_online_with_its_own_machines_and_bill() -> None:
    desk = Desk()
    service_id = desk.running()

    desk.add_challenger(service_id, compute_units=2, instances=3, share=30)
    assert desk.route().challenger is None  # not before it answers
    desk.apply(service_id)
    request = desk.hostings.hostings["5b"].request
    assert (request.compute_units, request.copies, request.owner.id) == (2, 3, "5")
    desk.hosting_becomes(service_id, HostingState.IN_SERVICE, deployment_id="5b")

    route = desk.route()
    assert route.main == Target(deployment_id="5", revision=1, model_version=1)
    assert route.challenger == Target(deployment_id="5b", revision=2, model_version=2)
    assert route.traffic == Traffic(challenger_share=30)
    assert desk.state(service_id) is ServiceState.RUNNING
    usages = desk.usages()
    assert {name.split(":")[1] for name in usages} == {"5", "5b"}
    assert not any(usages.values())


def test_a_third_version_is_refused_and_so_is_one_beside_a_service_that_does_not_run() -> None:
    desk = Desk()
    service_id = desk.deploy().service_id
    with pytest.raises(ServiceStateError):
        desk.add_challenger(service_id)
    desk.apply(service_id)
    desk.hosting_becomes(service_id, HostingState.IN_SERVICE)
    assert Action.ADD_VERSION in desk.service(service_id).actions
    desk.add_challenger(service_id)

    assert Action.ADD_VERSION not in desk.service(service_id).actions
    with pytest.raises(ChallengerExistsError):
        desk.add_challenger(service_id, model_version=3)


def test_an_account_without_means_gets_no_second_version() -> None:
    desk = Desk()
    service_id = desk.running()
    desk.funds.has = False

    with pytest.raises(AllowanceUsedUpError):
        desk.add_challenger(service_id)


@pytest.mark.parametrize(
    "fields",
    [
        {"share": -1},
        {"share": 101},
        {"share": 0.5},
        {"instances": 1},
        {"model_version": None},
        {"compute_units": 0},
        {"surprise": 1},
    ],
)
def test_a_malformed_second_version_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ChallengerRequest.model_validate({"model_version": 2, "share": 20, **fields})


def test_shares_stickiness_and_shadow_change_online() -> None:
    desk = Desk()
    service_id = desk.testing()
    versions = [desk.service(service_id).version]

    desk.split(service_id, challenger_share=80, sticky=True, shadow=True)
    versions.append(desk.service(service_id).version)
    desk.split(service_id, challenger_share=80, sticky=True, shadow=True)

    assert desk.route().traffic == Traffic(challenger_share=80, sticky=True, shadow=True)
    assert desk.service(service_id).version == versions[1] == versions[0] + 1
    assert len(desk.orders.messages) == 2  # those of the two deployments: there is nothing else to deploy


def test_a_service_with_one_version_has_no_shares_and_nothing_to_end() -> None:
    desk = Desk()
    service_id = desk.running()

    with pytest.raises(ChallengerNotFoundError):
        desk.split(service_id, challenger_share=20)
    with pytest.raises(ChallengerNotFoundError):
        desk.remove_challenger(service_id)
    with pytest.raises(ChallengerNotFoundError):
        desk.promote(service_id)
    with pytest.raises(ChallengerNotFoundError):
        desk.change_challenger(service_id, instances=3)


def test_a_second_version_that_fails_leaves_the_first_alone_and_is_tried_again() -> None:
    desk = Desk()
    service_id = desk.running()
    desk.add_challenger(service_id)
    desk.apply(service_id)
    desk.hosting_becomes(service_id, HostingState.FAILED, deployment_id="5b", failure=BROKEN)

    service = desk.service(service_id)
    assert service.challenger is not None
    assert (service.state, service.failure) == (ServiceState.RUNNING, None)
    assert (service.challenger.state, service.challenger.failure) == (ServiceState.FAILED, BROKEN)
    assert (desk.route().answers, desk.route().challenger) == (True, None)
    desk.change_challenger(service_id)
    desk.apply(service_id)
    desk.hosting_becomes(service_id, HostingState.IN_SERVICE, deployment_id="5b")
    assert desk.route().challenger is not None


def test_a_first_version_that_breaks_ends_the_test_and_bills_neither() -> None:
    desk = Desk()
    service_id = desk.testing()

    desk.hosting_becomes(service_id, HostingState.FAILED, failure=BROKEN)

    assert desk.state(service_id) is ServiceState.FAILED
    assert desk.service(service_id).challenger is None
    assert list(desk.usages().values()) == [True, True]
    gone_after_grace(desk, service_id, "5b")


def test_the_second_version_is_scaled_and_replaced_beside_the_first() -> None:
    desk = Desk()
    service_id = desk.testing()

    desk.change_challenger(service_id, model_version=3, instances=4)
    with pytest.raises(ServiceStateError):
        desk.change_challenger(service_id, instances=5)
    assert desk.route().challenger == Target(deployment_id="5b", revision=2, model_version=2)
    desk.apply(service_id)
    desk.hosting_becomes(service_id, HostingState.IN_SERVICE, deployment_id="5b")

    assert desk.route().challenger == Target(deployment_id="5b", revision=3, model_version=3)
    assert sorted(desk.usages().values()) == [False, False, True]


def test_what_is_removed_takes_no_calls_and_costs_nothing_from_that_moment() -> None:
    desk = Desk()
    service_id = desk.testing()

    desk.remove_challenger(service_id)

    route = desk.route()
    assert (route.challenger, route.traffic, route.answers) == (None, Traffic(), True)
    assert {name.split(":")[1]: closed for name, closed in desk.usages().items()} == {"5": False, "5b": True}
    gone_after_grace(desk, service_id, "5b")
    assert desk.state(service_id) is ServiceState.RUNNING


def test_a_promotion_swaps_the_hostings_so_that_no_call_meets_a_gap() -> None:
    desk = Desk()
    service_id = desk.testing()
    second = desk.route().challenger
    spans = desk.usages()

    desk.promote(service_id)

    route = desk.route()
    assert (route.main, route.challenger, route.traffic) == (second, None, Traffic())
    assert desk.state(service_id) is ServiceState.RUNNING
    assert desk.service(service_id).main.wanted.model_version == 2
    assert {name.split(":")[1]: closed for name, closed in desk.usages().items()} == {"5": True, "5b": False}
    assert desk.usages().keys() == spans.keys()  # the promoted version's span goes on
    gone_after_grace(desk, service_id, "5")
    assert desk.service(service_id).main.deployment_id == "5b"


def test_after_a_promotion_the_next_test_uses_the_first_hosting_once_it_is_gone() -> None:
    desk = Desk()
    service_id = desk.testing()
    desk.promote(service_id)

    desk.add_challenger(service_id, model_version=3)
    desk.apply(service_id)
    assert desk.hostings.hostings["5"].request.revision == 1  # the old one still answers calls in flight
    desk.now.pass_time(seconds=GRACE.total_seconds())
    desk.apply(service_id)
    desk.hosting_becomes(service_id, HostingState.REMOVED)
    assert desk.hostings.hostings["5"].request.revision == 3
    desk.hosting_becomes(service_id, HostingState.IN_SERVICE)

    assert desk.route().challenger == Target(deployment_id="5", revision=3, model_version=3)
    desk.promote(service_id)
    assert desk.route().main == Target(deployment_id="5", revision=3, model_version=3)


def test_a_promotion_of_a_version_that_does_not_run_is_refused() -> None:
    desk = Desk()
    service_id = desk.running()
    desk.add_challenger(service_id)

    with pytest.raises(ServiceStateError):
        desk.promote(service_id)


def test_a_promoted_service_is_stopped_and_restarted_at_its_address() -> None:
    desk = Desk()
    service_id = desk.testing()
    desk.promote(service_id)
    desk.stop(service_id)
    desk.now.pass_time(minutes=1)
    desk.apply(service_id)
    assert all(row.removal_requested for row in desk.hostings.hostings.values())
    desk.hosting_becomes(service_id, HostingState.REMOVED, deployment_id="5b")
    desk.hosting_becomes(service_id, HostingState.REMOVED, deployment_id="5")
    assert desk.state(service_id) is ServiceState.STOPPED
    desk.restart(service_id)
    desk.apply(service_id)
    desk.hosting_becomes(service_id, HostingState.IN_SERVICE, deployment_id="5b")

    assert desk.route().main == Target(deployment_id="5b", revision=3, model_version=2)


def test_stopping_and_arrears_end_both_versions() -> None:
    desk = Desk()
    service_id = desk.testing()
    desk.funds.has = False

    halted = halt_services(
        SCOPE.account_id,
        machine="SVC_CPU",
        services=desk.services,
        funds=desk.funds,
        events=desk.events,
        orders=desk.orders,
        now=desk.now,
    )
    desk.apply(service_id)

    assert halted == 1
    assert list(desk.usages().values()) == [True, True]
    assert all(row.removal_requested for row in desk.hostings.hostings.values())
    assert (desk.route().answers, desk.route().challenger) == (False, None)


def test_the_console_is_told_of_both() -> None:
    desk = Desk()
    desk.testing()

    told = desk.events.of(ServiceStateChanged)[-1]
    assert isinstance(told, ServiceStateChanged)
    assert told.challenger is not None
    assert (told.version, told.challenger.model_version, told.challenger.state) == (2, 2, "running")
    assert told.traffic.challenger_share == 20


def gone_after_grace(desk: Desk, service_id: int, deployment_id: str) -> None:
    desk.resume()
    assert not desk.hostings.hostings[deployment_id].removal_requested
    desk.now.pass_time(seconds=GRACE.total_seconds())
    desk.resume()
    assert desk.hostings.hostings[deployment_id].removal_requested
    desk.hosting_becomes(service_id, HostingState.REMOVED, deployment_id=deployment_id)
    assert desk.service(service_id).leaving == ()


def test_the_second_versions_share_is_changed_with_its_size() -> None:
    desk = Desk()
    service_id = desk.testing()
    desk.split(service_id, challenger_share=20, sticky=True)

    desk.change_challenger(service_id, instances=3, share=40)
    assert desk.route().traffic == Traffic(challenger_share=40, sticky=True)
    desk.apply(service_id)
    desk.hosting_becomes(service_id, HostingState.IN_SERVICE, deployment_id="5b")
    orders = len(desk.orders.messages)
    desk.change_challenger(service_id, share=60)

    assert desk.route().traffic == Traffic(challenger_share=60, sticky=True)
    assert len(desk.orders.messages) == orders
