"""What CloudFront is in an account, the gateway is on a laptop: one address before console and APIs."""

import asyncio
import logging
import re
import signal
import sys
from http import HTTPStatus
from pathlib import Path

from aiohttp import (
    ClientConnectionError,
    ClientSession,
    ClientTimeout,
    ClientWebSocketResponse,
    TCPConnector,
    WSMsgType,
    WSServerHandshakeError,
    web,
)
from multidict import CIMultiDict
from pydantic import ValidationError
from yarl import URL

from openbml_catalog.errors import control_error
from openbml_local.routes import Route, Routes, Target, pattern_expression
from openbml_local.settings import HOST

logger = logging.getLogger("openbml.gateway")

HOP_BY_HOP = frozenset(
    ("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer",
     "transfer-encoding", "upgrade")
)  # fmt: skip
# AWS answers a console's direct uploads and image requests under its own domain, MiniStack under its port:
# a directive that admits the one admits the other here.
AWS_DOMAIN = "amazonaws.com"


class RouteTable:
    """Reads the routes again whenever a deploy has replaced the file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read_at = -1
        self._routes: list[tuple[re.Pattern[str], Route]] = []
        self.distribution = ""

    def find(self, path: str) -> Route | None:
        """The first behaviour whose pattern fits; None while nothing is deployed."""
        self._refresh()
        return next((route for expression, route in self._routes if expression.match(path)), None)

    def _refresh(self) -> None:
        try:
            changed_at = self._path.stat().st_mtime_ns
        except FileNotFoundError:
            return
        if changed_at == self._read_at:
            return
        try:
            routes = Routes.model_validate_json(self._path.read_bytes())
        except ValidationError:
            logger.exception("routes cannot be read; the earlier ones stay")
            return
        self._routes = [(pattern_expression(route.pattern), route) for route in routes.routes]
        self.distribution = routes.distribution_domain.split(".", 1)[0]
        self._read_at = changed_at


def localised(headers: dict[str, str], *, endpoint: str) -> dict[str, str]:
    """Response headers as a browser needs them here: plain http, S3 on MiniStack's port."""
    changed = {name: value for name, value in headers.items() if name.lower() != "strict-transport-security"}
    for name, value in changed.items():
        if name.lower() == "content-security-policy":
            changed[name] = localised_policy(value, endpoint=endpoint)
    return changed


def localised_policy(policy: str, *, endpoint: str) -> str:
    directives = [directive.strip() for directive in policy.split(";") if directive.strip()]
    kept = [directive for directive in directives if directive != "upgrade-insecure-requests"]
    return "; ".join(
        f"{directive} {endpoint}" if AWS_DOMAIN in directive else directive for directive in kept
    )


