"""Programs that call a service run as they are printed, and do what the manual says of tokens and repeats."""

import base64
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from openbml_catalog.snippets import load_snippets, snippets_for
from openbml_catalog.tasks import tasks

LOG_ID = 1390582998516105217  # loses its last digits as a JavaScript number
GOOD = {"log_id": LOG_ID, "results": [{"name": "猫", "score": 0.9}]}
ROW = {"age": 34, "city": 'it\'s "A" \\ 北京', "vip": True, "gone": None}
PICTURE = bytes(range(256)) * 5 + b"x"  # no multiple of three


class Platform(BaseHTTPRequestHandler):
    """Answers tokens, and calls by a script of replies; `Retry-After` comes with 336100."""

    server: "Server"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        address = urlsplit(self.path)
        query = parse_qs(address.query)
        if address.path == "/oauth/2.0/token":
            form = parse_qs(body.decode()) or query
            self.server.forms.append({name: values[0] for name, values in form.items()})
            self._reply({"access_token": f"24.t{len(self.server.forms)}", "expires_in": 2_592_000})
            return
        self.server.calls.append((address.path, query["access_token"][0], json.loads(body)))
        self.server.types.append(self.headers["Content-Type"])
        self._reply(self.server.replies.pop(0))

    def _reply(self, document: dict[str, Any]) -> None:
        text = json.dumps(document, ensure_ascii=False).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json;charset=UTF-8")
        if document.get("error_code") == 336100:
            self.send_header("Retry-After", "1")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


class Server(ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Platform)
        self.forms: list[dict[str, str]] = []
        self.calls: list[tuple[str, str, Any]] = []
        self.types: list[str] = []
        self.replies: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()


COMMANDS = {
    "curl": ["bash", "predict.sh"],
    "python": ["python3", "predict.py"],
    "javascript": ["node", "predict.mjs"],
    "java": ["java", "Predict.java"],
    "php": ["php", "predict.php"],
    "cpp": ["./predict"],
}


def run(
    server: Server, folder: Path, language: str, task: str, example: Any
) -> "subprocess.CompletedProcess[str]":
    command = COMMANDS[language]
    _needs(language)
    address = f"{server.url}/rpc/2.0/ai_custom_bml/v1/classification/digits"
    for row in snippets_for(task, host=server.url, address=address, example=example):
        (folder / row.file_name).write_text(row.text, encoding="utf-8")
    (folder / "photo.jpg").write_bytes(PICTURE)
    if language == "cpp":
        _compile(folder)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "JAVA_TOOL_OPTIONS": "-Dfile.encoding=UTF-8 -XX:TieredStopAtLevel=1",
        "LC_ALL": "C.UTF-8",
        "OPENBML_API_KEY": "the key",
        "OPENBML_SECRET_KEY": "the+secret",
    }
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def _needs(language: str) -> None:
    tool = {"cpp": "g++"}.get(language, COMMANDS[language][0])
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")


def _compile(folder: Path) -> None:
    """Build the program; without libcurl's headers there is nothing to hold it against."""
    probe = subprocess.run(
        ["g++", "-fsyntax-only", "-x", "c++", "-"],
        input="#include <curl/curl.h>",
        capture_output=True,
        text=True,
        check=False,
    )
    if probe.returncode:
        pytest.skip("the headers of libcurl are not installed")
    subprocess.run(
        ["g++", "-std=c++17", "-Wall", "-Werror", "-o", "predict", "predict.cpp", "-lcurl"],
        cwd=folder,
        check=True,
    )


SLOW = pytest.param("cpp", marks=pytest.mark.slow)
LANGUAGES = ["curl", "python", "javascript", "java", "php", SLOW]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_is_sent_and_the_model_waited_for(server: Server, tmp_path: Path, language: str) -> None:
    """One run goes through a token that has expired, a model that wakes up, and the answer."""
    server.replies = [
        {"log_id": 1, "error_code": 111, "error_msg": "Access token expired"},
        {"log_id": 2, "error_code": 336100, "error_msg": "model temporarily unavailable"},
        GOOD,
    ]

    result = run(server, tmp_path, language, "image_classification", {"image": "/9j…", "top_num": 3})

    assert result.returncode == 0, result.stderr
    assert "猫" in result.stdout
    assert str(LOG_ID) in result.stdout
    assert [token for _, token, _ in server.calls] == ["24.t1", "24.t2", "24.t2"]
    (path, _, body) = server.calls[-1]
    assert path == "/rpc/2.0/ai_custom_bml/v1/classification/digits"
    assert body["top_num"] == 3
    assert base64.b64decode(body["image"], validate=True) == PICTURE
    assert set(server.types) == {"application/json"}
    assert server.forms[-1]["grant_type"] == "client_credentials"


@pytest.mark.parametrize("language", LANGUAGES)
def test_rows_are_sent_as_they_are_and_an_error_is_the_exit_code(
    server: Server, tmp_path: Path, language: str
) -> None:
    server.replies = [{"log_id": 7, "error_code": 336001, "error_msg": "Invalid Argument"}]

    result = run(server, tmp_path, language, "tabular_prediction", {"data": [ROW], "include_req": False})

    assert result.returncode == 1, result.stderr
    assert "336001" in result.stdout
    assert [body for *_, body in server.calls] == [{"data": [ROW], "include_req": False}]


def test_the_keys_reach_the_platform_as_they_are(server: Server, tmp_path: Path) -> None:
    server.replies = [GOOD, GOOD]
    for _ in range(2):
        assert run(server, tmp_path, "curl", "text_classification", {}).returncode == 0

    assert len(server.forms) == 1  # the second run finds the token in its file
    (kept,) = (tmp_path / ".cache").iterdir()
    assert kept.stat().st_mode & 0o077 == 0


def test_every_task_has_programs_with_the_address_and_without_keys() -> None:
    for task in tasks():
        rows = snippets_for(task, host="https://host.test", address="https://host.test/rpc/x", example={})
        assert [row.language for row in rows] == [row["language"] for row in load_snippets()["languages"]]
        for row in rows:
            assert "https://host.test/rpc/x" in row.text
            assert "https://host.test/oauth/2.0/token" in row.text
            assert "OPENBML_API_KEY" in row.text
            assert not any(mark in row.text for mark in ("{{ADDRESS", "{{REQUEST", "{{MORE", "%file", "%end"))
