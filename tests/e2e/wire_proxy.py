"""Between the installation and its engine: every call goes through and its reply is checked strictly."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import botocore.session

from tests.contract.sagemaker_local.wire import check_control, check_runtime

_MODELS = {
    name: botocore.session.Session().get_service_model(name) for name in ("sagemaker", "sagemaker-runtime")
}
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}
_TIMEOUT_S = 70


@dataclass
class Recording:
    """What was called, and what about it was wrong."""

    url: str
    calls: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    engine_port: int
    recording: Recording

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        connection = HTTPConnection("127.0.0.1", self.engine_port, timeout=_TIMEOUT_S)
        try:
            connection.request(self.command, self.path, body=body, headers=dict(self.headers))
            reply = connection.getresponse()
            content = reply.read()
        except (
            OSError,
            HTTPException,
        ):  # the engine was killed: the caller must see that
            self.close_connection = True
            return
        finally:
            connection.close()
        self._check({"status_code": reply.status, "headers": reply.headers, "body": content})
        self.send_response(reply.status)
        for name, value in reply.getheaders():
            if name.lower() not in _HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self) -> None:
        self._pass_on()

    def do_POST(self) -> None:
        self._pass_on()

    def _check(self, reply: dict[str, Any]) -> None:
        target = self.headers.get("X-Amz-Target", "")
        if target.startswith("SageMaker."):
            operation = target.partition(".")[2]
            problems = check_control(_MODELS["sagemaker"].operation_model(operation), reply)
        elif self.path.endswith("/invocations"):
            operation = "InvokeEndpoint"
            problems = check_runtime(_MODELS["sagemaker-runtime"].operation_model(operation), reply)
        else:
            return
        self.recording.calls[operation] += 1
        self.recording.problems += [f"{operation}: {problem}" for problem in problems]

    def log_message(self, *_: object) -> None:
        return


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


@contextmanager
def recording_proxy(engine_port: int, listen_port: int) -> Iterator[Recording]:
    recording = Recording(f"http://127.0.0.1:{listen_port}")
    handler = type("Handler", (_Handler,), {"engine_port": engine_port, "recording": recording})
    server = _Server(("127.0.0.1", listen_port), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield recording
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
