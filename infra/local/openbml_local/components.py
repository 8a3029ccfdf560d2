"""The processes of the local cloud: how each is started, asked for its health, and stopped."""

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from openbml_local import processes
from openbml_local.environments import Environments
from openbml_local.errors import ComponentStartError, PortInUseError
from openbml_local.rotation import rotate_all
from openbml_local.settings import HOST, Cloud, environments_directory, iam_evaluated, inherited_environment
from openbml_local.state_directory import StateDirectory

LOCAL = Path(__file__).resolve().parents[1]
START_LIMIT_S = 40.0
GATEWAY_GRACE_S = 10.0
ENGINE_GRACE_S = 150.0  # jobs get two minutes to save their last checkpoint
MINISTACK_GRACE_S = 90.0  # requests under way and the last save
NAMES = ("ministack", "engine", "gateway")  # order of starting; stopping is the reverse


class Component(BaseModel):
    model_config = ConfigDict(frozen=True)

    name: str
    port: int
    command: tuple[str, ...]
    environment: dict[str, str]
    health_path: str


class Health(BaseModel):
    model_config = ConfigDict(frozen=True)

    answers: bool
    details: dict[str, Any] = {}


def ministack(state: StateDirectory, cloud: Cloud, environments: Environments) -> Component:
    folder = state.ministack
    environment = cloud.environment() | {
        "PYTHONPATH": str(LOCAL),
        "GATEWAY_PORT": str(cloud.ports.ministack),
        "BIND_HOST": HOST,
        "MINISTACK_REGION": cloud.region,
        "AUTH": "true" if iam_evaluated() else "false",
        "PERSIST_STATE": "1",
        "S3_PERSIST": "1",
        "STATE_DIR": str(folder / "keys"),
        "S3_DATA_DIR": str(folder / "s3"),
        "TMPDIR": str(folder / "tmp"),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LOG_LEVEL": os.environ.get("OPENBML_MINISTACK_LOG_LEVEL", "WARNING"),
    }
    return Component(
        name="ministack",
        port=cloud.ports.ministack,
        command=(
            str(environments.python("ministack")), "-m", "openbml_local.ministack_process",
            str(folder / "generations"), str(state.logs), str(environments.python("lambda")),
            str(cloud.ports.ministack),
        ),
        environment=environment,
        health_path="/_openbml/status",
    )  # fmt: skip


def engine(state: StateDirectory, cloud: Cloud) -> Component:
    environment = cloud.environment() | {
        "PYTHONPATH": str(LOCAL),
        "SML_PORT": str(cloud.ports.engine),
        "SML_STATE_DIR": str(state.engine),
        "SML_ENVS": str(environments_directory()),
    }
    return Component(
        name="engine",
        port=cloud.ports.engine,
        command=(sys.executable, "-m", "sagemaker_local.cli", "serve"),
        environment=environment,
        health_path="/_local/health",
    )


def gateway(state: StateDirectory, cloud: Cloud) -> Component:
    return Component(
        name="gateway",
        port=cloud.ports.gateway,
        command=(
            sys.executable, "-m", "openbml_local.gateway", str(state.routes), str(cloud.ports.gateway),
            str(cloud.ports.ministack),
        ),
        environment={"PYTHONPATH": str(LOCAL)},
        health_path="/_gateway/health",
    )  # fmt: skip


