"""Clients written only from the manual call a deployed service; only the host differs."""

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import REPOSITORY, SAMPLES, Cloud

pytestmark = pytest.mark.e2e

CLIENTS = REPOSITORY / "tests" / "contract" / "manual_clients"


@pytest.fixture
def told(
    cloud: Cloud, service: Mapping[str, Any], application: Mapping[str, Any], tmp_path: Path
) -> dict[str, str]:
    """Return the environment of a client."""
    image = next((SAMPLES / "test").glob("*.jpg")).read_bytes()
    body = tmp_path / "body.json"
    body.write_text(json.dumps({"image": base64.b64encode(image).decode(), "top_num": 3}))
    return {
        "PATH": os.environ["PATH"],
        "HOST": cloud.url,
        "API_KEY": application["api_key"],
        "SECRET_KEY": application["secret_key"],
        "ADDRESS": service["url"],
        "BODY": str(body),
    }


def tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def printed(command: list[str], told: Mapping[str, str]) -> dict[str, Any]:
    ended = subprocess.run(command, env=told, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr
    document: dict[str, Any] = json.loads(ended.stdout)
    return document


def require_answer(reply: Mapping[str, Any]) -> None:
    assert "error_code" not in reply
    assert len(reply["results"]) == 3
    assert set(reply["results"][0]) == {"name", "score"}
    assert 2**53 < int(reply["log_id"]) < 2**63


def test_python(told: dict[str, str]) -> None:
    require_answer(printed([sys.executable, str(CLIENTS / "client.py")], told))


def test_javascript(told: dict[str, str]) -> None:
    reply = printed([tool("node"), str(CLIENTS / "client.mjs")], told)
    assert isinstance(reply["log_id"], str)
    require_answer(reply)


def test_java(told: dict[str, str]) -> None:
    require_answer(printed([tool("java"), str(CLIENTS / "Client.java")], told))


def test_php(told: dict[str, str]) -> None:
    require_answer(printed([tool("php"), str(CLIENTS / "client.php")], told))


def test_cpp(told: dict[str, str], tmp_path: Path) -> None:
    program, compiler = tmp_path / "client", tool("g++")
    made = subprocess.run(
        [compiler, "-std=c++17", CLIENTS / "client.cpp", "-lcurl", "-o", program],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if "curl/curl.h" in made.stderr:
        pytest.skip("the headers of libcurl are not installed")
    assert made.returncode == 0, made.stderr
    require_answer(printed([str(program)], told))


def test_curl(told: dict[str, str]) -> None:
    curl = tool("curl")
    keys = f"client_id={told['API_KEY']}&client_secret={told['SECRET_KEY']}"
    auth = printed(
        [curl, "-sS", f"{told['HOST']}/oauth/2.0/token?grant_type=client_credentials&{keys}"], told
    )
    header = "Content-Type: application/json"
    address = f"{told['ADDRESS']}?access_token={auth['access_token']}"
    require_answer(printed([curl, "-sS", "-H", header, "--data-binary", f"@{told['BODY']}", address], told))
