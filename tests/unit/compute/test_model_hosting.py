"""Use cases of hostings: every step may be repeated, and what is wanted comes about in the end."""

from collections.abc import Sequence

import pytest
from pydantic import BaseModel

from openbml.compute.events import HostingChangeBegun, HostingStateChanged
from openbml.compute.failures import Failure, Fault
from openbml.compute.gateway import ComputeGateway
from openbml.compute.hosted_models_sagemaker import HostedModels
from openbml.compute.hostings import (
    STALE_AFTER,
    EndpointStatus,
    EndpointView,
    Hosting,
    HostingConflictError,
    HostingMode,
    HostingNotFoundError,
    HostingRefusedError,
    HostingState,
)
from openbml.compute.hostings_sagemaker import SageMakerHostingRuntime, endpoint_status
from openbml.compute.image_addresses import ImageAddresses
from openbml.compute.jobs import JobRuntimes, RuntimeBusyError
from openbml.compute.model_hosting import HostingLook
from openbml.compute.names import ComputeNames
from tests.fakes.compute_memory import (
    InMemoryHostingRepository,
    InMemoryHostingRuntime,
    InMemoryJobRepository,
    InMemoryJobRuntime,
    RecordedEvents,
    Ticking,
)
from tests.fakes.compute_samples import SCOPE, hosting, hosting_request
from tests.fakes.sagemaker_client import FakeSageMakerClient

ID = "2001"


class RecordedLooks:
    def __init__(self) -> None:
        self.sent: list[HostingLook] = []

    def send(self, messages: Sequence[BaseModel]) -> None:
        self.sent.extend(HostingLook.model_validate(message.model_dump()) for message in messages)


