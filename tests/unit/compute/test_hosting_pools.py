"""Shared machines that cannot be had, or go while a component comes: who waits, and who is told never."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from openbml.compute.hosted_models_sagemaker import HostedModels
from openbml.compute.hosting_pools_sagemaker import HostingPools
from openbml.compute.hostings import HostingRefusedError
from openbml.compute.hostings_components_sagemaker import ComponentHostingRuntime
from openbml.compute.image_addresses import ImageAddresses
from openbml.compute.jobs import RuntimeBusyError
from openbml.compute.names import ComputeNames
from openbml_catalog.machines import machines
from tests.fakes.compute_memory import Ticking
from tests.fakes.compute_samples import hosting, hosting_request

POOL = "openbml-dev-pool-42-m5-large"


def refusal(message: str, code: str = "ValidationException") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Operation")


class SageMaker:
    """One endpoint in a state that a test sets; `on_component` is what creating a component does."""

    def __init__(self, status: str | None) -> None:
        self.status = status
        self.reason = ""
        self.asked: list[str] = []
        self.component: dict[str, Any] = {}
        self.on_component: Exception | None = None
        self.status_after: str | None = None

    def describe_endpoint(self, EndpointName: str) -> dict[str, Any]:  # noqa: N803 - SageMaker's own spelling
        if self.status is None:
            raise refusal(f"Could not find endpoint {EndpointName}.")
        return {"EndpointName": EndpointName, "EndpointStatus": self.status, "FailureReason": self.reason}

    def create_inference_component(self, **members: Any) -> None:
        self.asked.append("create_inference_component")
        self.component = members
        if self.on_component:
            self.status = self.status_after
            raise self.on_component

    def __getattr__(self, operation: str) -> Any:
        return lambda **members: self.asked.append(operation)


def runtime(client: SageMaker) -> ComponentHostingRuntime:
    names, now = ComputeNames(stage="dev"), Ticking()
    addresses = ImageAddresses(prefix="registry/openbml", tag="v1")
    return ComponentHostingRuntime(
        client,
        names=names,
        models=HostedModels(client, names=names, images=addresses, role_arn="arn"),
        pools=HostingPools(client, names=names, role_arn="arn", now=now),
        now=now,
    )


def test_a_component_waits_for_machines_that_it_asks_for_itself() -> None:
    client = SageMaker(None)
    with pytest.raises(RuntimeBusyError):
        runtime(client).create(hosting())
    assert client.asked == ["create_endpoint_config", "create_endpoint"]


@pytest.mark.parametrize("units", [1, 4])
def test_a_unit_is_a_core_and_its_part_of_a_machine_of_4_gb_a_core(units: int) -> None:
    client = SageMaker("InService")
    runtime(client).create(hosting(request=hosting_request(compute_units=units)))

    needs = client.component["Specification"]["ComputeResourceRequirements"]
    sold = machines()["SVC_CPU"]
    assert (sold.cpu, sold.memory_gb) == (1, 4)
    assert needs["NumberOfCpuCoresRequired"] == units * sold.cpu
    # An eighth is the machine's own: copies that fill it would not start.
    assert needs["MinMemoryRequiredInMb"] == units * sold.memory_gb * 1024 * 7 // 8


@pytest.mark.parametrize("status", ["Creating", "Updating", "Deleting", "SystemUpdating"])
def test_machines_that_change_are_waited_for(status: str) -> None:
    client = SageMaker(status)
    with pytest.raises(RuntimeBusyError):
        runtime(client).create(hosting())
    assert client.asked == []


def test_machines_that_cannot_be_had_are_told_and_given_up() -> None:
    client = SageMaker("Failed")
    client.reason = "InsufficientCapacityError: no machines of this type"
    with pytest.raises(HostingRefusedError) as refused:
        runtime(client).create(hosting())
    assert refused.value.details["reason"] == "no machines of this type"
    assert client.asked == ["delete_endpoint", "delete_endpoint_config"]


@pytest.mark.parametrize(
    ("after", "error"), [("InService", HostingRefusedError), ("Deleting", RuntimeBusyError)]
)
def test_a_refused_component_waits_only_where_its_machines_went(after: str, error: type[Exception]) -> None:
    client = SageMaker("InService")
    client.on_component, client.status_after = refusal("an endpoint that is InService is needed"), after
    with pytest.raises(error):
        runtime(client).create(hosting())


def test_a_limit_that_is_reached_is_told_instead_of_waited_for() -> None:
    client = SageMaker("InService")
    client.on_component = refusal("One copy needs 16 CPU cores", "ResourceLimitExceeded")
    client.status_after = "InService"
    with pytest.raises(HostingRefusedError) as refused:
        runtime(client).create(hosting())
    assert "16 CPU cores" in str(refused.value.details["reason"])


@pytest.mark.parametrize(
    ("name", "project_id"),
    [
        (POOL, 42),
        ("openbml-dev-svc-2001", None),
        ("openbml-dev-pool-x-m5-large", None),
        ("openbml-prod-pool-42-a", None),
    ],
)
def test_a_pool_tells_its_project(name: str, project_id: int | None) -> None:
    assert ComputeNames(stage="dev").project_id(name) == project_id
