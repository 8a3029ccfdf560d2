"""What every HostingRuntime owes, seen through the gateway and the Invoker that belongs to it."""

import pytest

from openbml.compute.failures import Failure
from openbml.compute.hostings import STALE_AFTER, HostingNotFoundError, HostingState
from tests.contract.compute.hosted import HostedProject
from tests.contract.sagemaker_local.engine_process import eventually, kill_hard, main_process


class HostingRuntimeContract:
    def test_a_model_answers_until_it_is_removed_and_nothing_is_left(self, project: HostedProject) -> None:
        hosting = project.deploy(1)
        assert (hosting.state, hosting.serving_revision) == (HostingState.IN_SERVICE, 1)
        assert project.ask() == "m1"
        project.remove()
        eventually(lambda: project.resources() == set())
        with pytest.raises(HostingNotFoundError):
            project.ask(revision=1)
        assert project.deploy(2).serving_revision == 2

    def test_a_version_switch_under_load_fails_no_call(self, project: HostedProject) -> None:
        project.deploy(1)
        with project.load() as load:
            eventually(lambda: "m1" in load.answers)
            assert project.deploy(2).serving_revision == 2
            remembered = project.ask(revision=1)
            eventually(lambda: "m2" in load.answers)
        assert load.failures == []
        assert set(load.answers) == {"m1", "m2"}
        assert remembered in ("m1", "m2")
        project.now.at += STALE_AFTER
        project.gateway.reconcile_hostings()
        assert not [name for name in project.resources() if name.endswith("-r1") and "Models/" in name]
        assert project.ask() == "m2"

    def test_another_number_of_copies_under_load_fails_no_call(self, project: HostedProject) -> None:
        project.deploy(1, copies=2)
        before = project.resources()
        with project.load() as load:
            assert project.deploy(2, model="m1", copies=3).serving_revision == 2
            assert project.deploy(3, model="m1", copies=1).serving_revision == 3
        assert load.failures == []
        assert project.resources() == before
        assert project.deploy(4).serving_revision == 4
        assert project.ask() == "m4"

    def test_a_version_that_cannot_start_leaves_the_old_one_answering(self, project: HostedProject) -> None:
        project.deploy(1)
        with project.load(clients=2) as load:
            kept = project.deploy(2, environment={"CRASHES": "1"})
        assert (kept.state, kept.serving_revision) == (HostingState.IN_SERVICE, 1)
        assert isinstance(kept.failure, Failure)
        assert load.failures == []
        assert project.deploy(3).serving_revision == 3

    def test_a_model_that_cannot_start_fails_and_can_be_replaced(self, project: HostedProject) -> None:
        failed = project.deploy(1, environment={"CRASHES": "1"})
        assert failed.state is HostingState.FAILED
        assert failed.failure is not None
        assert project.deploy(2).serving_revision == 2
        assert project.ask() == "m2"

    def test_a_copy_that_dies_under_load_costs_no_call(self, project: HostedProject) -> None:
        project.deploy(1)
        with project.load(clients=8, body=b"slow") as load:
            eventually(lambda: len(load.answers) > 8)
            kill_hard(main_process(project.processes()[0]["pid"], "serve"))
            eventually(lambda: len(project.processes()) == 2)
            enough = len(load.answers) + 16
            eventually(lambda: len(load.answers) > enough)
        assert load.failures == []

    @pytest.mark.slow
    def test_services_come_back_once_after_the_kill_of_the_engine(self, project: HostedProject) -> None:
        project.deploy(1)
        before = {one["process_id"] for one in project.processes()}
        project.engine.kill()
        project.engine.start()
        assert project.settled().serving_revision == 1
        assert eventually(project.answers, what="it answers again") == "m1"
        assert len(project.processes()) == 2
        assert len(before) == 2
        assert project.engine.leftovers() == set()

    def test_a_removal_while_it_starts_leaves_nothing(self, project: HostedProject) -> None:
        project.gateway.deploy(project.request(1))
        project.remove()
        eventually(lambda: project.resources() == set())
