"""Use cases of hostings: every step may be repeated, and what is wanted comes about in the end."""

import pytest

from openbml.compute.events import HostingStateChanged
from openbml.compute.failures import Failure, Fault
from openbml.compute.gateway import ComputeGateway
from openbml.compute.hostings import (
    EndpointStatus,
    EndpointView,
    Hosting,
    HostingConflictError,
    HostingNotFoundError,
    HostingRefusedError,
    HostingRequest,
    HostingState,
)
from openbml.compute.hostings_sagemaker import SageMakerHostingRuntime, endpoint_status
from openbml.compute.image_addresses import ImageAddresses
from openbml.compute.jobs import JobRuntimes, RuntimeBusyError
from openbml.compute.names import ComputeNames
from tests.fakes.compute_memory import (
    InMemoryHostingRepository,
    InMemoryHostingRuntime,
    InMemoryJobRepository,
    InMemoryJobRuntime,
    RecordedEvents,
    Ticking,
)
from tests.fakes.compute_samples import hosting_request
from tests.fakes.sagemaker_client import FakeSageMakerClient

ID = "2001"


class World:
    def __init__(self) -> None:
        self.hostings = InMemoryHostingRepository()
        self.runtime = InMemoryHostingRuntime()
        self.events = RecordedEvents()
        self.compute = ComputeGateway(
            jobs=InMemoryJobRepository(),
            runtimes=JobRuntimes(training=InMemoryJobRuntime(), processing=InMemoryJobRuntime()),
            hostings=self.hostings,
            hosting=self.runtime,
            events=self.events,
            now=Ticking(),
        )

    def serving(self) -> Hosting:
        self.compute.deploy(hosting_request())
        self.runtime.finish(ID)
        return self.compute.follow_hosting(ID)

    def told(self) -> list[tuple[HostingState, int]]:
        return [
            (event.state, event.revision)
            for event in self.events.published
            if isinstance(event, HostingStateChanged)
        ]


@pytest.fixture
def world() -> World:
    return World()


def test_a_hosting_is_told_of_once_it_serves(world: World) -> None:
    world.serving()
    world.compute.follow_hosting(ID)
    assert world.told() == [(HostingState.IN_SERVICE, 1)]
    assert world.runtime.log == ["create r1"]


def test_deploying_twice_makes_one_endpoint(world: World) -> None:
    world.compute.deploy(hosting_request())
    world.compute.deploy(hosting_request())
    assert world.runtime.log == ["create r1"]


def test_a_creation_cut_off_is_repeated_by_reconciling(world: World) -> None:
    world.compute.deploy(hosting_request())
    before = world.hostings.get(ID)
    world.runtime.views.clear()
    world.hostings._hostings[ID] = before.model_copy(update={"applied_revision": 0})
    world.compute.reconcile_hostings()
    assert world.runtime.log == ["create r1", "create r1"]


def test_an_update_moves_to_the_new_revision_and_drops_the_old(world: World) -> None:
    world.serving()
    world.compute.update_hosting(hosting_request(revision=2, copies=3))
    world.runtime.finish(ID)
    updated = world.compute.follow_hosting(ID)
    assert (updated.state, updated.serving_revision) == (HostingState.IN_SERVICE, 2)
    assert world.runtime.made == {(ID, 2)}
    assert world.told() == [
        (HostingState.IN_SERVICE, 1),
        (HostingState.UPDATING, 1),
        (HostingState.IN_SERVICE, 2),
    ]


def test_an_update_asked_for_while_another_runs_follows_it(world: World) -> None:
    world.serving()
    world.compute.update_hosting(hosting_request(revision=2))
    world.compute.update_hosting(hosting_request(revision=3))
    world.runtime.finish(ID)
    world.compute.reconcile_hostings()
    world.runtime.finish(ID)
    world.compute.reconcile_hostings()
    assert world.hostings.get(ID).serving_revision == 3


def test_an_update_that_was_rolled_back_serves_on_and_says_so(world: World) -> None:
    world.serving()
    world.compute.update_hosting(hosting_request(revision=2))
    world.runtime.roll_back(ID)
    kept = world.compute.follow_hosting(ID)
    assert (kept.state, kept.serving_revision) == (HostingState.IN_SERVICE, 1)
    assert kept.failure is not None
    assert world.compute.follow_hosting(ID) == kept


@pytest.mark.parametrize("revision", [0, 1])
def test_an_older_or_different_request_is_refused(world: World, revision: int) -> None:
    world.serving()
    with pytest.raises((HostingConflictError, ValueError)):
        world.compute.update_hosting(hosting_request(revision=revision, copies=5))


def test_a_hosting_that_does_not_exist_cannot_be_updated(world: World) -> None:
    with pytest.raises(HostingNotFoundError):
        world.compute.update_hosting(hosting_request())


def test_a_failed_creation_is_told_with_its_cause(world: World) -> None:
    world.compute.deploy(hosting_request())
    failure = Failure(fault=Fault.USER, message="the model cannot be loaded")
    world.runtime.views[ID] = EndpointView(status=EndpointStatus.FAILED, revision=1, failure=failure)
    failed = world.compute.follow_hosting(ID)
    assert (failed.state, failed.failure) == (HostingState.FAILED, failure)


