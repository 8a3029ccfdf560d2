"""Data goes in, is labelled, comes out and goes in again: as a program and as a person on the terminal."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.e2e.conftest import REPOSITORY, Cloud

pytestmark = pytest.mark.e2e


def test_the_walk_of_the_examples_ends_with_two_datasets_that_say_the_same(cloud: Cloud) -> None:
    env = {
        **os.environ,
        "PYTHONPATH": str(REPOSITORY / "sdk"),
        "OPENBML_URL": cloud.url,
        "OPENBML_EMAIL": cloud.email,
        "OPENBML_PASSWORD": cloud.password,
    }
    script = REPOSITORY / "examples" / "data" / "walk.py"

    done = subprocess.run(
        [sys.executable, str(script)], env=env, capture_output=True, text=True, check=False, timeout=300
    )

    assert done.returncode == 0, done.stderr
    assert "6 samples with 11 boxes are the same" in done.stdout


@pytest.mark.slow
def test_a_person_imports_labels_and_exports_on_the_terminal(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENBML_EMAIL", cloud.email)
    monkeypatch.setenv("OPENBML_PASSWORD", cloud.password)
    for number in range(3):
        Image.new("RGB", (64, 64), (number * 60, 90, 120)).save(tmp_path / f"p{number}.png")
    cloud.bml("datasets", "create", "walls", "--kind", "image_classification")

    imported = cloud.json("datasets", "import", "walls", str(tmp_path / "*.png"))
    sample = cloud.json("datasets", "samples", "next", "walls")
    cloud.bml("datasets", "annotate", "walls", str(sample["sample_id"]), "--label", "blue")
    stale = cloud.bml(
        "datasets",
        "annotate",
        "walls",
        str(sample["sample_id"]),
        "--label",
        "red",
        "--expect",
        "1",
        check=False,
    )
    target = tmp_path / "walls.zip"
    cloud.bml("datasets", "export", "walls", "-f", "json", "--state", "labelled", "-o", str(target))
    cloud.bml("datasets", "create", "walls-again", "--kind", "image_classification")
    again = cloud.json("datasets", "import", "walls-again", str(target))

    assert (imported["format"], imported["counts"]["accepted"]) == ("images", 3)
    assert stale.returncode == 1
    assert "Changed by user" in " ".join(stale.stderr.split())
    assert (again["format"], again["counts"]["accepted"]) == ("json", 1)
    assert cloud.json("datasets", "labels", "list", "walls-again")[0]["name"] == "blue"
