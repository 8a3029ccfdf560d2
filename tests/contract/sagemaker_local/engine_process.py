"""The engine as an operator runs it: a process that tests may also kill."""

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import boto3
from botocore.config import Config

from tests.contract.sagemaker_local.wire import watch

REPOSITORY = Path(__file__).resolve().parents[3]
HERE = Path(__file__).resolve().parent
REGION = "us-east-1"
KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": REGION}
Result = TypeVar("Result")
_RUN_ID = b"SML_RUN_ID="


def eventually(question: Callable[[], Result], *, within_s: float = 30.0, what: str = "") -> Result:
    """Ask until the answer is true."""
    deadline = time.monotonic() + within_s
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_s} s: {what or question}")
        time.sleep(0.05)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1):
            return True
    except OSError:
        return False


class EngineProcess:
    def __init__(
        self, *, state_dir: Path, port: int, worker_ports: str, emulator: str, **settings: str
    ) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.state_dir = state_dir
        self._log = state_dir.with_suffix(".log")
        self._process: subprocess.Popen[bytes] | None = None
        self.command = [sys.executable, "-m", "sagemaker_local", "serve"]
        self._environment: Mapping[str, str] = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(REPOSITORY / "infra" / "local"),
            "SML_PORT": str(port),
            "SML_STATE_DIR": str(state_dir),
            "SML_IMAGES": str(HERE / "images.yaml"),
            "SML_WORKER_PORTS": worker_ports,
            "SML_STOP_GRACE_S": "2",
            "SML_CHECKPOINT_SYNC_S": "1",
            "SML_PING_INTERVAL_S": "0.3",
            "SML_DRAIN_S": "3",
            "SML_MACHINE_CPUS": "2",
            "SML_OVERSUBSCRIBE": "1",
            "SML_TEST": "1",
            "SML_STRICT": "1",
            "AWS_ENDPOINT_URL": emulator,
            **settings,
        }
        self.sagemaker = self._client("sagemaker")
        self.runtime = self._client("sagemaker-runtime")

    @property
    def log(self) -> str:
        return self._log.read_text()

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command,
                env=dict(self._environment),
                cwd=REPOSITORY,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        eventually(lambda: self._is_ready(), within_s=30, what=f"the engine answers; its log:\n{self.log}")

    def stop(self) -> None:
        assert self._process is not None
        self._process.terminate()
        assert self._process.wait(timeout=30) == 0, self.log

    def close(self) -> None:
        """Leave nothing running, also when the test left a dead engine with living jobs."""
        assert self._process is not None
        if self._process.poll() is not None:
            self.start()
        self.stop()
        assert self.alive() == set(), "processes of this engine's jobs outlived it"

    def kill(self) -> None:
        """As a crash does: no goodbye."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def wait_for_death(self) -> int:
        assert self._process is not None
        return self._process.wait(timeout=20)

    def admin(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            f"{self.url}/_local/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"X-Sml-Token": (self.state_dir / "admin-token").read_text()},
        )
        with urllib.request.urlopen(request, timeout=10) as reply:
            return json.load(reply)

    def processes_of(self, arn: str) -> list[dict[str, Any]]:
        found = self.admin("GET", "state")["processes"]
        return [one for one in found if one["owner_arn"] == arn and one["state"] == "running"]

    def alive(self) -> set[str]:
        """Ids of processes that run: their shim holds its lock, or one of them carries its id."""
        folders = list((self.state_dir / "runs").iterdir())
        return {one.name for one in folders if _is_locked(one / "lock")} | (
            {one.name for one in folders} & _carried_ids()
        )

    def leftovers(self) -> set[str]:
        """What runs although the engine's state says that it does not."""
        processes = self.admin("GET", "state")["processes"]
        return self.alive() - {one["process_id"] for one in processes}

    def _is_ready(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"the engine ended:\n{self.log}"
        return answers(f"{self.url}/_local/health")

    def _client(self, service: str) -> Any:
        config = Config(retries={"max_attempts": 0, "mode": "standard"}, read_timeout=70)
        client = boto3.client(service, endpoint_url=self.url, config=config, **KEYS)
        watch(client)
        return client


def _is_locked(path: Path) -> bool:
    try:
        with path.open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False


def _carried_ids() -> set[str]:
    """The ids in the environments of all processes of this machine."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                variables = (entry / "environ").read_bytes().split(b"\0")
                found |= {
                    one.partition(b"=")[2].decode() for one in variables if one.startswith(b"SML_RUN_ID=")
                }
    return found


def descendants(pid: int) -> list[int]:
    """All processes below a shim, parents first."""
    found: list[int] = []
    todo = [pid]
    while todo:
        try:
            text = Path(f"/proc/{todo[0]}/task/{todo[0]}/children").read_text()
        except FileNotFoundError:
            text = ""
        children = [int(child) for child in text.split()]
        found += children
        todo = todo[1:] + children
    return found


def main_process(shim: int, script: str) -> int:
    """The process that runs the image's script below a shim."""

    def look() -> int | None:
        for pid in descendants(shim):
            try:
                words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            except FileNotFoundError:
                continue
            if any(word.decode().endswith(f"image/{script}") for word in words):
                return pid
        return None

    return eventually(look, what=f"{script} runs below {shim}") or 0


def kill_hard(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
