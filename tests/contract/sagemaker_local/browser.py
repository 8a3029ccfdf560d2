"""What a person's browser does with a notebook: follow a link, keep its cookie, run a cell."""

import asyncio
import json
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import Morsel, SimpleCookie
from typing import Any

import aiohttp


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def document(self) -> Any:
        return json.loads(self.body)


class _StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


@dataclass
class Browser:
    """Cookies go with every request, whatever their path: what may pass is for the engine to decide."""

    engine_url: str
    cookies: dict[str, "Morsel[str]"] = field(default_factory=dict)

    def request(self, method: str, url: str, body: Any = None, **headers: str) -> Answer:
        request = urllib.request.Request(
            url if url.startswith("http") else self.engine_url + url,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers=self._headers() | headers,
        )
        try:
            with urllib.request.build_opener(_StayHere).open(request, timeout=60) as reply:
                answer = Answer(reply.status, reply.headers, reply.read())
        except urllib.error.HTTPError as error:
            answer = Answer(error.code, error.headers, error.read())
        for line in answer.headers.get_all("Set-Cookie") or []:  # type: ignore[attr-defined]
            self.cookies |= SimpleCookie(line)
        return answer

    def get(self, url: str, **headers: str) -> Answer:
        return self.request("GET", url, **headers)

    def sign_in(self, authorized_url: str) -> str:
        """Follow a presigned URL; returns where it leads."""
        answer = self.get(authorized_url)
        assert answer.status == 302, answer.text
        return str(answer.headers["Location"])

    def start_kernel(self, base_url: str) -> str:
        answer = self.request("POST", f"{base_url}/api/kernels", {"name": "python3"})
        assert answer.status == 201, answer.text
        return str(answer.document["id"])

    def execute(self, base_url: str, kernel: str, code: str, *, until: str = "idle") -> str:
        """Run a cell until the kernel has a state; returns what it printed, and the state."""
        return asyncio.run(asyncio.wait_for(self._execute(base_url, kernel, code, until), 60))

    def run(self, base_url: str, code: str) -> str:
        return self.execute(base_url, self.start_kernel(base_url), code)

    def websocket_status(self, base_url: str, kernel: str, **headers: str) -> int:
        """The HTTP status that opening a kernel's WebSocket gets."""

        async def open_one() -> int:
            url = f"{self.engine_url}{base_url}/api/kernels/{kernel}/channels"
            async with aiohttp.ClientSession() as session:
                try:
                    async with session.ws_connect(url, headers=self._headers() | headers):
                        return 101
                except aiohttp.WSServerHandshakeError as error:
                    return error.status

        return asyncio.run(open_one())

    async def _execute(self, base_url: str, kernel: str, code: str, until: str) -> str:
        url = f"{self.engine_url}{base_url}/api/kernels/{kernel}/channels"
        header = {
            "msg_id": uuid.uuid4().hex,
            "msg_type": "execute_request",
            "session": uuid.uuid4().hex,
            "username": "",
            "version": "5.3",
        }
        content = {"code": code, "silent": False, "allow_stdin": False, "stop_on_error": True}
        message = {
            "header": header,
            "parent_header": {},
            "metadata": {},
            "content": content,
            "channel": "shell",
            "buffers": [],
        }
        printed = ""
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(url, headers=self._headers()) as socket,
        ):
            await socket.send_json(message)
            async for received in socket:
                reply = json.loads(received.data)
                state = reply["content"].get("execution_state")
                is_answer = reply["parent_header"].get("msg_id") == header["msg_id"]
                if state == until and (is_answer or until != "idle"):
                    return f"{printed}\n{state}"
                if not is_answer:
                    continue
                if reply["msg_type"] == "stream":
                    printed += reply["content"]["text"]
                if reply["msg_type"] == "error":
                    printed += f"{reply['content']['ename']}: {reply['content']['evalue']}"
        raise AssertionError(f"the WebSocket ended before the cell did; printed: {printed}")

    def _headers(self) -> dict[str, str]:
        if not self.cookies:
            return {}
        return {"Cookie": "; ".join(f"{name}={one.value}" for name, one in self.cookies.items())}