def test_a_failed_hosting_can_be_deployed_anew(world: World) -> None:
    world.compute.deploy(hosting_request())
    world.runtime.views[ID] = EndpointView(status=EndpointStatus.FAILED, revision=1)
    world.compute.follow_hosting(ID)
    world.compute.deploy(hosting_request(revision=2))
    world.compute.reconcile_hostings()
    world.runtime.finish(ID)
    world.compute.reconcile_hostings()
    assert world.hostings.get(ID).serving_revision == 2


def test_an_endpoint_that_disappeared_is_told_as_failed(world: World) -> None:
    world.serving()
    world.runtime.views.clear()
    gone = world.compute.follow_hosting(ID)
    assert gone.state is HostingState.FAILED
    assert world.runtime.log == ["create r1"]


def test_removing_takes_everything_away_and_is_told_once(world: World) -> None:
    world.serving()
    world.compute.undeploy(ID)
    world.compute.undeploy(ID)
    assert world.runtime.made == set()
    assert world.told()[-1] == (HostingState.REMOVED, 0)
    assert len(world.told()) == 2


def test_a_removal_asked_for_too_early_is_done_later(world: World) -> None:
    world.compute.deploy(hosting_request())
    assert world.compute.undeploy(ID).state is HostingState.REMOVING
    world.runtime.finish(ID)
    world.compute.reconcile_hostings()
    assert world.hostings.get(ID).state is HostingState.REMOVED


def test_a_removed_hosting_comes_back_with_a_higher_revision(world: World) -> None:
    world.serving()
    world.compute.undeploy(ID)
    world.compute.deploy(hosting_request(revision=2))
    world.runtime.finish(ID)
    assert world.compute.follow_hosting(ID).serving_revision == 2


def test_a_refused_hosting_fails_and_is_not_asked_for_again(world: World) -> None:
    def refuse(request: HostingRequest) -> None:
        world.runtime.log.append("refused")
        raise HostingRefusedError(deployment_id=ID, reason="no such image")

    world.runtime.create = refuse  # type: ignore[method-assign]  # the runtime says never
    assert world.compute.deploy(hosting_request()).state is HostingState.FAILED
    world.compute.reconcile_hostings()
    assert world.runtime.log == ["refused"]


@pytest.mark.parametrize(
    ("spelling", "status"),
    [
        ("InService", EndpointStatus.IN_SERVICE),
        ("IN_SERVICE", EndpointStatus.IN_SERVICE),
        ("ROLLING_BACK", EndpointStatus.ROLLING_BACK),
        ("RollingBack", EndpointStatus.ROLLING_BACK),
    ],
)
def test_events_and_api_spell_the_same_status(spelling: str, status: EndpointStatus) -> None:
    assert endpoint_status(spelling) is status


class TestSageMaker:
    @pytest.fixture
    def client(self) -> FakeSageMakerClient:
        return FakeSageMakerClient()

    @pytest.fixture
    def runtime(self, client: FakeSageMakerClient) -> SageMakerHostingRuntime:
        return SageMakerHostingRuntime(
            client,
            names=ComputeNames(stage="dev"),
            images=ImageAddresses(prefix="registry/openbml", tag="v1"),
            role_arn="arn:aws:iam::000000000000:role/openbml-hosting",
        )

    def test_a_hosting_is_model_configuration_and_endpoint(
        self, runtime: SageMakerHostingRuntime, client: FakeSageMakerClient
    ) -> None:
        request = hosting_request(environment={"OPENBML_MODEL_VARIANT": "int8"})
        runtime.create(request)
        runtime.create(request)
        model = client.models["openbml-dev-svc-2001-r1"]
        source = model["PrimaryContainer"]["ModelDataSource"]["S3DataSource"]
        assert source == {
            "S3Uri": "s3://data/projects/42/models/5/1/",
            "S3DataType": "S3Prefix",
            "CompressionType": "None",
        }
        assert model["PrimaryContainer"]["Environment"] == {"OPENBML_MODEL_VARIANT": "int8"}
        assert model["EnableNetworkIsolation"] is True
        (variant,) = client.configs["openbml-dev-svc-2001-r1"]["ProductionVariants"]
        assert (variant["InitialInstanceCount"], variant["InstanceType"]) == (2, "ml.m5.large")
        view = runtime.describe(ID)
        assert view is not None
        assert (view.status, view.revision) == (EndpointStatus.CREATING, 1)

    def test_an_update_waits_until_the_endpoint_stands_still(
        self, runtime: SageMakerHostingRuntime, client: FakeSageMakerClient
    ) -> None:
        runtime.create(hosting_request())
        with pytest.raises(RuntimeBusyError):
            runtime.update(hosting_request(revision=2))
        client.finish_endpoint("openbml-dev-svc-2001")
        runtime.update(hosting_request(revision=2))
        client.finish_endpoint("openbml-dev-svc-2001")
        view = runtime.describe(ID)
        assert view is not None
        assert view.revision == 2

    def test_removing_twice_is_harmless(
        self, runtime: SageMakerHostingRuntime, client: FakeSageMakerClient
    ) -> None:
        runtime.create(hosting_request())
        for _ in range(2):
            runtime.delete(ID)
            runtime.discard(ID, [1, 2])
        assert runtime.describe(ID) is None
        assert (client.models, client.configs) == ({}, {})
