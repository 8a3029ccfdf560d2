"""One MiniStack and one engine for the suite; tests that kill an engine have their own."""

import json
import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.contract.emulator import emulator as ministack
from tests.contract.emulator import free_port
from tests.contract.sagemaker_local.engine_process import KEYS, EngineProcess
from tests.contract.sagemaker_local.scenario import BUCKET, Scenario
from tests.contract.sagemaker_local.tuning_jobs import Tuning

_BLOCK = 60
WIDE = {"SML_MACHINE_CPUS": "8", "SML_MACHINE_MEMORY_MIB": "64000", "SML_MAX_BATCH_JOBS": "3"}


def worker_ports(block: int) -> str:
    """Ports of one engine's workers; suites that run side by side on a machine get different ones."""
    first = 20000 + (os.getpid() % 90) * 2 * _BLOCK + block * _BLOCK
    return f"{first}-{first + _BLOCK - 1}"


def new_engine(folder: Path, emulator: str, *, ports: int, **settings: str) -> EngineProcess:
    """Not started yet; engines that run at the same time need different ``ports``."""
    return EngineProcess(
        state_dir=folder / "state",
        port=free_port(),
        worker_ports=worker_ports(ports),
        emulator=emulator,
        **settings,
    )


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with ministack(tmp_path_factory.mktemp("ministack")) as url:
        boto3.client("s3", endpoint_url=url, **KEYS).create_bucket(Bucket=BUCKET)
        yield url


@pytest.fixture(scope="session")
def event_queue(emulator: str) -> str:
    """A queue that gets every event of the engine."""
    events = boto3.client("events", endpoint_url=emulator, **KEYS)
    sqs = boto3.client("sqs", endpoint_url=emulator, **KEYS)
    url = sqs.create_queue(QueueName="engine-events")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {"source": ["aws.sagemaker", "local.sagemaker"]}
    events.put_rule(Name="engine-events", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="engine-events", Targets=[{"Id": "queue", "Arn": arn}])
    return str(url)


@pytest.fixture(scope="session")
def engine(
    emulator: str, event_queue: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EngineProcess]:
    process = new_engine(
        tmp_path_factory.mktemp("engine"),
        emulator,
        ports=0,
    )
    process.start()
    yield process
    process.close()


@pytest.fixture(scope="session")
def wide_engine(
    emulator: str, event_queue: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EngineProcess]:
    """An engine that believes in a bigger machine and runs three small jobs at a time."""
    process = new_engine(
        tmp_path_factory.mktemp("wide"),
        emulator,
        ports=0,
        **WIDE,
    )
    process.start()
    yield process
    process.close()


@pytest.fixture
def tuning(scenario: Scenario, wide_engine: EngineProcess) -> Tuning:
    return Tuning(scenario, wide_engine)


@pytest.fixture
def own_engine(emulator: str, event_queue: str, tmp_path: Path) -> Iterator[Callable[..., EngineProcess]]:
    started: list[EngineProcess] = []

    def make(**settings: str) -> EngineProcess:
        process = new_engine(
            tmp_path,
            emulator,
            ports=1,
            **settings,
        )
        process.start()
        started.append(process)
        return process

    yield make
    for process in started:
        process.close()


@pytest.fixture
def scenario(emulator: str, event_queue: str) -> Scenario:
    return Scenario(emulator, event_queue, f"t{uuid.uuid4().hex[:10]}")


@pytest.fixture
def sagemaker(engine: EngineProcess) -> Any:
    return engine.sagemaker
