"""Make a framework's model, serve it as its image does, ask it and print the answer: run.py FRAMEWORK"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sagemaker_local.images.environments import Environments
from sagemaker_local.images.registry import load_registry
from sagemaker_local.settings import Settings

HERE = Path(__file__).resolve().parent
IMAGES = {
    "sklearn": "custom-sklearn",
    "xgboost": "custom-xgboost",
    "pytorch": "custom-torch",
    "tensorflow": "custom-tensorflow",
    "paddle": "custom-paddle",
}
LONGEST_S = 120


def main() -> None:
    if len(sys.argv) != 2 or sys.argv[1] not in IMAGES:
        sys.exit(f"usage: run.py {' | '.join(IMAGES)}")
    framework = sys.argv[1]
    python = environment_of(IMAGES[framework])
    with tempfile.TemporaryDirectory() as base:
        model = Path(base) / "model"
        model.mkdir()
        subprocess.run([python, HERE / framework / "make.py", model], check=True)
        with served(IMAGES[framework], python, Path(base)) as url:
            body = (HERE / framework / "request.json").read_bytes()
            call = urllib.request.Request(  # noqa: S310 - our own server
                url, data=body, headers={"Content-Type": "application/json"}
            )
            with urllib.request.urlopen(call, timeout=60) as reply:  # noqa: S310 - our own server
                sys.stdout.write(json.dumps(json.load(reply)) + "\n")


def environment_of(image: str) -> Path:
    """Return the interpreter of an image's environment, built on first use; a variable may name another."""
    if told := os.environ.get(f"OPENBML_{image.upper().replace('-', '_')}_PYTHON"):
        return Path(told)
    settings = Settings.from_env()
    registry = load_registry(settings.images_file, settings.repository)
    return Environments(registry, settings.envs_dir).get(registry.find(f"openbml/{image}")).python


@contextmanager
def served(image: str, python: Path, base: Path) -> Iterator[str]:
    root = HERE.parents[1]
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    folders = (root / "containers" / "kit", root / "layers" / "catalog")
    server = subprocess.Popen(
        [python, root / "containers" / image / "serve"],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(map(str, folders)),
            "SAGEMAKER_BASE_DIR": str(base),
            "SAGEMAKER_BIND_TO_PORT": str(port),
            "SAGEMAKER_MODEL_SERVER_WORKERS": "1",
        },
    )
    try:
        wait_until_ready(server, port)
        yield f"http://127.0.0.1:{port}/invocations"
    finally:
        server.terminate()
        server.wait(timeout=60)


def wait_until_ready(server: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + LONGEST_S
    while time.monotonic() < deadline:
        if server.poll() is not None:
            sys.exit("the model cannot be served: its log says why")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    sys.exit(f"the model was not ready within {LONGEST_S} s")


if __name__ == "__main__":
    main()