class Gateway:
    def __init__(self, table: RouteTable, *, ministack_port: int, session: ClientSession) -> None:
        self._table = table
        self._port = ministack_port
        self._endpoint = f"http://{HOST}:{ministack_port}"
        self._session = session

    async def handle(self, request: web.Request) -> web.StreamResponse:
        raw_path = request.raw_path.partition("?")[0]
        route = self._table.find(raw_path)
        if route is None:
            return problem(503, "NotDeployed", "Nothing is deployed yet. Run: bml up")
        try:
            if route.target.kind == "websocket":
                return await self._websocket(request, route.target, raw_path)
            return await self._forward(request, route, raw_path)
        except WSServerHandshakeError as error:
            return problem(error.status, "ConnectionRefused", "The live connection was refused.")
        except ClientConnectionError as error:
            logger.warning("origin of %s is unreachable: %s", route.pattern, error)
            return problem(502, "OriginUnreachable", "MiniStack does not answer. Run: bml status")
        except TimeoutError:
            return problem(504, "OriginTimeout", "MiniStack did not answer in time. See: bml logs ministack")

    def _address(self, target: Target, raw_path: str, query: str) -> URL:
        if target.kind == "rest":
            path = f"/restapis/{target.api_id}{target.origin_path}/_user_request_{raw_path}"
        elif target.kind == "websocket":
            path = f"/_aws/execute-api/{target.api_id}{target.origin_path}{raw_path}"
        else:
            path = raw_path
        return URL(f"{self._endpoint}{path}{'?' + query if query else ''}", encoded=True)

    def _request_headers(self, request: web.Request, target: Target) -> "CIMultiDict[str]":
        headers = CIMultiDict(
            (name, value) for name, value in request.headers.items() if name.lower() not in HOP_BY_HOP
        )
        label = f"{self._table.distribution}.cloudfront.localhost"
        headers["Host"] = f"{label if target.kind == 'edge' else HOST}:{self._port}"
        forwarded = request.headers.get("X-Forwarded-For")
        client = request.remote or HOST
        headers["X-Forwarded-For"] = f"{forwarded}, {client}" if forwarded else client
        headers["X-Forwarded-Host"] = request.host
        # CloudFront speaks https to viewers; the edge would redirect plain http.
        headers["X-Forwarded-Proto"] = "https" if target.kind == "edge" else request.scheme
        return headers

    async def _forward(self, request: web.Request, route: Route, raw_path: str) -> web.StreamResponse:
        target = route.target
        query = request.raw_path.partition("?")[2]
        async with self._session.request(
            request.method,
            self._address(target, raw_path, query),
            headers=self._request_headers(request, target),
            data=request.content if request.can_read_body else None,
            allow_redirects=False,
        ) as reply:
            headers = CIMultiDict(
                (name, value) for name, value in reply.headers.items() if name.lower() not in HOP_BY_HOP
            )
            if target.kind == "edge":
                own = localised(dict(headers), endpoint=self._endpoint)
                for name in set(headers) - set(own):
                    del headers[name]
                headers.update({k: v for k, v in own.items() if k.lower() == "content-security-policy"})
            else:
                headers.update(localised(route.headers, endpoint=self._endpoint))
            headers.setdefault("Server", "OpenBML gateway")
            if reply.content_length is not None and reply.content_length <= 1 << 20:
                body = await reply.read()
                if target.kind == "rest" and reply.status == HTTPStatus.UNAUTHORIZED:
                    return not_signed_in(body)
                if request.method != "HEAD":
                    headers.popall("Content-Length", None)
                    return web.Response(status=reply.status, headers=headers, body=body)
            response = web.StreamResponse(status=reply.status, headers=headers)
            await response.prepare(request)
            async for chunk in reply.content.iter_any():
                await response.write(chunk)
            await response.write_eof()
            return response

    async def _websocket(self, request: web.Request, target: Target, raw_path: str) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return problem(426, "UpgradeRequired", "This address takes WebSocket connections only.")
        protocols = tuple(
            name.strip()
            for name in request.headers.get("Sec-WebSocket-Protocol", "").split(",")
            if name.strip()
        )
        headers = self._request_headers(request, target)
        for name in [name for name in headers if name.lower().startswith("sec-websocket-")]:
            del headers[name]
        query = request.raw_path.partition("?")[2]
        async with self._session.ws_connect(
            self._address(target, raw_path, query), headers=headers, protocols=protocols, max_msg_size=0
        ) as origin:
            viewer = web.WebSocketResponse(
                protocols=(origin.protocol,) if origin.protocol else (), max_msg_size=0, heartbeat=30
            )
            await viewer.prepare(request)
            await _join(viewer, origin)
            return viewer


async def _join(viewer: web.WebSocketResponse, origin: ClientWebSocketResponse) -> None:
    """Carry messages both ways until either side closes; the other is told the same code."""

    async def carry(
        source: web.WebSocketResponse | ClientWebSocketResponse,
        sink: web.WebSocketResponse | ClientWebSocketResponse,
    ) -> None:
        async for message in source:
            if message.type == WSMsgType.TEXT:
                await sink.send_str(message.data)
            elif message.type == WSMsgType.BINARY:
                await sink.send_bytes(message.data)
        await sink.close(code=source.close_code or 1000)

    tasks = [asyncio.create_task(carry(viewer, origin)), asyncio.create_task(carry(origin, viewer))]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    for task in done:
        if (error := task.exception()) is not None:
            logger.info("live connection ended: %s", error)


def not_signed_in(body: bytes) -> web.Response:
    """Answer as the template's gateway responses do, which MiniStack keeps but does not apply."""
    if b'"error"' in body:
        return web.Response(status=HTTPStatus.UNAUTHORIZED, body=body, content_type="application/json")
    row = control_error("NotSignedInError")
    error = {"code": row.code, "message": row.text({}), "details": {}, "request_id": ""}
    return web.json_response({"error": error}, status=HTTPStatus.UNAUTHORIZED)


def problem(status: int, code: str, message: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message}}, status=status)


async def health(_request: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


async def serve(routes: Path, port: int, ministack_port: int) -> None:
    stopping = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopping.set)
    connector = TCPConnector(limit=0, keepalive_timeout=60)
    # An origin may take API Gateway's 29 s; an upload or a download may take as long as it flows.
    timeout = ClientTimeout(total=None, sock_connect=5, sock_read=60)
    async with ClientSession(
        connector=connector,
        timeout=timeout,
        auto_decompress=False,
        skip_auto_headers=("Accept-Encoding", "User-Agent", "Content-Type"),
    ) as session:
        gateway = Gateway(RouteTable(routes), ministack_port=ministack_port, session=session)
        application = web.Application(client_max_size=0)
        application.router.add_get("/_gateway/health", health)
        application.router.add_route("*", "/{path:.*}", gateway.handle)
        runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=3)
        await runner.setup()
        await web.TCPSite(runner, HOST, port, reuse_address=True, backlog=4096).start()
        await stopping.wait()
        await runner.cleanup()


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))


if __name__ == "__main__":
    main()
