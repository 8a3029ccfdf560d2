"""The images' own process predicts whole inputs from real storage: killed, stopped and shared by nodes."""

import csv
import io
import json
import os
import signal
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from openbml_formats.batch_orders import BatchOrder
from tests.contract.containers.conftest import file_of
from tests.contract.containers.environments import ROOT, environment, interpreter, make_models
from tests.contract.containers.framework_models import manifest, need_environment, put_model
from tests.contract.emulator import client, emulator

pytestmark = pytest.mark.contract
BUCKET = "batches"
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}
PICTURES = 1500
PART = 50


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with emulator(tmp_path_factory.mktemp("emulator")) as address:
        yield address


@pytest.fixture(scope="module")
def s3(url: str) -> Any:
    built = client("s3", url)
    built.create_bucket(Bucket=BUCKET)
    return built


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_models("deep", "tiny_models.py", tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def archive(s3: Any) -> str:
    """Pictures of which every tenth is none."""
    good = file_of(Image.new("RGB", (40, 40), (255, 255, 255)))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for index in range(PICTURES):
            packed.writestr(f"{index:05}.png", good if index % 10 else b"no picture")
    s3.put_object(Bucket=BUCKET, Key="in.zip", Body=buffer.getvalue())
    return f"s3://{BUCKET}/in.zip"


class Job:
    """One node's folder, and the job's place in storage."""

    def __init__(
        self, folder: Path, model: Path, url: str, s3: Any, *, image: str = "serving", **order: Any
    ) -> None:
        self._folder = folder
        self._image = image
        self._url = url
        self._s3 = s3
        self._name = folder.name
        fields = {
            "job_id": "7",
            "output_uri": f"s3://{BUCKET}/{self._name}/out/",
            "journal_uri": f"s3://{BUCKET}/{self._name}/journal/",
            "part_items": PART,
        }
        written = BatchOrder.model_validate({**fields, **order}).model_dump_json()
        place = folder / "processing/input/order"
        place.mkdir(parents=True)
        (place / "order.json").write_text(written)
        (folder / "processing/input/model").symlink_to(model / "model", target_is_directory=True)

    def start(self) -> "subprocess.Popen[str]":
        env = environment(self._image, self._folder, AWS_ENDPOINT_URL=self._url, SM_NUM_CPUS="2", **KEYS)
        program = ROOT / "containers" / self._image / "process"
        command = [str(interpreter(self._image)), str(program), "batch"]
        return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self) -> None:
        job = self.start()
        _, errors = job.communicate(timeout=120)
        assert job.returncode == 0, errors

    def run_until_parts(self, least: int, then: signal.Signals) -> tuple[int, str]:
        """Send a signal when so many parts are done and more are to come; return how the job ended."""
        job = self.start()
        assert job.stdout is not None
        for line in iter(job.stdout.readline, ""):
            if '"batch"' in line and json.loads(line.partition(" ")[2])["done"] >= least * PART:
                break
        job.send_signal(then)
        _, errors = job.communicate(timeout=60)
        return job.returncode, errors

    def keys(self, folder: str) -> list[str]:
        prefix = f"{self._name}/{folder}/"
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        return [row["Key"] for page in pages for row in page.get("Contents", [])]

    def read(self, key: str) -> bytes:
        body: bytes = self._s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return body

    def answers(self) -> list[dict[str, Any]]:
        parts = [key for key in self.keys("out") if "part-" in key]
        return [json.loads(line) for key in parts for line in self.read(key).splitlines()]

    def summary(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.read(f"{self._name}/out/summary.json"))
        return document


@pytest.mark.slow
@pytest.mark.parametrize("then", [signal.SIGKILL, signal.SIGTERM])
def test_a_job_that_ends_in_the_middle_goes_on_and_neither_loses_nor_doubles_anything(
    tmp_path: Path, url: str, s3: Any, pictures: Path, archive: str, then: signal.Signals
) -> None:
    job = Job(tmp_path, pictures / "multi_label", url, s3, input_uri=archive)

    code, errors = job.run_until_parts(2, then)

    assert code == (-9 if then is signal.SIGKILL else 128 + 15), errors
    kept = set(job.keys("journal"))
    assert 2 < len(kept) < PICTURES // PART
    assert not [key for key in job.keys("out") if "summary" in key]
    stamps = {key: s3.head_object(Bucket=BUCKET, Key=key)["LastModified"] for key in kept}
    job.run()

    answers = job.answers()
    assert [answer["index"] for answer in answers] == list(range(PICTURES))
    assert [answer["name"] for answer in answers] == [f"{index:05}.png" for index in range(PICTURES)]
    assert {answer["index"] % 10 for answer in answers if "error_code" in answer} == {0}
    assert job.summary() | {"errors": None} == {
        "job_id": "7",
        "input_uri": archive,
        "input_format": "zip",
        "output_format": "jsonl",
        "items": PICTURES,
        "succeeded": PICTURES * 9 // 10,
        "failed": PICTURES // 10,
        "parts": PICTURES // PART,
        "part_items": PART,
        "errors": None,
    }
    assert {key: s3.head_object(Bucket=BUCKET, Key=key)["LastModified"] for key in kept} == stamps
    assert not (tmp_path / "output/message").exists()


