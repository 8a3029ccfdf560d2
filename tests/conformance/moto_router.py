"""Where moto's clients are sent: SageMaker's requests go on to the engine, all others to the emulator.

Every test begins in a region that nobody used before, in place of moto's reset. What moto's tests use and AWS
would refuse or answer otherwise is translated on the way, in both directions, and is listed here only:

- a role that is no IAM role (``arn:aws:sagemaker:...:x-x/foobar``) becomes one;
- the last part of an ARN is in small letters, as AWS writes it; moto keeps the case of the name.
"""

import http.client
import itertools
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_REGION = re.compile(r"\b((?:us|eu|ap)-[a-z]+-\d)\b")
_OWN_REGION = re.compile(r"\b((?:us|eu|ap)-[a-z]+-\d)9\d{3}\b")
_ROLE = re.compile(r"arn:aws:sagemaker:([a-z0-9-]+):(\d{12}):(x-x|[a-z-]+-role)/")
_OWN_ROLE = re.compile(r"arn:aws:iam::(\d{12}):role/from-([a-z0-9-]+)/(x-x|[a-z-]+-role)/")
_ARN = re.compile(r"(arn:aws:sagemaker:[a-z0-9-]+:\d{12}:[a-z-]+/)([A-Za-z0-9][A-Za-z0-9-]*)")
_NAME = re.compile(r'"[A-Za-z]*Name": ?"([A-Za-z0-9-]+)"')
_HOP_HEADERS = {"connection", "transfer-encoding", "content-length", "host"}


class Translation:
    """Of one test's requests and replies."""

    def __init__(self, run: int) -> None:
        self._run = run
        self._names: dict[str, str] = {}

    def request(self, text: str) -> str:
        self._names |= {name.lower(): name for name in _NAME.findall(text)}
        text = _REGION.sub(rf"\g<1>{self._run}", text)
        text = _ROLE.sub(r"arn:aws:iam::\2:role/from-\1/\3/", text)
        return _ARN.sub(lambda found: found[1] + found[2].lower(), text)

    def reply(self, text: str) -> str:
        text = _OWN_ROLE.sub(r"arn:aws:sagemaker:\2:\1:\3/", text)
        text = _OWN_REGION.sub(r"\1", text)
        return _ARN.sub(lambda found: found[1] + self._names.get(found[2], found[2]), text)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "_Server"

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/moto-api/reset":
            self.server.begin_test()
            self._answer(200, {}, b"{}")
        elif "/sagemaker/" in self.headers.get("Authorization", ""):
            self._translated(body)
        else:
            self._answer(*self._passed_on(self.server.emulator, self._headers(), body))

    def _headers(self) -> dict[str, str]:
        return {name: value for name, value in self.headers.items() if name.lower() not in _HOP_HEADERS}

    def _translated(self, body: bytes) -> None:
        way = self.server.translation
        headers = {name: way.request(value) for name, value in self._headers().items()}
        status, found, reply = self._passed_on(
            self.server.engine, headers, way.request(body.decode()).encode()
        )
        self._answer(status, found, way.reply(reply.decode()).encode())

    def _passed_on(
        self, address: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=70)
        try:
            connection.request(self.command, self.path, body, dict(headers))
            reply = connection.getresponse()
            return reply.status, dict(reply.getheaders()), reply.read()
        finally:
            connection.close()

    def _answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in _HOP_HEADERS:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, engine: str, emulator: str) -> None:
        self.engine, self.emulator = engine, emulator
        self._runs = itertools.count(9001)
        self.begin_test()
        super().__init__(("127.0.0.1", 0), _Handler)

    def begin_test(self) -> None:
        self.translation = Translation(next(self._runs))


@contextmanager
def router(engine: str, emulator: str) -> Iterator[str]:
    with _Server(engine, emulator) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
