"""The HTTP side of a server of models: `GET /ping`, `POST /invocations`, an application's other pages."""

import logging
import signal
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import FrameType
from typing import Any, Protocol

from openbml_kit.script_serving.functions import Reply, Request
from openbml_kit.script_serving.pool import WorkerPool
from openbml_kit.script_serving.replies import error_reply

_MOST_DISCARDED = (
    64 * 1024 * 1024
)  # a refused body is read up to here: clients read no answer while they send
_BLOCK = 1 << 20
_DRAIN_S = 30.0

_log = logging.getLogger("openbml_kit.serving")


class BodyError(Exception):
    """The body cannot be taken; `status` is what HTTP says about it."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Application(Protocol):
    """What a server answers.

    Attributes:
        max_body_bytes: of a request; None: no limit.
        pages: bodies of further pages that `GET` shows.
    """

    @property
    def max_body_bytes(self) -> int | None: ...

    @property
    def pages(self) -> Mapping[str, bytes]: ...

    @property
    def is_ready(self) -> bool: ...

    def answer(self, request: Request) -> Reply: ...

    def refuse(self, error: BodyError, content_type: str) -> Reply: ...


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 75
    server: "FrontServer"

    def do_GET(self) -> None:
        application = self.server.application
        if self.path == "/ping":
            self._answer(Reply(200 if application.is_ready else 503, "application/json", b""))
        elif (page := application.pages.get(self.path)) is not None:
            self._answer(Reply(200, "application/json", page))
        else:
            self._answer(self._unknown_page())

    def do_POST(self) -> None:
        if self.path != "/invocations":
            self._answer(self._unknown_page())
            return
        content_type = self.headers.get("Content-Type") or ""
        try:
            body = self._body()
        except BodyError as error:
            self.close_connection = True
            self._answer(self.server.application.refuse(error, content_type))
            return
        request = Request(
            body=body,
            content_type=content_type,
            accept=self.headers.get("Accept") or "",
            headers=dict(self.headers.items()),
        )
        with self.server.in_flight():
            self._answer(self.server.application.answer(request))

    def _unknown_page(self) -> Reply:
        names = ["/ping", "/invocations", *self.server.application.pages]
        return error_reply(404, f"there are {', '.join(names)}")

    def _body(self) -> bytes:
        limit = self.server.application.max_body_bytes
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


class FrontServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def __init__(self, host: str, port: int, application: Application) -> None:
        self.application = application
        self._in_flight = 0
        self._idle = threading.Condition()
        super().__init__((host, port), Handler)

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
    def __init__(self, server: FrontServer) -> None:
        self._server = server

    def __enter__(self) -> None:
        self._server.count(1)

    def __exit__(self, *_: object) -> None:
        self._server.count(-1)


def serve_until_stopped(server: FrontServer, pool: WorkerPool[Any, Any], *, timeout_s: float) -> int:
    """Serve until SIGTERM and answer what is in flight then; 1 when the model cannot be set up."""
    ended = threading.Event()

    def stop(_: int, __: FrameType | None) -> None:
        ended.set()

    signal.signal(signal.SIGTERM, stop)
    with server:
        listener = threading.Thread(target=server.serve_forever, daemon=True)
        listener.start()
        pool.open()
        while not ended.wait(0.2) and not pool.failed.is_set():
            pool.tend()
        server.shutdown()
        server.wait_until_idle(min(timeout_s, _DRAIN_S))
        pool.close()
    return 1 if pool.failed.is_set() else 0