def test_a_table_is_predicted_like_the_api_and_a_wrong_header_is_the_users_fault(
    tmp_path: Path, url: str, s3: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tables = make_models("tabular", "tiny_tables.py", tmp_path_factory.mktemp("tables"))
    rows = "age,colour,since,note\n30,blue,2005-06-01,a\n,mauve,,b\nold,red,2001-01-01,c\n"
    s3.put_object(Bucket=BUCKET, Key="rows.csv", Body=rows.encode())
    s3.put_object(Bucket=BUCKET, Key="wrong.csv", Body=b"age,since\n1,2\n")
    order = {"input_uri": f"s3://{BUCKET}/rows.csv", "output_format": "csv"}
    job = Job(tmp_path / "right", tables / "classes", url, s3, **order)

    job.run()

    found = list(csv.DictReader(io.StringIO(job.read("right/out/part-000000.csv").decode())))
    assert [row["note"] for row in found] == ["a", "b", "c"]
    assert found[0]["predicted_label"]
    assert found[2]["error_code"] == "336001"
    wrong = Job(
        tmp_path / "wrong", tables / "classes", url, s3, **{**order, "input_uri": f"s3://{BUCKET}/wrong.csv"}
    ).start()
    wrong.communicate(timeout=60)
    assert wrong.returncode == 1
    message = (tmp_path / "wrong" / "output/message").read_text()
    assert message.startswith("user: wrong.csv lacks the columns colour")


@pytest.mark.slow
def test_nodes_find_their_parts_by_the_resource_configuration(
    tmp_path: Path, url: str, s3: Any, pictures: Path
) -> None:
    white = file_of(Image.new("RGB", (40, 40), (255, 255, 255)))
    for index in range(12):
        s3.put_object(Bucket=BUCKET, Key=f"pictures/{index:02}.png", Body=white)
    hosts = ["algo-1", "algo-2"]
    order = {
        "input_uri": f"s3://{BUCKET}/pictures/",
        "part_items": 4,
        "output_uri": f"s3://{BUCKET}/shared/out/",
        "journal_uri": f"s3://{BUCKET}/shared/journal/",
    }
    for host in hosts:
        job = Job(tmp_path / host, pictures / "multi_label", url, s3, **order)
        (tmp_path / host / "config").mkdir()
        config = {"current_host": host, "hosts": hosts}
        (tmp_path / host / "config" / "resourceconfig.json").write_text(json.dumps(config))
        job.run()

    names = [row["Key"] for row in s3.list_objects_v2(Bucket=BUCKET, Prefix="shared/out/")["Contents"]]
    assert [name.rpartition("/")[2] for name in names] == [
        *(f"part-{number:06}.jsonl" for number in range(3)),
        "summary.json",
    ]


SPY = """
import os

class CustomException(RuntimeError):
    def __init__(self, error_code, message, orig_error=None):
        super().__init__(message)
        self.error_code = error_code

class PredictWrapper:
    def __init__(self, model_path, use_gpu, logger):
        pass

    def preprocess(self, request_body):
        if request_body["ask"] == "die":
            os._exit(1)
        if request_body["ask"] == "refuse":
            raise CustomException(336005, "not this one")
        return request_body["ask"], {}, {}

    def predict(self, ask, infer_args):
        own = sorted(name for name in os.environ if "AWS" in name)
        try:
            with open(f"/proc/{os.getppid()}/environ", "rb") as file:
                parent = "AWS" if b"AWS_SECRET" in file.read() else "nothing"
        except OSError as error:
            parent = type(error).__name__
        return {"ask": ask, "own": own, "parent": parent}

    def postprocess(self, found, request_context):
        return found
"""


@pytest.mark.slow
def test_users_code_answers_without_credentials_and_an_item_that_kills_it_fails_alone(
    tmp_path: Path, url: str, s3: Any
) -> None:
    need_environment("custom-sklearn")
    asks = [json.dumps({"instances": [{"ask": word}]}) for word in ("a", "refuse", "die", "b")]
    s3.put_object(Bucket=BUCKET, Key="asks.jsonl", Body="\n".join(asks).encode())
    document = manifest("sklearn", code_file="service.py")
    model = put_model(tmp_path / "made", document, {"service.py": SPY})
    order = {"input_uri": f"s3://{BUCKET}/asks.jsonl"}
    job = Job(tmp_path / "spied", model, url, s3, image="custom-sklearn", **order)

    job.run()

    answers = job.answers()
    assert [answer.get("error_code") for answer in answers] == [None, 336005, 336000, None]
    assert answers[1]["error_msg"] == "not this one"
    for answer in (answers[0], answers[3]):
        assert '"own": []' in json.dumps(answer)
        # Nothing is hidden from root, which workers are in no container (see test_batch_jobs.py).
        assert os.geteuid() == 0 or '"parent": "PermissionError"' in json.dumps(answer)
