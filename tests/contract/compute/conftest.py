"""One emulator and one engine for this folder."""

import os
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from tests.contract.emulator import emulator, free_port
from tests.contract.sagemaker_local.engine_process import KEYS, EngineProcess

BUCKET = "hosted-models"
IMAGES = Path(__file__).with_name("images.yaml")
_PORTS = 90


@pytest.fixture(scope="session")
def emulator_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with emulator(tmp_path_factory.mktemp("emulator")) as url:
        yield url


@pytest.fixture(scope="session")
def engine(emulator_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineProcess]:
    boto3.client("s3", endpoint_url=emulator_url, **KEYS).create_bucket(Bucket=BUCKET)
    first = 32000 + os.getpid() % 90 * _PORTS
    process = EngineProcess(
        state_dir=tmp_path_factory.mktemp("engine") / "state",
        port=free_port(),
        worker_ports=f"{first}-{first + _PORTS - 1}",
        emulator=emulator_url,
        SML_IMAGES=str(IMAGES),
        SML_PING_INTERVAL_S="0.1",
    )
    process.start()
    yield process
    process.close()
