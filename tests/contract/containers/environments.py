"""The interpreters of the images' environments, and jobs and servers run in them as the local engine does."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sagemaker_local.images.locked_environments import Lock, LockedEnvironments

ROOT = Path(__file__).resolve().parents[3]
TAG = "##openbml "
# A machine that is busy otherwise says so by a factor.
LONGEST_S = 240 * float(os.environ.get("OPENBML_TIME_FACTOR", "1"))


def interpreter(image: str) -> Path:
    """Return the image's interpreter: `OPENBML_<IMAGE>_PYTHON`, else its environment's, built if need be."""
    told = os.environ.get(f"OPENBML_{image.upper().replace('-', '_')}_PYTHON")
    lock = Lock(image, ROOT / "containers" / image / "requirements.txt")
    return Path(told) if told else LockedEnvironments(ROOT / ".envs").python(lock, print)


def environment(image: str, base: Path, **more: str) -> dict[str, str]:
    layers = [ROOT / "layers" / "catalog", ROOT / "layers" / "formats"]
    folders = [*(ROOT / "containers" / name for name in (image, "kit", "batch")), *layers]
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(str(folder) for folder in folders),
        "PYTHONDONTWRITEBYTECODE": "1",
        "SAGEMAKER_BASE_DIR": str(base),
        **more,
    }


@dataclass
class Job:
    """One training job below a folder of its own."""

    base: Path
    image: str = "deep"

    def configure(self, labels: Sequence[str], **hyper_parameters: object) -> None:
        values = {
            "task": "image_classification",
            "network": "ResNet18_vd",
            "labels": json.dumps(list(labels)),
        }
        values |= {
            "input_size": "32",
            "batch_size": "8",
            "weights": "none",
            "run_id": "7",
            "learning_rate": "0.002",
        }
        self.write_hyper_parameters({**values, **hyper_parameters})

    def write_hyper_parameters(self, values: Mapping[str, object]) -> None:
        folder = self.base / "input" / "config"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "hyperparameters.json").write_text(
            json.dumps({name: str(value) for name, value in values.items()})
        )

    def start(self, **more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [interpreter(self.image), ROOT / "containers" / self.image / "train"],
            env=environment(self.image, self.base, **more),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self) -> "Finished":
        process = self.start()
        try:
            out, err = process.communicate(timeout=LONGEST_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        return Finished(process.returncode, out, err)

    def run_until(self, wanted: Callable[[dict[str, Any]], bool], *, then: signal.Signals) -> "Finished":
        """Send a signal on the first progress record that is wanted, and wait for the end."""
        process = self.start()
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith(TAG) and wanted(json.loads(line.removeprefix(TAG))):
                process.send_signal(then)
                break
        out, err = process.communicate(timeout=LONGEST_S)
        return Finished(process.returncode, "".join(lines) + out, err)

    def model(self) -> dict[str, Any]:
        return read_json(self.base / "model" / "model.json")

    def report(self) -> dict[str, Any]:
        return read_json(self.base / "output" / "data" / "report.json")

    def failure(self) -> str:
        return (self.base / "output" / "failure").read_text()


@dataclass(frozen=True)
class Finished:
    exit_code: int
    out: str
    err: str

    def records(self, kind: str) -> list[dict[str, Any]]:
        tagged = [
            json.loads(line.removeprefix(TAG)) for line in self.out.splitlines() if line.startswith(TAG)
        ]
        return [record for record in tagged if record["kind"] == kind]


def read_json(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text())
    return document


def run_python(image: str, script: str, *arguments: str | Path, base: Path) -> str:
    """Run a script in an image's environment and return its output."""
    finished = subprocess.run(
        [interpreter(image), "-c", script, *arguments],
        env=environment(image, base),
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


@dataclass
class Server:
    """A running `serve` process."""

    process: subprocess.Popen[str]
    port: int
    seconds_to_ready: float

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def post(self, body: bytes, content_type: str = "application/json") -> dict[str, Any]:
        request = urllib.request.Request(
            f"{self.url}/invocations", data=body, headers={"Content-Type": content_type}, method="POST"
        )
        with urllib.request.urlopen(request, timeout=30) as reply:
            assert reply.status == 200
            document: dict[str, Any] = json.loads(reply.read())
            return document


def free_port() -> int:
    first = int(os.environ.get("OPENBML_TEST_PORT", "9210"))
    for port in range(first, first + 80):
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError(f"no free port in {first}-{first + 79}")


def make_models(image: str, script: str, root: Path) -> Path:
    """Run a script of this folder that writes small models into a folder; return the folder."""
    made = subprocess.run(
        [interpreter(image), ROOT / "tests" / "contract" / "containers" / script, root],
        env=environment(image, root),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    return root


@contextmanager
def serving(
    base: Path, program: Path | None = None, *, image: str = "serving", **more: str
) -> Iterator[Server]:
    """Start an image's `serve`, or another program, and wait until `/ping` answers 200."""
    port = free_port()
    started = time.monotonic()
    process = subprocess.Popen(
        [interpreter(image), program or ROOT / "containers" / image / "serve"],
        env=environment(image, base, SAGEMAKER_BIND_TO_PORT=str(port), **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_until_ready(process, port)
        yield Server(process, port, time.monotonic() - started)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


@contextmanager
def servers_of(models: Path) -> Iterator[Callable[[str], Server]]:
    """Return what gives the server of a model, started when it is first asked for."""
    running: dict[str, Server] = {}
    with ExitStack() as stack:

        def server(name: str) -> Server:
            if name not in running:
                running[name] = stack.enter_context(serving(models / name))
            return running[name]

        yield server


def refusal_to_serve(base: Path, *, image: str = "serving", **more: str) -> str:
    """Return what a server that cannot set its model up says."""
    ended = subprocess.run(
        [interpreter(image), ROOT / "containers" / image / "serve"],
        env=environment(image, base, SAGEMAKER_BIND_TO_PORT=str(free_port()), **more),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 1
    return ended.stderr


def wait_until_ready(process: subprocess.Popen[str], port: int) -> None:
    deadline = time.monotonic() + LONGEST_S / 4
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"serve ended with {process.returncode}: {process.communicate()[1]}")
        if ping(port) == 200:
            return
        select_pause()
    raise AssertionError(f"serve was not ready within {LONGEST_S / 4:g} s")


def ping(port: int) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=2) as reply:
            return int(reply.status)
    except OSError:
        return 0


def select_pause() -> None:
    """Give the polled process a moment; the loop around it has a deadline."""
    time.sleep(0.02)
