"""The released SageMaker Python SDK, unpatched, does its work against the engine."""

import io
import json
import tarfile
import uuid
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.conformance.clients import BUCKET, HERE, REGISTRY, ROLE, SDK, is_built, run_step
from tests.contract.sagemaker_local.engine_process import KEYS, EngineProcess
from tests.contract.sagemaker_local.flowers import trained_flowers

pytestmark = pytest.mark.contract


@pytest.fixture
def s3(emulator: str) -> Any:
    return boto3.client("s3", endpoint_url=emulator, **KEYS)


@pytest.fixture
def name() -> str:
    return f"sdk-{uuid.uuid4().hex[:8]}"


def object_of(s3: Any, uri: str) -> bytes:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())


def test_a_job_through_the_sdks_resources(
    engine: EngineProcess, emulator: str, s3: Any, name: str, tmp_path: Path
) -> None:
    """The quick one: part of every run where the SDK's environment is there already."""
    if not is_built(SDK):
        pytest.skip("the SDK's environment is not built; a run with the slow tests builds it")
    image = f"{REGISTRY}/openbml/custom-sklearn:1"
    request = {"name": name, "image": image, "output": f"s3://{BUCKET}/{name}/out"}
    answer = run_step("smoke", request, engine, emulator, tmp_path, limit_s=120)
    assert answer["status"] == "Completed"
    assert object_of(s3, f"{answer['artifacts']}x") == b"made"


@pytest.mark.slow
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


@pytest.fixture(scope="session")
def flowers(engine: EngineProcess, emulator: str) -> dict[str, str]:
    """A scikit-learn model, trained over the API; its archive and its image."""
    s3 = boto3.client("s3", endpoint_url=emulator, **KEYS)
    image = f"{REGISTRY}/openbml/custom-sklearn:1"
    return {"image": image, "model": trained_flowers(engine, s3, BUCKET, image, ROLE)}


@pytest.mark.slow
def test_a_model_is_deployed_asked_and_removed(
    engine: EngineProcess, emulator: str, flowers: dict[str, str], name: str, tmp_path: Path
) -> None:
    request = {"name": name, "body": "2.0,3\n6.1,3\n", **flowers}
    answer = run_step("deploy", request, engine, emulator, tmp_path, limit_s=200)
    assert answer["status"] == "InService"
    assert answer["reply"]["kind"] == ["rose", "lily"]


@pytest.mark.slow
def test_a_script_processes_files(
    engine: EngineProcess, emulator: str, s3: Any, name: str, tmp_path: Path
) -> None:
    s3.put_object(Bucket=BUCKET, Key=f"{name}/data/first.csv", Body=b"1,2\n3,4\n")
    request = {
        "name": name,
        "image": f"{REGISTRY}/openbml/custom-sklearn:1",
        "script": str(HERE / "sdk" / "source" / "process_rows.py"),
        "data": f"s3://{BUCKET}/{name}/data/",
        "output": f"s3://{BUCKET}/{name}/sums",
    }
    answer = run_step("process", request, engine, emulator, tmp_path, limit_s=200)
    assert answer["status"] == "Completed"
    assert object_of(s3, f"s3://{BUCKET}/{name}/sums/first.txt") == b"100"


@pytest.mark.slow
def test_files_are_transformed_line_by_line(
    engine: EngineProcess, emulator: str, s3: Any, flowers: dict[str, str], name: str, tmp_path: Path
) -> None:
    s3.put_object(Bucket=BUCKET, Key=f"{name}/data/rows.csv", Body=b"2.0,3\n6.1,3\n1.9,2\n")
    request = {
        "name": name,
        "data": f"s3://{BUCKET}/{name}/data/",
        "output": f"s3://{BUCKET}/{name}/out",
        **flowers,
    }
    answer = run_step("transform", request, engine, emulator, tmp_path, limit_s=200)
    assert answer["status"] == "Completed"
    (line,) = object_of(s3, f"s3://{BUCKET}/{name}/out/rows.csv.out").splitlines()
    assert json.loads(line)["kind"] == ["rose", "lily", "rose"]


@pytest.mark.slow
def test_a_hyper_parameter_is_tuned(
    engine: EngineProcess, emulator: str, s3: Any, name: str, tmp_path: Path
) -> None:
    s3.put_object(Bucket=BUCKET, Key=f"{name}/data/rows.csv", Body=b"1\n")
    request = {
        "name": name,
        "image": f"{REGISTRY}/openbml/custom-sklearn:1",
        "source": str(HERE / "sdk" / "tuned"),
        "data": f"s3://{BUCKET}/{name}/data/",
        "output": f"s3://{BUCKET}/{name}/out",
    }
    answer = run_step("tune", request, engine, emulator, tmp_path, limit_s=300)
    assert (answer["status"], answer["completed"]) == ("Completed", 3)
    assert answer["score"] == pytest.approx(float(answer["parameters"]["weight"]) + 1, abs=1e-5)
    assert answer["best"].startswith(f"{name}-")
