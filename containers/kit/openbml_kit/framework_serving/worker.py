"""`python -m openbml_kit.framework_serving.worker`: the process that holds a user's model and runs its code.

A call comes as its mark and the JSON body, and is answered with the same mark and a JSON document. Before the
first one the process says why the model cannot be set up, or nothing once it is.
"""

import logging
import os
import signal
import sys
import threading
import time
import traceback
from multiprocessing.connection import Connection
from pathlib import Path

import orjson

from openbml_kit.faults import Fault
from openbml_kit.framework_serving.answers import (
    GarbageError,
    RefusedError,
    error_document,
    refused,
    written,
)
from openbml_kit.framework_serving.loading import FrameworkHandler, load_framework

MARK_BYTES = 8
_REASON_CHARACTERS = 500
_LOOKS_S = 1.0

_log = logging.getLogger("openbml_kit.serving")


def main(folder: str, pipe_number: str, cores: str) -> int:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the server ends its workers once their calls are answered
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    threading.Thread(target=_end_with_the_server, args=(os.getppid(),), daemon=True).start()
    pipe = Connection(int(pipe_number))
    try:
        handler = load_framework(Path(folder), cores=int(cores))
        handler.warm_up()
    except Exception as error:  # noqa: BLE001 - whatever the user's code raises is told
        if not isinstance(error, Fault):  # a fault says it all
            _log.exception("the model cannot be set up")
        pipe.send_bytes(_one_line(error).encode())
        return 1
    pipe.send_bytes(b"")
    while True:
        try:
            message = pipe.recv_bytes()
        except EOFError:
            return 0
        pipe.send_bytes(message[:MARK_BYTES] + answer_body(handler, message[MARK_BYTES:]))


def answer_body(handler: FrameworkHandler, body: bytes) -> bytes:
    """Return the reply to a body that was checked to be a JSON object. A failure is one line of the log."""
    try:
        return written(handler.answer(orjson.loads(body)))
    except RefusedError as error:
        return written(error_document(error))
    except GarbageError as error:
        _log.error("a call failed: %s", error)
    except Exception as error:  # noqa: BLE001 - one call's failure is its own
        _log.error("a call failed: %s%s", _one_line(error), _place(error))
    return written(error_document(refused("internal")))


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return (text if isinstance(error, Fault) else f"{type(error).__name__}: {text}")[:_REASON_CHARACTERS]


def _place(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""


def _end_with_the_server(server: int) -> None:
    """A call that hangs does not notice that the server is gone."""
    while os.getppid() == server:
        time.sleep(_LOOKS_S)
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
