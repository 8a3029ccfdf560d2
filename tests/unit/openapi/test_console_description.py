"""The console's types are made from the description of the control API that the code gives today."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
COMMITTED = REPOSITORY / "console" / "openapi.json"
PACKAGES = ("infra/openapi", "layers/platform", "layers/catalog")


@pytest.fixture(scope="module")
def description(tmp_path_factory: pytest.TempPathFactory) -> str:
    target = tmp_path_factory.mktemp("openapi") / "openapi.json"
    reply = subprocess.run(
        [sys.executable, "-m", "openbml_openapi.merge", "--output", str(target)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(str(REPOSITORY / part) for part in PACKAGES)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert reply.returncode == 0, reply.stderr
    return target.read_text(encoding="utf-8")


def test_the_committed_description_is_current(description: str) -> None:
    wanted: dict[str, Any] = json.loads(description)
    committed: dict[str, Any] = json.loads(COMMITTED.read_text(encoding="utf-8"))

    changed = sorted(
        path
        for path in wanted["paths"].keys() | committed["paths"].keys()
        if wanted["paths"].get(path) != committed["paths"].get(path)
    )

    assert changed == [], "run `make openapi` and commit console/openapi.json and console/src/api/schema.d.ts"
    assert committed == wanted, "run `make openapi`: schemas of console/openapi.json differ"


def test_every_router_of_the_layer_is_described(description: str) -> None:
    paths = json.loads(description)["paths"]

    assert {path.split("/")[2] for path in paths} == {
        "identity", "datasets", "training", "models", "services", "metering", "live",
    }  # fmt: skip
    assert any(path.endswith("/imports/{import_id}/complete") for path in paths)
