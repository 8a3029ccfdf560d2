"""Both adapters of `HostingRuntime` on the local engine."""

import pytest

from openbml.compute.hostings import HostingMode
from tests.contract.compute.conftest import BUCKET
from tests.contract.compute.hosted import HostedProject
from tests.contract.compute.hosting_runtime_contract import HostingRuntimeContract
from tests.contract.sagemaker_local.engine_process import EngineProcess

pytestmark = pytest.mark.contract


class TestEndpoints(HostingRuntimeContract):
    @pytest.fixture
    def project(self, engine: EngineProcess, emulator_url: str) -> HostedProject:
        return HostedProject(engine, emulator_url, BUCKET, HostingMode.ENDPOINTS)


class TestComponents(HostingRuntimeContract):
    @pytest.fixture
    def project(self, engine: EngineProcess, emulator_url: str) -> HostedProject:
        return HostedProject(engine, emulator_url, BUCKET, HostingMode.COMPONENTS)
