"""Each function starts with the layers its stack gives it, and nothing else of ours."""

import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
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
for handler in {handlers!r}:
    specification = importlib.util.spec_from_file_location("handler", handler)
    sys.modules["handler"] = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(sys.modules["handler"])
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


def functions() -> Mapping[tuple[str, ...], Sequence[str]]:
    """Return the handlers by what their functions do not have."""
    found: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for stack in sorted((REPOSITORY / "infra" / "stacks").glob("*.yaml")):
        text = stack.read_text(encoding="utf-8")
        for function in FUNCTION.finditer(text):
            folder = re.search(r"functions/(\w+)", function[1])
            if folder is None:
                continue
            missing = [] if "!Ref MediaLayer" in function[1] else ["PIL"]
            if "!Ref FormatsLayerArn" not in text:
                missing.append("openbml_formats")
            found[tuple(missing)].append(str(REPOSITORY / "functions" / folder[1] / "handler.py"))
    return found


@pytest.mark.parametrize(("missing", "handlers"), list(functions().items()))
def test_functions_start_with_their_layers(missing: tuple[str, ...], handlers: Sequence[str]) -> None:
    program = START.format(missing=missing, handlers=list(handlers))
    done = subprocess.run(
        [sys.executable, "-c", program], env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
