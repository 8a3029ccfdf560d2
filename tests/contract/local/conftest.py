"""One real local cloud for this folder: MiniStack, gateway and a small stack deployed by the SAM CLI."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest

from openbml_local.settings import REPOSITORY, Cloud
from openbml_local.stack import Stack
from openbml_local.state_directory import StateDirectory

STACK = Path(__file__).parent / "stack"
LIMIT_S = 240


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until(condition: Callable[[], Any], *, limit_s: float = 20) -> Any:
    """Poll a real process; the first true value."""
    deadline = time.monotonic() + limit_s
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
    return value


@dataclass
class Bml:
    """The commands, run as a user runs them."""

    state_dir: Path
    project: Path
    ports: dict[str, int] = field(
        default_factory=lambda: {name: free_port() for name in ("ministack", "engine", "gateway")}
    )

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.start(*arguments, wait=True)

    def start(self, *arguments: str, wait: bool = False) -> Any:
        command = [sys.executable, "-m", "openbml_local", *arguments, "--state-dir", str(self.state_dir)]
        environment = os.environ | {"PYTHONPATH": str(REPOSITORY / "infra/local"), "COLUMNS": "400"}
        if not wait:
            return subprocess.Popen(
                command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            )
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=LIMIT_S, check=False
        )

    @property
    def up_arguments(self) -> list[str]:
        ports = [f"--port-{name}={port}" for name, port in self.ports.items()]
        return ["up", "--no-engine", "--project", str(self.project), *ports]

    def up(self) -> str:
        done = self(*self.up_arguments)
        assert done.returncode == 0, done.stderr
        return str(done.stderr)

    @property
    def state(self) -> StateDirectory:
        return StateDirectory(self.state_dir)

    @property
    def cloud(self) -> Cloud:
        return self.state.cloud()

    def client(self, service: str) -> Any:
        return Stack(self.cloud).client(service)

    def table(self) -> Any:
        session = boto3.Session("test", "test", region_name="us-east-1")
        name = Stack(self.cloud).outputs()["ThingsTable"]
        return session.resource("dynamodb", endpoint_url=self.cloud.endpoint).Table(name)

    def pid(self, component: str) -> int:
        record = self.state.record(component)
        assert record is not None
        return record.pid


@pytest.fixture(scope="session")
def bml(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bml]:
    folder = tmp_path_factory.mktemp("local-cloud")
    shutil.copytree(STACK, folder / "project")
    dist = folder / "project" / "console" / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text("<html>the console</html>")
    (dist / "assets" / "app-1.js").write_text("let a = 1")
    local = Bml(folder / "state", folder / "project")
    local.up()
    yield local
    assert local("down").returncode == 0
