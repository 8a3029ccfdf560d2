"""One MiniStack and one engine for the suite; tests that kill an engine have their own."""

import json
import os
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from openbml_local.environments import Environments
from tests.contract.sagemaker_local.engine_process import KEYS, EngineProcess, answers, eventually
from tests.contract.sagemaker_local.scenario import BUCKET, Scenario

_EMULATOR_PORT = 9110


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    executable = str(Environments().python("ministack").with_name("ministack"))
    folder = tmp_path_factory.mktemp("ministack")
    url = f"http://127.0.0.1:{_EMULATOR_PORT}"
    if answers(url):
        pytest.fail(f"something else answers at {url}")
    environment = {
        **os.environ,
        "GATEWAY_PORT": str(_EMULATOR_PORT),
        "BIND_HOST": "127.0.0.1",
        "HOME": str(folder),
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([executable], env=environment, cwd=folder, stdout=log, stderr=log)
    try:
        eventually(
            lambda: answers(f"{url}/_ministack/health") or answers(url), within_s=60, what="MiniStack answers"
        )
        boto3.client("s3", endpoint_url=url, **KEYS).create_bucket(Bucket=BUCKET)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=20)


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
    process = EngineProcess(
        state_dir=tmp_path_factory.mktemp("engine") / "state",
        port=9111,
        worker_ports="9120-9149",
        emulator=emulator,
    )
    process.start()
    yield process
    process.stop()


@pytest.fixture
def own_engine(emulator: str, event_queue: str, tmp_path: Path) -> Iterator[Callable[..., EngineProcess]]:
    started: list[EngineProcess] = []

    def make(**settings: str) -> EngineProcess:
        process = EngineProcess(
            state_dir=tmp_path / "state", port=9112, worker_ports="9150-9179", emulator=emulator, **settings
        )
        process.start()
        started.append(process)
        return process

    yield make
    for process in started:
        process.stop()


@pytest.fixture
def scenario(emulator: str, event_queue: str) -> Scenario:
    return Scenario(emulator, event_queue, f"t{uuid.uuid4().hex[:10]}")


@pytest.fixture
def sagemaker(engine: EngineProcess) -> Any:
    return engine.sagemaker
