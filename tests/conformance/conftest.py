"""One MiniStack and one engine with the platform's images for everything that nobody here wrote."""

from collections.abc import Iterator

import boto3
import pytest

from tests.conformance.clients import BUCKET
from tests.contract.emulator import emulator as ministack
from tests.contract.emulator import free_port
from tests.contract.sagemaker_local.conftest import worker_ports
from tests.contract.sagemaker_local.engine_process import KEYS, REPOSITORY, EngineProcess
from tests.contract.sagemaker_local.packages import wheel


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with ministack(tmp_path_factory.mktemp("ministack")) as url:
        boto3.client("s3", endpoint_url=url, **KEYS).create_bucket(Bucket=BUCKET)
        yield url


@pytest.fixture(scope="session")
def engine(emulator: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineProcess]:
    """Jobs may bring packages of their own, from a folder with one wheel and from nowhere else."""
    wheels = tmp_path_factory.mktemp("wheels")
    wheel(wheels, "extra_package")
    process = EngineProcess(
        state_dir=tmp_path_factory.mktemp("engine") / "state",
        port=free_port(),
        worker_ports=worker_ports(0),
        emulator=emulator,
        SML_IMAGES=str(REPOSITORY / "infra/local/sagemaker_local/images/default_images.yaml"),
        SML_ALLOW_REQUIREMENTS="1",
        SML_REQUIREMENTS_WHEELS=str(wheels),
    )
    process.start()
    yield process
    process.stop()