def ask(
    port: int,
    path: str,
    *,
    method: str = "GET",
    body: dict[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    timeout_s: float = 2.0,
) -> tuple[int, dict[str, Any]] | None:
    """One request to a component's own routes; None if nobody answers with JSON in time."""
    connection = http.client.HTTPConnection(HOST, port, timeout=timeout_s)
    try:
        connection.request(
            method, path, body=None if body is None else json.dumps(body), headers=dict(headers or {})
        )
        reply = connection.getresponse()
        answer = json.loads(reply.read() or b"{}")
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
    return reply.status, answer if isinstance(answer, dict) else {}


class Supervisor:
    """Starts and stops components and knows which of them run, over restarts of everything."""

    def __init__(self, state: StateDirectory, *, say: Callable[[str], None] = lambda _: None) -> None:
        self._state = state
        self._say = say

    def marker(self, name: str) -> str:
        return f"{name}@{self._state.root}"

    def running(self, name: str) -> processes.ProcessRecord | None:
        """The component's process, also if its record was lost; records of dead processes are dropped."""
        record = self._state.record(name)
        if record is not None and processes.is_running(record):
            return record
        if record is not None:
            self._say(f"{name}: its record names process {record.pid}, which is gone or another program")
            self._state.drop_record(name)
        return self._adopt(name)

    def _adopt(self, name: str) -> processes.ProcessRecord | None:
        """A leader that was started but not recorded (its starter was killed in between)."""
        for pid in processes.marked(self.marker(name)):
            found = processes.stat(pid)
            if found is not None and found.session == pid:
                command = (processes.PROC / str(pid) / "cmdline").read_bytes().decode(errors="replace")
                words = tuple(command.rstrip("\0").split("\0"))
                port = next((int(word) for word in reversed(words) if word.isdigit()), 0)
                record = self._record(pid, port, words)
                self._state.save_record(name, record)
                return record
        return None

    @staticmethod
    def _record(pid: int, port: int, command: tuple[str, ...]) -> processes.ProcessRecord:
        found = processes.stat(pid)
        return processes.ProcessRecord(
            pid=pid,
            start_ticks=found.start_ticks if found else -1,
            boot_id=processes.boot_id(),
            port=port,
            started_at=datetime.now(UTC),
            command=command,
        )

    def health(self, component: Component) -> Health:
        reply = ask(component.port, component.health_path)
        return Health(answers=reply is not None and reply[0] == 200, details=reply[1] if reply else {})

    def launch(self, component: Component) -> "Starting":
        """Start a component unless it runs; `Starting.wait` says when it answers."""
        record = self.running(component.name)
        if record is not None:
            return Starting(component, record, None, self._state)
        processes.kill_marked(self.marker(component.name))  # workers of a component that was killed
        if not processes.port_is_free(component.port):
            raise PortInUseError(component.name, component.port, processes.port_owner(component.port))
        rotate_all(self._state.logs)
        environment = inherited_environment() | component.environment
        environment[processes.MARKER] = self.marker(component.name)
        child = processes.spawn(
            component.command, env=environment, cwd=self._state.root, log=self._state.log(component.name)
        )
        record = self._record(child.pid, component.port, component.command)
        self._state.save_record(component.name, record)
        return Starting(component, record, child, self._state)

    def stop(self, name: str, *, grace_s: float) -> bool:
        """Stop a component and everything it started.

        Returns:
            Whether it ended by itself; if not, it was killed.
        """
        record = self.running(name)
        ended = processes.stop(record, grace_s=grace_s) if record is not None else True
        processes.kill_marked(self.marker(name))
        self._state.drop_record(name)
        return ended


class Starting:
    def __init__(
        self,
        component: Component,
        record: processes.ProcessRecord,
        child: "subprocess.Popen[bytes] | None",
        state: StateDirectory,
    ) -> None:
        self._component = component
        self._record = record
        self._child = child
        self._state = state

    @property
    def is_new(self) -> bool:
        return self._child is not None

    def wait(self, *, limit_s: float = START_LIMIT_S) -> dict[str, Any]:
        """Wait until the component answers; its own words about itself."""
        deadline = time.monotonic() + limit_s
        component = self._component
        if self._record.port not in (component.port, 0):
            raise self._failed(
                f"it runs on port {self._record.port}, not {component.port}. Run: bml down, then bml up"
            )
        while True:
            reply = ask(component.port, component.health_path)
            if reply is not None and reply[0] == 200:
                return reply[1]
            code = self._child.poll() if self._child is not None else None
            if code is not None or not processes.is_running(self._record):
                self._state.drop_record(component.name)
                raise self._failed(f"the process ended{'' if code is None else f' with code {code}'}")
            if time.monotonic() > deadline:
                raise self._failed(f"no answer on port {component.port} within {limit_s:.0f} s")
            time.sleep(0.03)

    def _failed(self, reason: str) -> ComponentStartError:
        log = self._state.log(self._component.name)
        lines = log.read_text(errors="replace").splitlines()[-12:] if log.exists() else []
        return ComponentStartError(self._component.name, reason, log, "\n".join(lines))
