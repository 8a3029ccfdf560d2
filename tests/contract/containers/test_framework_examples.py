"""`examples/frameworks`: each model is made, served and asked as the documentation says."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.contract.containers.environments import LONGEST_S, ROOT
from tests.contract.containers.framework_models import need_environment

pytestmark = [pytest.mark.contract, pytest.mark.slow]


def answer(framework: str) -> dict[str, Any]:
    finished = subprocess.run(
        [sys.executable, ROOT / "examples" / "frameworks" / "run.py", framework],
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    document: dict[str, Any] = json.loads(finished.stdout.splitlines()[-1])
    result: dict[str, Any] = document["result"]
    return result


def test_the_scikit_learn_example_runs() -> None:
    assert answer("sklearn") == {"labels": [{"categories": [0]}, {"categories": [2]}]}


def test_the_xgboost_example_runs() -> None:
    assert answer("xgboost")["labels"][0]["categories"] == pytest.approx([232.1], abs=20)


@pytest.mark.parametrize(("framework", "image"), [("pytorch", "torch"), ("tensorflow",) * 2, ("paddle",) * 2])
def test_an_example_of_a_large_framework_runs(framework: str, image: str) -> None:
    need_environment(f"custom-{image}")
    result = answer(framework)
    if framework == "pytorch":
        assert sum(result["scores"][0]) == pytest.approx(1)
    elif framework == "tensorflow":
        assert result == {"predictions": [[0.0, 1.0]]}
    else:
        assert result["predictions"][0]["tensors"][0]["shape"] == [1, 3]