class World:
    def __init__(self, mode: HostingMode = HostingMode.ENDPOINTS) -> None:
        self.hostings = InMemoryHostingRepository()
        self.runtime = InMemoryHostingRuntime()
        self.events = RecordedEvents()
        self.looks = RecordedLooks()
        self.now = Ticking()
        self.compute = ComputeGateway(
            jobs=InMemoryJobRepository(),
            runtimes=JobRuntimes(training=InMemoryJobRuntime(), processing=InMemoryJobRuntime()),
            hostings=self.hostings,
            hosting=self.runtime,
            events=self.events,
            now=self.now,
            hosting_mode=mode,
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
    assert world.runtime.log == ["create r1", "create r1", "tidy"]


def test_an_update_moves_to_the_new_revision_and_drops_the_old_when_no_call_can_meet_it(
    world: World,
) -> None:
    world.serving()
    world.compute.update_hosting(hosting_request(revision=2, model_uri="s3://data/projects/42/models/5/2"))
    world.runtime.finish(ID)
    updated = world.compute.follow_hosting(ID)
    assert (updated.state, updated.serving_revision) == (HostingState.IN_SERVICE, 2)
    assert world.runtime.made == {(ID, 1), (ID, 2)}
    world.now.at += STALE_AFTER
    world.compute.reconcile_hostings()
    assert world.runtime.made == {(ID, 2)}
    assert world.told() == [
        (HostingState.IN_SERVICE, 1),
        (HostingState.UPDATING, 1),
        (HostingState.IN_SERVICE, 2),
    ]


def test_another_number_of_copies_is_a_change_in_place(world: World) -> None:
    world.serving()
    world.compute.update_hosting(hosting_request(revision=2, copies=3))
    world.runtime.finish(ID)
    resized = world.compute.follow_hosting(ID)
    assert (resized.serving_revision, resized.made_from) == (2, 1)
    assert world.runtime.log == ["create r1", "resize r2"]
    world.compute.update_hosting(hosting_request(revision=3, copies=3, environment={"A": "b"}))
    world.runtime.finish(ID)
    changed = world.compute.follow_hosting(ID)
    assert (changed.serving_revision, changed.made_from) == (3, 3)
    world.now.at += STALE_AFTER
    world.compute.reconcile_hostings()
    assert world.runtime.made == {(ID, 3)}


def test_a_resize_of_what_never_answered_makes_it_anew(world: World) -> None:
    world.serving()
    world.compute.update_hosting(hosting_request(revision=2, environment={"A": "bad"}))
    world.runtime.roll_back(ID)
    world.compute.follow_hosting(ID)
    world.compute.update_hosting(hosting_request(revision=3, environment={"A": "bad"}, copies=5))
    assert world.hostings.get(ID).made_from == 3
    assert world.runtime.log[-1] == "update r3"


def test_a_hosting_that_sagemaker_tells_nothing_of_asks_to_be_watched() -> None:
    world = World(HostingMode.COMPONENTS)
    world.compute.deploy(hosting_request())
    assert len(world.events.of(HostingChangeBegun)) == 1
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            world.runtime.finish(ID)

    watched = world.compute.watch_hosting(HostingLook(deployment_id=ID), looks=world.looks, pause=pause)
    assert watched.state is HostingState.IN_SERVICE
    assert (len(pauses), world.looks.sent) == (3, [])


@pytest.mark.parametrize(("number", "next_ones"), [(0, [1]), (60, [])])
def test_a_watch_lasts_five_seconds_and_is_repeated_for_minutes(
    world: World, number: int, next_ones: list[int]
) -> None:
    pauses: list[float] = []
    world.compute.deploy(hosting_request())
    look = HostingLook(deployment_id=ID, number=number)
    watched = world.compute.watch_hosting(look, looks=world.looks, pause=pauses.append)
    assert watched.state is HostingState.CREATING
    assert 4.5 < sum(pauses) <= 5
    assert [look.number for look in world.looks.sent] == next_ones


def test_shared_machines_that_changed_bring_on_the_hostings_of_their_project(world: World) -> None:
    world.compute.deploy(hosting_request())
    world.runtime.finish(ID)
    assert world.compute.follow_project(SCOPE.project_id + 1) == 0
    assert world.compute.follow_project(SCOPE.project_id) == 1
    assert world.hostings.get(ID).state is HostingState.IN_SERVICE


def test_a_hosting_keeps_its_mode_until_it_is_removed(world: World) -> None:
    world.serving()
    world.compute._hosting_mode = HostingMode.COMPONENTS
    world.compute.update_hosting(hosting_request(revision=2, environment={"A": "b"}))
    world.runtime.finish(ID)
    assert world.compute.follow_hosting(ID).mode is HostingMode.ENDPOINTS
    world.compute.undeploy(ID)
    assert world.compute.deploy(hosting_request(revision=3)).mode is HostingMode.COMPONENTS


def test_a_hosting_from_before_changes_in_place_reads_as_made_from_what_is_wanted() -> None:
    old = hosting(request=hosting_request(revision=4).model_dump(), serving_revision=4)
    assert (old.made_from, old.is_resized_only) == (4, False)


def test_an_update_asked_for_while_another_runs_follows_it(world: World) -> None:
    world.serving()
    world.compute.update_hosting(hosting_request(revision=2, environment={"A": "2"}))
    world.compute.update_hosting(hosting_request(revision=3, environment={"A": "3"}))
    world.runtime.finish(ID)
    world.compute.reconcile_hostings()
    world.runtime.finish(ID)
    world.compute.reconcile_hostings()
    assert world.hostings.get(ID).serving_revision == 3


def test_an_update_that_was_rolled_back_serves_on_and_says_so(world: World) -> None:
    world.serving()
    world.compute.update_hosting(hosting_request(revision=2, environment={"A": "2"}))
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
    def refuse(_: Hosting) -> None:
        world.runtime.log.append("refused")
        raise HostingRefusedError(deployment_id=ID, reason="no such image")

    world.runtime.create = refuse  # type: ignore[method-assign]  # the runtime says never
    assert world.compute.deploy(hosting_request()).state is HostingState.FAILED
    world.compute.reconcile_hostings()
    assert world.runtime.log == ["refused", "tidy"]


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
        names = ComputeNames(stage="dev")
        models = HostedModels(
            client,
            names=names,
            images=ImageAddresses(prefix="registry/openbml", tag="v1"),
            role_arn="arn:aws:iam::000000000000:role/openbml-hosting",
        )
        return SageMakerHostingRuntime(client, names=names, models=models)

    def test_a_hosting_is_model_configuration_and_endpoint(
        self, runtime: SageMakerHostingRuntime, client: FakeSageMakerClient
    ) -> None:
        wanted = hosting(request=hosting_request(environment={"OPENBML_MODEL_VARIANT": "int8"}))
        runtime.create(wanted)
        runtime.create(wanted)
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
        view = runtime.describe(wanted)
        assert view is not None
        assert (view.status, view.revision) == (EndpointStatus.CREATING, 1)

    def test_an_update_waits_until_the_endpoint_stands_still(
        self, runtime: SageMakerHostingRuntime, client: FakeSageMakerClient
    ) -> None:
        runtime.create(hosting())
        newer = hosting(request=hosting_request(revision=2))
        with pytest.raises(RuntimeBusyError):
            runtime.update(newer)
        client.finish_endpoint("openbml-dev-svc-2001")
        runtime.update(newer)
        client.finish_endpoint("openbml-dev-svc-2001")
        view = runtime.describe(newer)
        assert view is not None
        assert view.revision == 2

    def test_removing_twice_is_harmless(
        self, runtime: SageMakerHostingRuntime, client: FakeSageMakerClient
    ) -> None:
        runtime.create(hosting())
        for _ in range(2):
            runtime.delete(hosting())
            runtime.discard(hosting(), [1, 2])
        assert runtime.describe(hosting()) is None
        assert (client.models, client.configs) == ({}, {})
