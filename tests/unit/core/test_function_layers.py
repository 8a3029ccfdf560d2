"""Each function starts with the layers its stack gives it, and nothing else of ours."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
FUNCTION = re.compile(
    r"^  \w+:\n    Type: AWS::Serverless::Function\n    Properties:\n((?:      .*\n|\n)+)", re.M
)
START = """
import sys, importlib.util
for name in {missing!r}:
    sys.modules[name] = None
specification = importlib.util.spec_from_file_location("handler", {handler!r})
specification.loader.exec_module(importlib.util.module_from_spec(specification))
"""
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join(
        str(REPOSITORY / "layers" / name) for name in ("platform", "catalog", "formats")
    ),
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "POWERTOOLS_SERVICE_NAME": "test",
    "POWERTOOLS_METRICS_NAMESPACE": "test",
    "POWERTOOLS_TRACE_DISABLED": "true",
}


def functions() -> Iterator[tuple[str, list[str]]]:
    for stack in sorted((REPOSITORY / "infra" / "stacks").glob("*.yaml")):
        text = stack.read_text(encoding="utf-8")
        for found in FUNCTION.finditer(text):
            folder = re.search(r"functions/(\w+)", found[1])
            if folder is None:
                continue
            missing = [] if "!Ref MediaLayer" in found[1] else ["PIL"]
            if "!Ref FormatsLayerArn" not in text:
                missing.append("openbml_formats")
            yield folder[1], missing


@pytest.mark.parametrize(("function", "missing"), list(functions()))
def test_a_function_starts_with_its_layers(function: str, missing: list[str]) -> None:
    handler = str(REPOSITORY / "functions" / function / "handler.py")
    program = START.format(missing=missing, handler=handler)
    done = subprocess.run(
        [sys.executable, "-c", program], env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
