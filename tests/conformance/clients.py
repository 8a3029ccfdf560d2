"""Programs of others, each in an environment of its own, told only addresses, a role and a bucket."""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sagemaker_local.images.locked_environments import Lock, LockedEnvironments
from tests.contract.sagemaker_local.engine_process import REGION, REPOSITORY, EngineProcess

HERE = Path(__file__).resolve().parent
BUCKET = "conformance"
ROLE = "arn:aws:iam::000000000000:role/conformance"
SDK = Lock("sagemaker-sdk", HERE / "requirements.txt")
REGISTRY = "000000000000.dkr.ecr.us-east-1.amazonaws.com"


def is_built(lock: Lock) -> bool:
    return LockedEnvironments(REPOSITORY / ".envs").is_built(lock)


def environment_of(lock: Lock) -> Path:
    """Return the interpreter of a lock, its environment built on first use."""
    return LockedEnvironments(REPOSITORY / ".envs").python(lock, print)


def client_variables(engine: EngineProcess, emulator: str, home: Path) -> Mapping[str, str]:
    """What a caller sets to use the engine instead of AWS."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "AWS_ENDPOINT_URL": emulator,
        "AWS_ENDPOINT_URL_SAGEMAKER": engine.url,
        "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": engine.url,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "SAGEMAKER_VALIDATE_ROLE": "false",
        "ROLE": ROLE,
        "BUCKET": BUCKET,
    }


def run_step(
    step: str, request: Mapping[str, Any], engine: EngineProcess, emulator: str, home: Path, *, limit_s: float
) -> dict[str, Any]:
    """Run a program of ``sdk/`` in the SDK's environment and return its answer."""
    answer = home / f"{step}.json"
    ended = subprocess.run(
        [environment_of(SDK), HERE / "sdk" / f"{step}.py", json.dumps(request), answer],
        env=client_variables(engine, emulator, home),
        cwd=home,
        capture_output=True,
        text=True,
        timeout=limit_s,
        check=False,
    )
    assert ended.returncode == 0, f"{ended.stdout[-4000:]}\n{ended.stderr[-6000:]}\n{engine.log[-3000:]}"
    found: dict[str, Any] = json.loads(answer.read_text())
    return found
