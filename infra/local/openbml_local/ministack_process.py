"""Runs MiniStack, saves its state every minute and at the end, and lets functions run as on AWS.

Runs inside MiniStack's environment (`infra/local/environments/ministack.txt`), so it imports nothing of ours
that needs more than the standard library. It is written against exactly MINISTACK_VERSION: it replaces

* MiniStack's save at shutdown by generations (`checkpoints.py`), because its own overwrites in place and
  happens at a clean stop only;
* the interpreter of Python functions, which would otherwise be MiniStack's own environment and so hide
  dependencies that a function forgot to bring;
* two functions of its nested stacks, which would otherwise neither expand SAM resources nor survive an update
  (`nested_stacks.py`);
* what it does to workers of functions between calls (`warm_workers.py`).
"""

import asyncio
import ctypes
import importlib.metadata
import json
import logging
import os
import shutil
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from openbml_local import checkpoints, host_names, nested_stacks, permission_checks, rotation, warm_workers

MINISTACK_VERSION = "1.5.33"
SAVE_INTERVAL_S = 60.0
SAVE_LIMIT_S = 45.0
DEFERRALS = 10  # saves put off in a row while a stack is being deployed
PR_SET_PDEATHSIG = 1
BLOB = "__openbml_blob__"
BLOB_BYTES = 64 * 1024

logger = logging.getLogger("openbml.checkpoint")

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class CheckpointFailedError(Exception):
    """A save did not finish; the previous generation stands."""


class StateSaver:
    """Writes generations of the state of all services.

    A save works on a forked copy of the process: every service is caught at the same instant (a queue and
    the table its consumer writes never disagree), and requests go on meanwhile. A copy that hangs on a lock
    which another thread held at the instant of the fork is ended and the save tried again.
    """

    def __init__(
        self,
        root: Path,
        blobs: checkpoints.BlobStore,
        service_states: Callable[[], dict[str, Callable[[], Any]]],
    ) -> None:
        self._root = root
        self._blobs = blobs
        self._service_states = service_states
        self._libc = ctypes.CDLL(None)  # loaded before any fork
        self._busy = asyncio.Lock()

    async def save(self, *, attempts: int = 3) -> float:
        """Save now; concurrent calls queue.

        Returns:
            Seconds it took.
        """
        async with self._busy:
            started = time.monotonic()
            for attempt in range(1, attempts + 1):
                code = await self._save_in_a_copy()
                if code == 0:
                    return time.monotonic() - started
                logger.warning("checkpoint attempt %d of %d failed (code %s)", attempt, attempts, code)
            raise CheckpointFailedError("see the log of MiniStack; the previous checkpoint stands")

    async def _save_in_a_copy(self) -> int:
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            os._exit(self._run_copy(parent))
        deadline = time.monotonic() + SAVE_LIMIT_S
        while True:
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status)
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                return -signal.SIGKILL
            await asyncio.sleep(0.01)

    def _run_copy(self, parent: int) -> int:
        """The forked child: never returns into the event loop nor answers a signal meant for the parent."""
        try:
            self._libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:
                return 3
            signal.set_wakeup_fd(-1)
            for name in (signal.SIGTERM, signal.SIGINT):
                signal.signal(name, signal.SIG_DFL)
            files = self._collect()
            checkpoints.write(self._root, files)
            self._blobs.prune(self._root)
        except Exception as error:  # noqa: BLE001 - the exit code is the only way out of the copy
            os.write(2, f"checkpoint failed: {type(error).__name__}: {error}\n".encode())
            return 1
        return 0

    def _collect(self) -> dict[str, bytes]:
        from ministack.core import persistence

        def encode(value: object) -> object:
            if isinstance(value, bytes) and len(value) >= BLOB_BYTES:
                return {BLOB: self._blobs.put(value)}
            return persistence._json_default(value)

        files = {}
        for name, get_state in self._service_states().items():
            file_name = f"{name}.json"
            try:
                state = get_state()
                wrapped = {"__ministack_format__": persistence._state_format_version(name), "payload": state}
                data = json.dumps(wrapped, default=encode).encode()
            except Exception as error:  # noqa: BLE001 - one service's defect must not cost the others their state
                problem = (
                    f"state of {name} cannot be saved, keeping its last: {type(error).__name__}: {error}\n"
                )
                os.write(2, problem.encode())
                last = checkpoints.newest_file(self._root, file_name)
                if last is not None:
                    files[file_name] = last
                continue
            if state is not None:
                files[file_name] = data
        return files


def load_newest(root: Path, blobs: checkpoints.BlobStore) -> checkpoints.Checkpoint | None:
    """Make MiniStack load the newest usable generation, and keep code beside the generations."""
    from ministack import app as ministack
    from ministack.core import persistence
    from ministack.services import lambda_svc

    def say(message: str) -> None:
        logger.warning("%s", message)

    def restore(value: dict[str, Any]) -> object:
        return blobs.get(value[BLOB]) if BLOB in value else persistence._json_object_hook(value)

    def load_state(service: str) -> object:
        path = checkpoint.path / f"{service}.json" if checkpoint is not None else None
        if path is None or not path.exists():
            return None
        return json.loads(path.read_bytes(), object_hook=restore)["payload"]

    checkpoint = checkpoints.newest_usable(root, say=say)
    ministack.load_state = load_state
    # MiniStack would delete code that only an earlier generation names; BlobStore.prune knows them all.
    lambda_svc._prune_orphan_code_blobs = lambda _referenced: None
    return checkpoint


