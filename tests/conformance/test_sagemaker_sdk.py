"""The released SageMaker Python SDK, unpatched, does its work against the engine."""

import io
import json
import tarfile
import uuid
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.conformance.clients import BUCKET, HERE, REGISTRY, run_step
from tests.contract.sagemaker_local.engine_process import KEYS, EngineProcess

pytestmark = [pytest.mark.contract, pytest.mark.slow]


@pytest.fixture
def s3(emulator: str) -> Any:
    return boto3.client("s3", endpoint_url=emulator, **KEYS)


@pytest.fixture
def name() -> str:
    return f"sdk-{uuid.uuid4().hex[:8]}"


def object_of(s3: Any, uri: str) -> bytes:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())


def test_a_source_folder_with_requirements_is_trained_with_torchrun_on_two_machines(
    engine: EngineProcess, emulator: str, s3: Any, name: str, tmp_path: Path
) -> None:
    s3.put_object(Bucket=BUCKET, Key=f"{name}/data/rows.csv", Body=b"1,2\n")
    request = {
        "name": name,
        "image": f"{REGISTRY}/openbml/deep:1",
        "source": str(HERE / "sdk" / "source"),
        "data": f"s3://{BUCKET}/{name}/data/",
        "output": f"s3://{BUCKET}/{name}/output",
    }
    job = run_step("train", request, engine, emulator, tmp_path, limit_s=300)
    with tarfile.open(fileobj=io.BytesIO(object_of(s3, job["artifacts"]))) as archive:
        member = archive.extractfile("report.json")
        assert member is not None
        report = json.load(member)
    assert report == {
        "world_size": 2,
        "sum": 15.0,
        "extra": 42,
        "channel": ["rows.csv"],
        "hosts": ["algo-1", "algo-2"],
    }
