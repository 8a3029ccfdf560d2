"""Schemathesis asks every route of the control API of a deployed platform what its description allows, and
what it does not: no reply may be a server error, and each must fit its description."""

import subprocess
from pathlib import Path

import httpx
import pytest

from openbml_client import Client
from sagemaker_local.images.locked_environments import Lock, LockedEnvironments
from tests.e2e.conftest import REPOSITORY, Cloud

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

_CHECKS = "not_a_server_error,content_type_conformance,response_schema_conformance"
# What would end the session or the project that the fuzz itself needs.
_LEFT_OUT = r"^/v1/identity/(sessions|projects/.project_id.$)"


def _settings(project_id: int) -> str:
    return f'[parameters]\n"path.project_id" = {project_id}\n'


def _token(cloud: Cloud) -> str:
    credentials = {"email": cloud.email, "password": cloud.password}
    reply = httpx.post(f"{cloud.url}/v1/identity/sessions", json=credentials).json()
    token: str = reply["id_token"]
    return token


def _python() -> Path:
    lock = Lock("fuzz", REPOSITORY / "tests" / "fuzz" / "requirements.txt")
    return LockedEnvironments(REPOSITORY / ".envs").python(lock, print)


def test_no_reply_of_the_control_api_is_undocumented(cloud: Cloud, client: Client, tmp_path: Path) -> None:
    project = client.create_project("fuzz")
    (tmp_path / "schemathesis.toml").write_text(_settings(int(project["project_id"])))
    ended = subprocess.run(
        [
            _python(),
            "-m",
            "schemathesis.cli",
            "run",
            REPOSITORY / "console" / "openapi.json",
            f"--url={cloud.url}",
            f"--header=Authorization: Bearer {_token(cloud)}",
            f"--checks={_CHECKS}",
            f"--exclude-path-regex={_LEFT_OUT}",
            "--phases=coverage,fuzzing",
            "--max-examples=4",
            "--generation-deterministic",
            "--continue-on-failure",
            "--suppress-health-check=all",
            "--request-timeout=30",
            "--warnings=off",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=1500,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-20_000:]