def use_function_interpreter(python: str) -> None:
    """Python functions run in the environment of AWS's runtime instead of MiniStack's."""
    from ministack.core import lambda_runtime

    detect = lambda_runtime._detect_runtime_binary

    def detect_runtime_binary(runtime: str) -> tuple[str, str]:
        binary, script = detect(runtime)
        if runtime.startswith("python"):
            if runtime != f"python{sys.version_info.major}.{sys.version_info.minor}":
                raise RuntimeError(f"the local cloud runs python3.11 functions only, not {runtime}")
            return python, script
        return binary, script

    lambda_runtime._detect_runtime_binary = detect_runtime_binary


def remove_leftovers(folder: Path) -> None:
    """Folders of workers that were killed with the last MiniStack."""
    for path in folder.glob("ministack-lambda-*"):
        shutil.rmtree(path, ignore_errors=True)


class CheckpointingApp:
    """MiniStack's ASGI application, plus `POST /_openbml/checkpoint` and `GET /_openbml/status`."""

    def __init__(
        self, app: Callable[[Scope, Receive, Send], Awaitable[None]], status: dict[str, Any]
    ) -> None:
        self._app = app
        self._status = status
        self.saver: StateSaver | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/_openbml/"):
            await self._answer(scope, send)
        else:
            await self._app(scope, receive, send)

    async def _answer(self, scope: Scope, send: Send) -> None:
        status = 404
        body: dict[str, Any] = {"message": "no such route"}
        if scope["path"] == "/_openbml/status" and scope["method"] == "GET":
            status, body = 200, self._status
        elif scope["path"] == "/_openbml/checkpoint" and scope["method"] == "POST" and self.saver is not None:
            try:
                status, body = 200, {"seconds": round(await self.saver.save(), 3)}
            except CheckpointFailedError as error:
                status, body = 500, {"message": str(error)}
        data = json.dumps(body).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(data)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": data})


def stack_is_changing() -> bool:
    """A stack caught half-way could never be finished: its deploy dies with the process."""
    formation = sys.modules.get("ministack.services.cloudformation")
    stacks = formation._stacks._data.values() if formation is not None else ()
    return any(str(stack.get("StackStatus", "")).endswith("_IN_PROGRESS") for stack in list(stacks))


async def save_periodically(saver: StateSaver, logs: Path, stopping: asyncio.Event) -> None:
    deferred = 0
    while not stopping.is_set():
        try:
            await asyncio.wait_for(stopping.wait(), timeout=SAVE_INTERVAL_S)
        except TimeoutError:
            rotation.rotate_all(logs)
            if stack_is_changing() and (deferred := deferred + 1) <= DEFERRALS:
                continue
            deferred = 0
            try:
                logger.debug("state saved in %.2f s", await saver.save())
            except CheckpointFailedError as error:
                logger.error("%s", error)  # noqa: TRY400 - the copy has written the cause


async def serve(port: int, root: Path, logs: Path) -> None:
    from hypercorn.asyncio import serve as hypercorn_serve  # type: ignore[import-not-found]  # MiniStack's
    from hypercorn.config import Config  # type: ignore[import-not-found]  # MiniStack's
    from ministack import app as ministack

    blobs = checkpoints.BlobStore(Path(os.environ["STATE_DIR"]) / "lambda-blobs")
    checkpoint = load_newest(root, blobs)
    running = root / "RUNNING"
    unclean = running.exists()
    root.mkdir(parents=True, exist_ok=True)
    running.touch()
    status = {
        "version": MINISTACK_VERSION,
        "restored": checkpoint.number if checkpoint else None,
        # The last run did not end with a save: up to a minute of changes may be missing.
        "unclean": unclean,
    }
    ministack.save_all = lambda _services: None  # saved below, after the last request
    application = CheckpointingApp(ministack.app, status)
    application.saver = saver = StateSaver(root, blobs, ministack._build_persistence_save_dict)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopping.set)
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 5
    config.loglevel = os.environ.get("LOG_LEVEL", "WARNING")
    periodic = asyncio.create_task(save_periodically(saver, logs, stopping))
    await hypercorn_serve(application, config, shutdown_trigger=stopping.wait)
    stopping.set()
    await periodic
    await saver.save()
    running.unlink()


def main() -> None:
    # The interpreter that functions get must not find our packages.
    for name in ("PYTHONPATH", "PYTHONHOME"):
        os.environ.pop(name, None)
    logging.basicConfig(
        level=os.environ.get("LOG_LEVEL", "WARNING"), format="%(asctime)s %(levelname)s %(message)s"
    )
    logger.setLevel(logging.INFO)
    found = importlib.metadata.version("ministack")
    if found != MINISTACK_VERSION:
        sys.exit(f"MiniStack {found} is installed, this launcher is written for {MINISTACK_VERSION}")
    root, logs, python, port = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    use_function_interpreter(python)
    nested_stacks.correct()
    host_names.accept_aws_names()
    permission_checks.correct()
    warm_workers.correct(Path(os.environ["TMPDIR"]).parent / "extracted")
    remove_leftovers(Path(os.environ["TMPDIR"]))
    try:
        asyncio.run(serve(port, root, logs))
    except checkpoints.NoUsableCheckpointError as error:
        sys.exit(f"STATE: {error}")
    except CheckpointFailedError as error:
        sys.exit(f"the last save failed: {error}")


if __name__ == "__main__":
    main()
