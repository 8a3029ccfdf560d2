"""The serving image's `measure`: every task's model is measured with a request made up for it."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.contract.containers.environments import ROOT, TAG, environment, interpreter, make_models
from tests.contract.containers.test_prediction_fuzz import SERVED

pytestmark = pytest.mark.contract


def measured(folder: Path, base: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the job as SageMaker does, with the image's entry point."""
    shutil.copytree(folder, base / "processing" / "input" / "model")
    return subprocess.run(
        [interpreter("serving"), ROOT / "containers" / "serving" / "process", "measure"],
        env=environment("serving", base, SML_NUM_CPUS="1", **variables),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def figures(job: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert job.returncode == 0, job.stderr[-2000:]
    (line,) = (line for line in job.stdout.splitlines() if line.startswith(TAG))
    record: dict[str, Any] = json.loads(line.removeprefix(TAG))
    return record


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "image", "script"),
    [
        ("deep", "deep", "tiny_models.py"),
        ("tabular", "tabular", "tiny_tables.py"),
        ("media", "deep", "tiny_media_models.py"),
    ],
)
def test_a_model_of_every_task_is_measured(tmp_path: Path, name: str, image: str, script: str) -> None:
    made = make_models(image, script, tmp_path / "models")
    for task, (source, model) in SERVED.items():
        if source != name:
            continue
        record = figures(measured(made / model / "model", tmp_path / task))
        assert record["kind"] == "performance"
        assert record["machine"]
        (point,) = record["points"]
        assert point["compute_units"] == 1
        assert point["latency_ms"] > 0
        assert point["qps"] > 1


@pytest.mark.slow
@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one core has one point")
def test_each_number_of_cores_has_a_point_and_the_named_file_is_measured(tmp_path: Path) -> None:
    models = make_models("deep", "tiny_models.py", tmp_path / "models")
    folder = models / "detection" / "model"
    job = measured(folder, tmp_path / "both", SM_NUM_CPUS="2", OPENBML_MODEL_VARIANT="int8")
    assert [point["compute_units"] for point in figures(job)["points"]] == [1, 2]


def test_a_folder_that_is_no_model_is_our_fault_and_told(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    job = measured(tmp_path / "folder", tmp_path / "base")
    assert job.returncode != 0
    message = (tmp_path / "base" / "output" / "message").read_text()
    assert message.startswith("platform: model.json cannot be read")
