"""Both adapters of `HostingRuntime` on the local engine."""

import pytest

from openbml.compute.hosting_pools_sagemaker import HostingPools
from openbml.compute.hostings import HostingMode
from openbml.compute.jobs import RuntimeBusyError
from tests.contract.compute.conftest import BUCKET
from tests.contract.compute.hosted import NAMES, HostedProject
from tests.contract.compute.hosting_runtime_contract import HostingRuntimeContract
from tests.contract.sagemaker_local.engine_process import EngineProcess, eventually
from tests.contract.sagemaker_local.scenario import ROLE

pytestmark = pytest.mark.contract


class TestEndpoints(HostingRuntimeContract):
    @pytest.fixture
    def project(self, engine: EngineProcess, emulator_url: str) -> HostedProject:
        return HostedProject(engine, emulator_url, BUCKET, HostingMode.ENDPOINTS)


class TestComponents(HostingRuntimeContract):
    @pytest.fixture
    def project(self, engine: EngineProcess, emulator_url: str) -> HostedProject:
        return HostedProject(engine, emulator_url, BUCKET, HostingMode.COMPONENTS)


class TestSharedMachines:
    """What only components have: machines that come with the first of a project and go with the last."""

    @pytest.fixture
    def project(self, engine: EngineProcess, emulator_url: str) -> HostedProject:
        return HostedProject(engine, emulator_url, BUCKET, HostingMode.COMPONENTS)

    def pools_of(self, project: HostedProject) -> list[str]:
        return [name for name in project.resources() if name.startswith("Endpoints/")]

    def pools_after_a_minute(self, project: HostedProject) -> int:
        project.gateway.reconcile_hostings()
        return len(self.pools_of(project))

    def test_hostings_of_a_project_stand_on_one_endpoint_until_the_last_is_gone(
        self, project: HostedProject
    ) -> None:
        project.deploy(1)
        other = f"{project.deployment_id}b"
        project.deploy(1, model="other", deployment_id=other)
        assert len(self.pools_of(project)) == 1
        project.remove()
        reply = project.invoker.invoke(other, b"{}", "application/json", 10, 1)
        assert reply.body == b"other"
        project.remove(other)
        eventually(lambda: self.pools_of(project) == [])

    def test_larger_copies_stand_on_larger_machines(self, project: HostedProject) -> None:
        project.deploy(1)
        assert project.deploy(2, model="m1", compute_units=4).serving_revision == 2
        assert sorted(self.pools_of(project)) == [
            f"Endpoints/openbml-t-pool-{project.project_id}-m5-large",
            f"Endpoints/openbml-t-pool-{project.project_id}-m5-xlarge",
        ]
        assert project.ask() == "m1"
        project.now.pass_time(minutes=10)
        eventually(lambda: self.pools_after_a_minute(project) == 1)
        assert project.ask() == "m1"
        project.remove()

    def test_a_component_that_failed_is_deleted_and_its_cause_stays_told(
        self, project: HostedProject
    ) -> None:
        project.deploy(1)
        failure = project.deploy(2, environment={"CRASHES": "1"}).failure
        assert any(name.endswith("-r2") for name in project.resources() if "Components/" in name)
        project.now.pass_time(minutes=3)
        project.gateway.reconcile_hostings()
        eventually(
            lambda: not any(name.endswith("-r2") for name in project.resources() if "Components/" in name)
        )
        kept = project.settled()
        assert (kept.serving_revision, kept.failure) == (1, failure)
        project.remove()

    def test_machines_that_nothing_came_to_stand_on_are_given_back(self, project: HostedProject) -> None:
        pools = HostingPools(project.engine.sagemaker, names=NAMES, role_arn=ROLE, now=project.now)
        with pytest.raises(RuntimeBusyError):
            pools.require(project.request(1))
        eventually(lambda: pools.is_in_service(pools.name(project.request(1))))
        pools.drop_unused()
        assert len(self.pools_of(project)) == 1
        project.now.pass_time(minutes=6)
        pools.drop_unused()
        eventually(lambda: self.pools_of(project) == [])
