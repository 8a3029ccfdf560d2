"""A worker: a process of its own that holds the model and answers one request at a time."""

import logging
import signal
import sys
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from openbml_kit.script_serving.functions import Reply, Request, UserFunctions, load_module, status_of
from openbml_kit.script_serving.pool import WorkerDiedError
from openbml_kit.script_serving.replies import error_reply

_log = logging.getLogger("openbml_kit.serving")


def run_worker(pipe: Connection, program: str, code: str, model: str, default_accept: str) -> None:
    """Load the model, say so, then answer requests until the pipe closes."""
    signal.signal(
        signal.SIGTERM, signal.SIG_IGN
    )  # the server ends its workers once their requests are answered
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    try:
        functions = UserFunctions(
            load_module(program, Path(code)), Path(model), default_accept=default_accept
        )
        functions.load()
    except Exception as error:  # noqa: BLE001 - whatever the user's code raises is told
        _log.exception("the model cannot be set up")
        pipe.send(f"{type(error).__name__}: {error}")
        sys.exit(1)
    pipe.send(None)
    while True:
        try:
            request: Request = pipe.recv()
        except EOFError:
            return
        pipe.send(_answer(functions, request))


def _answer(functions: UserFunctions, request: Request) -> Reply:
    try:
        return functions.answer(request)
    except Exception as error:  # noqa: BLE001 - one request's failure is its own
        _log.exception("the request failed")
        return error_reply(status_of(error), error)


class Worker:
    """The server's end of a worker process."""

    def __init__(self, program: str, code: Path, model: Path, default_accept: str) -> None:
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=run_worker, args=(theirs, program, str(code), str(model), default_accept), daemon=True
        )
        self._process.start()
        theirs.close()

    def wait_until_ready(self) -> str | None:
        """Return why the model cannot be set up, or None once it is."""
        try:
            reason: str | None = self._pipe.recv()
        except EOFError:
            self._process.join()
            return f"the worker ended with exit code {self._process.exitcode} before its model was there"
        return reason

    @property
    def is_alive(self) -> bool:
        return self._process.is_alive()

    @property
    def must_retire(self) -> bool:
        return False

    def ask(self, request: Request, timeout_s: float) -> Reply:
        try:
            self._pipe.send(request)
            if not self._pipe.poll(timeout_s):
                raise WorkerDiedError(f"the prediction took longer than {timeout_s:g} s")
            reply: Reply = self._pipe.recv()
        except (EOFError, OSError) as error:
            raise WorkerDiedError("the worker died while it predicted") from error
        return reply

    def end(self) -> None:
        self._pipe.close()
        self._process.join(timeout=1.0)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
