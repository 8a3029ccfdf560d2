"""The way from a browser to the app of a space: HTTP and WebSocket, for signed-in users only.

The app trusts whoever shows its token, and this proxy shows it for every request; so what browsers send on
behalf of other sites is refused here. Session cookies stay here and the app's own sign-in cookie stays there.
"""

import asyncio
import time
import urllib.parse
from collections.abc import Iterable
from http import HTTPStatus

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from sagemaker_local.studio import pages
from sagemaker_local.studio.app_server import Upstream
from sagemaker_local.studio.sessions import is_session_cookie

_MAX_MESSAGE_BYTES = 256 * 1024 * 1024  # of a kernel: outputs travel as one message
_CONNECT = aiohttp.ClientTimeout(total=None, sock_connect=5.0)
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_HOP_BY_HOP = {
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}
_NOT_SENT = _HOP_BY_HOP | {"host", "authorization", "cookie", "origin", "referer"}
_APP_SESSION_COOKIE = "username-"  # Jupyter's
_ABNORMAL = 1006  # says that there was no closing code, and may not be sent


def is_websocket(request: web.Request) -> bool:
    return request.headers.get("Upgrade", "").lower() == "websocket"


def comes_from_another_site(request: web.Request) -> bool:
    """Whether a browser sent this for a page of another origin and it could change or read something."""
    if request.method in _SAFE_METHODS and not is_websocket(request):
        return False
    origin = request.headers.get("Origin")
    if origin is not None:
        return urllib.parse.urlsplit(origin).netloc != request.host
    return request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin")


class AppProxy:
    def __init__(self) -> None:
        self._sockets: set[web.WebSocketResponse] = set()

    async def forward(
        self, request: web.Request, upstream: Upstream, http: aiohttp.ClientSession, expires_at: float
    ) -> web.StreamResponse:
        """Pass a request on that was found allowed. A WebSocket ends with its session."""
        if not request.raw_path.startswith("/studio/"):
            return web.Response(status=HTTPStatus.BAD_REQUEST, text="the request target must be a path")
        url = URL(upstream.address + request.raw_path, encoded=True)
        try:
            if is_websocket(request):
                return await self._websocket(request, url, upstream, http, expires_at)
            return await _http(request, url, upstream, http)
        except (aiohttp.ClientConnectorError, aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
            return pages.not_running("Pending")  # it ended just now and is started again

    async def close(self) -> None:
        sockets = list(self._sockets)
        await asyncio.gather(
            *(one.close(code=aiohttp.WSCloseCode.GOING_AWAY) for one in sockets), return_exceptions=True
        )

    async def _websocket(
        self,
        request: web.Request,
        url: URL,
        upstream: Upstream,
        http: aiohttp.ClientSession,
        expires_at: float,
    ) -> web.StreamResponse:
        try:
            connection = http.ws_connect(
                url,
                headers=_handshake_headers(request, upstream),
                protocols=_offered_protocols(request),
                max_msg_size=_MAX_MESSAGE_BYTES,
                autoping=False,
            )
            async with connection as inner:
                outer = web.WebSocketResponse(
                    protocols=[inner.protocol] if inner.protocol else [],
                    max_msg_size=_MAX_MESSAGE_BYTES,
                    autoping=False,
                    compress=False,
                )
                await outer.prepare(request)
                self._sockets.add(outer)
                try:
                    await _join(outer, inner, expires_at - time.time())
                finally:
                    self._sockets.discard(outer)
                return outer
        except aiohttp.WSServerHandshakeError as error:
            return web.Response(status=error.status, text=error.message)


def _offered_protocols(request: web.Request) -> list[str]:
    offered = request.headers.get("Sec-WebSocket-Protocol", "").split(",")
    return [one.strip() for one in offered if one.strip()]


def _handshake_headers(request: web.Request, upstream: Upstream) -> dict[str, str]:
    sent = _sent_headers(request, upstream).items()
    return {name: value for name, value in sent if not name.lower().startswith("sec-websocket-")}


async def _http(
    request: web.Request, url: URL, upstream: Upstream, http: aiohttp.ClientSession
) -> web.StreamResponse:
    async with http.request(
        request.method,
        url,
        headers=_sent_headers(request, upstream),
        data=request.content.iter_any() if request.body_exists else None,
        allow_redirects=False,
        timeout=_CONNECT,
    ) as inner:
        outer = web.StreamResponse(status=inner.status, reason=inner.reason)
        for name, value in inner.headers.items():
            is_app_session = name.lower() == "set-cookie" and value.startswith(_APP_SESSION_COOKIE)
            if name.lower() not in _HOP_BY_HOP and not is_app_session:
                outer.headers.add(name, value)
        await outer.prepare(request)
        try:
            async for chunk in inner.content.iter_any():
                await outer.write(chunk)
        except aiohttp.ClientError:
            if request.transport is not None:
                request.transport.abort()  # the reader must see that the rest is missing
            return outer
        await outer.write_eof()
        return outer


def _sent_headers(request: web.Request, upstream: Upstream) -> CIMultiDict[str]:
    named_by_connection = {one.strip().lower() for one in request.headers.get("Connection", "").split(",")}
    headers = CIMultiDict(
        (name, value)
        for name, value in request.headers.items()
        if name.lower() not in _NOT_SENT | named_by_connection
    )
    cookies = _other_cookies(request.headers.getall("Cookie", []))
    if cookies:
        headers["Cookie"] = cookies
    headers["Authorization"] = upstream.authorization
    return headers


def _other_cookies(lines: Iterable[str]) -> str:
    pairs = [pair.strip() for line in lines for pair in line.split(";")]
    return "; ".join(pair for pair in pairs if pair and not is_session_cookie(pair))


async def _join(outer: web.WebSocketResponse, inner: aiohttp.ClientWebSocketResponse, left_s: float) -> None:
    """Until one side closes, or the session of the user ends."""
    copies = {asyncio.create_task(_copy(outer, inner)), asyncio.create_task(_copy(inner, outer))}
    try:
        done, _ = await asyncio.wait(copies, timeout=left_s, return_when=asyncio.FIRST_COMPLETED)
        if not done:
            await outer.close(code=aiohttp.WSCloseCode.POLICY_VIOLATION, message=b"the session has ended")
    finally:
        for task in copies:
            task.cancel()
        await asyncio.gather(*copies, return_exceptions=True)
    code = inner.close_code if inner.closed else None
    await outer.close(code=code if code is not None and code != _ABNORMAL else aiohttp.WSCloseCode.OK)
    await inner.close()


async def _copy(
    source: web.WebSocketResponse | aiohttp.ClientWebSocketResponse,
    target: web.WebSocketResponse | aiohttp.ClientWebSocketResponse,
) -> None:
    async for message in source:
        if message.type == aiohttp.WSMsgType.TEXT:
            await target.send_str(message.data)
        elif message.type == aiohttp.WSMsgType.BINARY:
            await target.send_bytes(message.data)
        elif message.type == aiohttp.WSMsgType.PING:
            await target.ping(message.data)
        elif message.type == aiohttp.WSMsgType.PONG:
            await target.pong(message.data)
        else:
            return
