"""From the wish to the running service and back: use cases over fakes."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pydantic import ValidationError

from openbml.compute.failures import Failure, Fault
from openbml.compute.hostings import HostingState
from openbml.core.errors import InvalidRequestError
from openbml.services import deploy_services as use
from openbml.services.collaborators import AllowanceUsedUpError, VariantMissingError
from openbml.services.deployments import ServiceState
from openbml.services.events import ServiceStateChanged
from openbml.services.hosting_requests import hosting_request, report_of
from openbml.services.repositories import ModelDeployedError, ServiceNameTakenError, SuffixTakenError
from openbml.services.service_views import ServiceView
from openbml.services.services import ServiceConflictError, ServiceNotFoundError, ServiceStateError
from openbml.services.track_services import halt_services
from tests.fakes.compute_memory import NOON
from tests.fakes.services_desk import ServicesDesk as Desk
from tests.fakes.services_samples import SCOPE


def test_a_deployment_ends_in_a_running_service_with_an_open_span() -> None:
    desk = Desk()

    service_id = desk.running()

    assert desk.state(service_id) is ServiceState.RUNNING
    assert list(desk.usages().values()) == [False]
    request = desk.hostings.hostings[str(service_id)].request
    assert (request.copies, request.compute_units, request.image) == (2, 1, "serving")
    assert request.owner.context == "services"


def test_the_address_is_whole_and_the_price_is_units_times_instances() -> None:
    view = ServiceView.of(Desk().deploy(compute_units=2, instances=3), "https://bml.example", at=NOON)

    assert view.url == "https://bml.example/rpc/2.0/ai_custom_bml/v1/classification/digits"
    assert str(view.price_per_hour) == "2.4"


@pytest.mark.parametrize(
    ("task_type", "segment"),
    [
        ("image_classification_multi_label", "classification"),
        ("object_detection", "detection"),
        ("instance_segmentation", "segmentation"),
        ("semantic_segmentation", "semantic_segmentation"),
    ],
)
def test_every_vision_task_has_its_address(task_type: str, segment: str) -> None:
    desk = Desk()
    desk.versions.task_type = task_type

    view = ServiceView.of(desk.deploy(), "https://bml.example", at=NOON)

    assert (view.task_type, view.variant) == (task_type, "fp32")
    assert view.url == f"https://bml.example/rpc/2.0/ai_custom_bml/v1/{segment}/digits"


def test_a_smaller_file_of_the_version_answers_where_it_is_asked_for() -> None:
    desk = Desk()
    desk.versions.variants = ("fp32", "int8")
    service_id = desk.running()
    assert desk.hostings.hostings[str(service_id)].request.environment == {}

    changed = desk.change(service_id, variant="int8")
    desk.apply(service_id)

    assert (changed.state, changed.main.wanted.variant) == (ServiceState.UPDATING, "int8")
    request = desk.hostings.hostings[str(service_id)].request
    assert (request.revision, request.environment) == (2, {"OPENBML_MODEL_VARIANT": "int8"})


def test_a_file_that_the_version_does_not_have_is_refused() -> None:
    desk = Desk()
    desk.versions.variants = ("fp32", "int8")
    service_id = desk.running()

    with pytest.raises(VariantMissingError) as caught:
        desk.change(service_id, variant="fp16")
    assert caught.value.details["available"] == "fp32, int8"
    desk.versions.variants = ("fp32",)
    with pytest.raises(VariantMissingError):
        desk.deploy(name="other", suffix="other", model_id=4, variant="int8")


def test_of_ten_deployments_to_one_suffix_one_wins() -> None:
    desk = Desk()

    def attempt(number: int) -> bool:
        try:
            desk.deploy(name=f"digits {number}", model_id=number)
        except SuffixTakenError:
            return False
        return True

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(attempt, range(1, 11))) == 1


def test_a_name_or_model_that_has_its_service_is_refused() -> None:
    desk = Desk()
    desk.deploy()

    with pytest.raises(ServiceNameTakenError):
        desk.deploy(suffix="other", model_id=4)
    with pytest.raises(ModelDeployedError):
        desk.deploy(suffix="other", name="other")


@pytest.mark.parametrize(
    "changes",
    [
        {"suffix": "a/b"},
        {"suffix": ""},
        {"suffix": "x" * 51},
        {"name": " "},
        {"instances": 1},
        {"compute_units": 0},
        {"machine_type": "GPU_P4"},
        {"surprise": 1},
        {"variant": "int4"},
    ],
)
def test_a_malformed_form_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Desk().request(**changes)


def test_more_compute_units_than_the_largest_machine_holds_are_refused() -> None:
    with pytest.raises(InvalidRequestError):
        Desk().deploy(compute_units=17)


def test_an_account_without_means_deploys_restarts_and_grows_nothing() -> None:
    desk = Desk()
    service_id = desk.running()
    desk.funds.has = False

    with pytest.raises(AllowanceUsedUpError):
        desk.deploy(name="other", suffix="other", model_id=4)
    with pytest.raises(AllowanceUsedUpError):
        desk.change(service_id, instances=3)
    desk.stop(service_id)
    desk.apply(service_id)
    desk.hosting_becomes(service_id, HostingState.REMOVED)
    with pytest.raises(AllowanceUsedUpError):
        desk.restart(service_id)


def test_an_account_whose_allowance_ran_out_has_its_services_stopped() -> None:
    desk = Desk()
    service_id = desk.running()

    def halt() -> int:
        return halt_services(
            SCOPE.account_id,
            machine="SVC_CPU",
            services=desk.services,
            funds=desk.funds,
            events=desk.events,
            orders=desk.orders,
            now=desk.now,
        )

    assert halt() == 0  # it pays by now
    desk.funds.has = False
    assert halt() == 1
    assert desk.state(service_id) is ServiceState.STOPPING
    assert halt() == 1  # again is fine
    assert list(desk.usages().values()) == [True]


def test_stop_and_restart_keep_the_address_and_bill_two_spans() -> None:
    desk = Desk()
    service_id = desk.running()

    desk.now.pass_time(minutes=10)
    desk.stop(service_id)
    assert list(desk.usages().values()) == [True]
    desk.apply(service_id)
    desk.hosting_becomes(service_id, HostingState.REMOVED)
    assert desk.state(service_id) is ServiceState.STOPPED
    desk.restart(service_id)
    desk.apply(service_id)
    desk.hosting_becomes(service_id, HostingState.IN_SERVICE)

    assert desk.services.get(SCOPE, service_id).suffix == "digits"
    assert sorted(desk.usages().values()) == [False, True]


def test_a_service_stopped_before_it_was_deployed_is_simply_stopped() -> None:
    desk = Desk()
    service_id = desk.deploy().service_id

    desk.stop(service_id)
    desk.apply(service_id)

    assert desk.state(service_id) is ServiceState.STOPPED
    assert desk.usages() == {}


def test_what_was_deployed_while_its_service_was_stopped_is_removed() -> None:
    desk = Desk()
    service_id = desk.deploy().service_id
    desk.stop(service_id)
    desk.apply(service_id)
    stopped = desk.service(service_id)
    desk.hostings.deploy(hosting_request(stopped, stopped.main))
    desk.hosting_becomes(service_id, HostingState.IN_SERVICE)

    assert desk.state(service_id) is ServiceState.STOPPED
    assert desk.hostings.hostings[str(service_id)].removal_requested


def test_orders_may_be_late_repeated_or_out_of_order() -> None:
    desk = Desk()
    service_id = desk.running()

    for _ in range(3):
        desk.apply(service_id)

    assert desk.state(service_id) is ServiceState.RUNNING
    assert len(desk.usages()) == 1


def test_a_lost_event_is_made_up_for_by_the_minutes_look() -> None:
    desk = Desk()
    service_id = desk.deploy().service_id
    desk.apply(service_id)
    desk.now.pass_time(minutes=1)
    desk.hostings.become(str(service_id), HostingState.IN_SERVICE)  # nobody is told

    assert desk.resume() == 1
    assert desk.state(service_id) is ServiceState.RUNNING


def test_a_lost_order_is_made_up_for_too() -> None:
    desk = Desk()
    desk.orders.refusing = True
    with pytest.raises(ConnectionError):
        desk.deploy()

    desk.resume()

    assert list(desk.hostings.hostings) == ["5"]


def test_an_update_that_is_rolled_back_keeps_the_service_running() -> None:
    desk = Desk()
    service_id = desk.running()
    failure = Failure(fault=Fault.PLATFORM, message="no room for three")

    desk.now.pass_time(minutes=1)
    desk.change(service_id, instances=3)
    desk.apply(service_id)
    desk.hosting_becomes(service_id, HostingState.IN_SERVICE, serving_revision=1, failure=failure)

    current = desk.services.get(SCOPE, service_id)
    assert (current.state, current.failure, current.main.wanted.instances) == (
        ServiceState.RUNNING,
        failure,
        2,
    )
    assert len(desk.usages()) == 1


def test_scaling_ends_one_span_and_begins_the_next() -> None:
    desk = Desk()
    service_id = desk.running()

    desk.now.pass_time(minutes=1)
    desk.change(service_id, instances=4)
    assert desk.state(service_id) is ServiceState.UPDATING
    desk.apply(service_id)
    desk.hosting_becomes(service_id, HostingState.IN_SERVICE)

    assert sorted(desk.usages().values()) == [False, True]


def test_a_crash_between_save_and_publication_is_healed_by_the_repeat() -> None:
    desk = Desk()
    service_id = desk.deploy().service_id
    desk.apply(service_id)
    desk.now.pass_time(minutes=1)
    report = report_of(desk.hostings.become(str(service_id), HostingState.IN_SERVICE))
    published = desk.events.published

    desk.events.published = []
    desk.track(service_id, report)
    desk.events.published = published  # what was told is lost
    desk.track(service_id, report)

    assert list(desk.usages().values()) == [False]


def test_a_span_announced_to_nobody_never_accrues() -> None:
    desk = Desk()
    service_id = desk.deploy().service_id
    desk.apply(service_id)
    desk.services.lost_saves = 100

    desk.now.pass_time(minutes=1)
    report = report_of(desk.hostings.become(str(service_id), HostingState.IN_SERVICE))
    with pytest.raises(ServiceConflictError):
        desk.track(service_id, report)

    assert desk.usages() == {}


def test_only_what_is_stopped_or_failed_can_be_deleted() -> None:
    desk = Desk()
    service_id = desk.running()

    with pytest.raises(ServiceStateError):
        use.delete_service(SCOPE, service_id, services=desk.services, hostings=desk.hostings)
    desk.hosting_becomes(service_id, HostingState.FAILED)
    use.delete_service(SCOPE, service_id, services=desk.services, hostings=desk.hostings)

    assert desk.hostings.hostings[str(service_id)].removal_requested
    with pytest.raises(ServiceNotFoundError):
        desk.state(service_id)
    assert desk.deploy().suffix == "digits"  # the address is free again


def test_every_change_is_told_to_the_console() -> None:
    desk = Desk()
    service_id = desk.running()
    desk.stop(service_id)

    told = [event.state for event in desk.events.of(ServiceStateChanged)]  # type: ignore[attr-defined]  # of() is untyped
    assert told == [ServiceState.DEPLOYING, ServiceState.RUNNING, ServiceState.STOPPING]
