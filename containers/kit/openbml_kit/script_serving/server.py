"""`GET /ping`, `POST /invocations`, `GET /execution-parameters`: the front of the workers."""

import json
import logging
import os
import signal
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FrameType

from openbml_kit.faults import Fault
from openbml_kit.requirements_overlay import install_requirements
from openbml_kit.script_serving.functions import Reply, Request
from openbml_kit.script_serving.pool import WorkerPool
from openbml_kit.script_serving.replies import error_reply
from openbml_kit.script_serving.settings import ScriptServingSettings
from openbml_kit.script_serving.worker import Worker
from openbml_kit.user_code import bring_code

_MOST_DISCARDED = (
    64 * 1024 * 1024
)  # a refused body is read up to here: clients read no answer while they send
_BLOCK = 1 << 20
_DRAIN_S = 30.0

_log = logging.getLogger("openbml_kit.serving")


class BodyError(Exception):
    """The body cannot be taken; `status` is what to answer."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 75
    server: "ScriptServer"

    def do_GET(self) -> None:
        if self.path == "/ping":
            self._answer(Reply(200 if self.server.pool.is_ready else 503, "application/json", b""))
        elif self.path == "/execution-parameters":
            self._answer(Reply(200, "application/json", self.server.execution_parameters))
        else:
            self._answer(error_reply(404, "there are /ping, /invocations and /execution-parameters"))

    def do_POST(self) -> None:
        if self.path != "/invocations":
            self._answer(error_reply(404, "there are /ping, /invocations and /execution-parameters"))
            return
        try:
            body = self._body()
        except BodyError as error:
            self.close_connection = True
            self._answer(error_reply(error.status, str(error)))
            return
        if not self.server.pool.has_been_ready:
            self._answer(error_reply(503, "the model is not ready"))
            return
        request = Request(
            body=body,
            content_type=self.headers.get("Content-Type") or "",
            accept=self.headers.get("Accept") or "",
            headers=dict(self.headers.items()),
        )
        with self.server.in_flight():
            self._answer(self.server.pool.answer(request))

    def _body(self) -> bytes:
        limit = self.server.settings.max_body_bytes
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return self._chunked_body(limit)
        text = self.headers.get("Content-Length") or "0"
        if not text.isdigit():
            raise BodyError(400, "Content-Length is no number")
        size = int(text)
        if limit is not None and size > limit:
            self._discard(min(size, _MOST_DISCARDED))
            raise BodyError(413, f"the body has {size} bytes, the limit is {limit}")
        body = self.rfile.read(size)
        if len(body) < size:
            raise BodyError(400, "the body is shorter than its Content-Length")
        return body

    def _chunked_body(self, limit: int | None) -> bytes:
        parts: list[bytes] = []
        total = 0
        while True:
            line = self.rfile.readline(1024).partition(b";")[0].strip()
            try:
                size = int(line, 16)
            except ValueError:
                raise BodyError(400, "a chunk's size is no number") from None
            if size < 0:
                raise BodyError(400, "a chunk's size is negative")
            if size == 0:
                while self.rfile.readline(1024).strip():
                    continue  # trailers
                return b"".join(parts)
            total += size
            if limit is not None and total > limit:
                raise BodyError(413, f"the body has more than {limit} bytes")
            chunk = self.rfile.read(size)
            if len(chunk) < size:
                raise BodyError(400, "the body ends within a chunk")
            parts.append(chunk)
            self.rfile.readline(8)

    def _discard(self, size: int) -> None:
        while size > 0 and (block := self.rfile.read(min(size, _BLOCK))):
            size -= len(block)

    def _answer(self, reply: Reply) -> None:
        self.send_response_only(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, *_: object) -> None:
        """Requests are not logged; what fails is logged by the worker."""


class ScriptServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def __init__(self, settings: ScriptServingSettings, pool: WorkerPool) -> None:
        self.settings = settings
        self.pool = pool
        self._in_flight = 0
        self._idle = threading.Condition()
        super().__init__((settings.host, settings.port), Handler)

    @property
    def execution_parameters(self) -> bytes:
        """What a batch job reads before it starts; SageMaker limits the product to 100 MB."""
        megabytes = self.settings.max_payload_mb
        most = max(1, 100 // megabytes) if megabytes else 1
        return json.dumps(
            {
                "MaxConcurrentTransforms": min(self.settings.workers, most),
                "BatchStrategy": self.settings.batch_strategy,
                "MaxPayloadInMB": megabytes,
            }
        ).encode()

    def in_flight(self) -> "_InFlight":
        return _InFlight(self)

    def count(self, change: int) -> None:
        with self._idle:
            self._in_flight += change
            self._idle.notify_all()

    def wait_until_idle(self, timeout_s: float) -> None:
        with self._idle:
            self._idle.wait_for(lambda: self._in_flight == 0, timeout_s)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no event; anything else is."""
        _log.debug("connection of %s ended", client_address, exc_info=True)


class _InFlight:
    def __init__(self, server: ScriptServer) -> None:
        self._server = server

    def __enter__(self) -> None:
        self._server.count(1)

    def __exit__(self, *_: object) -> None:
        self._server.count(-1)


def main(env: Mapping[str, str] = os.environ) -> int:
    """Serve until SIGTERM; 1 when the model cannot be set up."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    try:
        settings = ScriptServingSettings.from_env(env)
        code = _prepare_code(settings, env)
    except Fault as fault:
        _log.exception("%s: %s", fault.tag, fault)
        return 1
    pool = WorkerPool(
        lambda: Worker(settings.program, code, settings.model_folder, settings.default_accept),
        size=settings.workers,
        timeout_s=settings.timeout_s,
    )
    return _serve(settings, pool)


def _prepare_code(settings: ScriptServingSettings, env: Mapping[str, str]) -> Path:
    code = bring_code(settings.submit_directory, settings.places.code, env)
    overlay = install_requirements(code, settings.places.base / "tmp" / "user-packages", env)
    if overlay is not None:  # workers are processes of their own and read it from here
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(overlay), env.get("PYTHONPATH"))))
    return code


def _serve(settings: ScriptServingSettings, pool: WorkerPool) -> int:
    ended = threading.Event()

    def stop(_: int, __: FrameType | None) -> None:
        ended.set()

    signal.signal(signal.SIGTERM, stop)
    with ScriptServer(settings, pool) as server:
        listener = threading.Thread(target=server.serve_forever, daemon=True)
        listener.start()
        pool.open()
        while not ended.wait(0.2) and not pool.failed.is_set():
            continue
        server.shutdown()
        server.wait_until_idle(min(settings.timeout_s, _DRAIN_S))
        pool.close()
    return 1 if pool.failed.is_set() else 0
