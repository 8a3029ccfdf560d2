"""The data image's own process in its own environment: stopped in the middle of its work."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openbml_catalog.datasets import dataset_kinds
from openbml_formats.annotations import Annotation
from openbml_formats.data_jobs import DataJobKind, DataJobOrder
from openbml_formats.listings import ListedSample, packed_listing
from openbml_formats.protocols import ExportInfo
from tests.contract.containers.environments import ROOT, environment, interpreter
from tests.contract.emulator import client, emulator

pytestmark = pytest.mark.contract
BUCKET = "data-jobs"
SHA = "ab" * 32
SAMPLES = 4_000
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}
FOLDERS = ("containers/data", "containers/kit", "layers/catalog", "layers/formats")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with emulator(tmp_path_factory.mktemp("emulator")) as address:
        yield address


@pytest.fixture
def s3(url: str) -> Any:
    built = client("s3", url)
    built.create_bucket(Bucket=BUCKET)
    built.put_object(Bucket=BUCKET, Key=f"projects/1/blobs/ab/{SHA}", Body=b"x" * 100_000)
    return built


def ordered(s3: Any, folder: Path) -> None:
    """An export that takes a while: 400 MB, all from the same blob."""
    rows = [
        ListedSample(
            sample_id=number + 1,
            name=f"{number}.jpg",
            annotation=Annotation(labels=("cat",)),
            extension="jpg",
            size_bytes=100_000,
            sha256=SHA,
        )
        for number in range(SAMPLES)
    ]
    s3.put_object(Bucket=BUCKET, Key="projects/1/list", Body=packed_listing(rows))
    info = ExportInfo(
        dataset_name="d", version_number=1, kind=dataset_kinds()["image_classification"], labels=["cat"]
    )
    order = DataJobOrder(
        job_id="1",
        kind=DataJobKind.EXPORT,
        data_bucket=BUCKET,
        uploads_bucket=BUCKET,
        project_prefix="projects/1/",
        dataset=info,
        samples=["projects/1/list"],
        sample_count=SAMPLES,
        result_key="projects/1/result.json",
        settings={"format": "json", "target_bucket": BUCKET, "target_key": "projects/1/out.zip"},
    )
    path = folder / "processing/input/order/order.json"
    path.parent.mkdir(parents=True)
    path.write_text(order.model_dump_json())


def test_a_stop_in_the_middle_ends_at_once_and_leaves_no_archive_and_no_upload(
    url: str, s3: Any, tmp_path: Path
) -> None:
    ordered(s3, tmp_path)
    paths = os.pathsep.join(str(ROOT / folder) for folder in FOLDERS)
    env = environment("data", tmp_path, AWS_ENDPOINT_URL=url, **KEYS, PYTHONPATH=paths)
    command = [str(interpreter("data")), str(ROOT / "containers/data/process"), "export"]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as job:
        assert job.stdout is not None
        assert any('"kind": "progress"' in line for line in iter(job.stdout.readline, ""))
        job.send_signal(signal.SIGTERM)
        _, errors = job.communicate(timeout=20)
    assert (job.returncode, "the job was stopped" in errors) == (128 + signal.SIGTERM, True), errors
    found = {entry["Key"] for entry in s3.list_objects_v2(Bucket=BUCKET)["Contents"]}
    assert not found & {"projects/1/out.zip", "projects/1/result.json"}
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=BUCKET)
    assert not (tmp_path / "output/message").exists()
