"""Routes of the engine itself, below ``/_local/``; all but health and credentials need the token."""

import asyncio
import hmac
import logging
import os
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

from sagemaker_local.core import Core, Part
from sagemaker_local.operator.admin_client import TOKEN_HEADER
from sagemaker_local.operator.state import engine_state
from sagemaker_local.state import outbox, processes
from sagemaker_local.storage.roles import RoleError, RolesUnavailable

_STATUS_PAGE = Path(__file__).parent / "operator" / "status.html"
_PAGE_POLICY = (
    "default-src 'none'; connect-src 'self'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_JANITOR_EVERY_S = 300.0
_KEEP_LOGS_S = 24 * 3600.0
_UNFINISHED = ("InProgress", "Stopping")

logger = logging.getLogger(__name__)
Route = Callable[[web.Request], Awaitable[web.Response]]


class AdminRoutes:
    def __init__(self, core: Core, parts: Sequence[Part], token: str) -> None:
        self._core = core
        self._parts = parts
        self._token = token

    def add_to(self, app: web.Application) -> None:
        app.router.add_get("/_local/health", self.health)
        app.router.add_get("/_local/credentials/{process_id}", self.credentials)
        app.router.add_get("/_local/status", self.status_page)
        app.router.add_get("/_local/state", self._guarded(self.state))
        app.router.add_post("/_local/resend-events", self._guarded(self.resend_events))
        app.router.add_post("/_local/gc", self._guarded(self.collect_garbage))
        if self._core.settings.test_hooks:
            app.router.add_post("/_local/faults/crash-before-commit", self._guarded(self.crash_before_commit))
            app.router.add_post("/_local/faults/crash", self._guarded(self.crash))
            for part in self._parts:
                for path, hook in part.fault_hooks().items():
                    app.router.add_post(f"/_local/faults/{path}", self._guarded(hook))

    def _guarded(self, route: Route) -> Route:
        async def checked(request: web.Request) -> web.Response:
            if not hmac.compare_digest(request.headers.get(TOKEN_HEADER, ""), self._token):
                return web.json_response({"message": "the admin token is missing or wrong"}, status=403)
            return await route(request)

        return checked

    async def health(self, _: web.Request) -> web.Response:
        unsent = await self._core.database.read(outbox.unsent_count)
        return web.json_response(
            {"status": "ok", "mode": self._core.mode, "pid": os.getpid(), "unsent_events": unsent}
        )

    async def credentials(self, request: web.Request) -> web.Response:
        """The role's credentials for the process that shows its own token (the container protocol)."""
        process_id = request.match_info["process_id"]
        record = await self._core.database.read(lambda connection: processes.get(connection, process_id))
        shown = request.headers.get("Authorization", "")
        if (
            record is None
            or record.state == "ended"
            or record.role_arn is None
            or not hmac.compare_digest(shown, record.credentials_token or "")
        ):
            return web.json_response({"code": "AccessDenied", "message": "no credentials here"}, status=403)
        try:
            found = await asyncio.to_thread(self._core.roles.get, record.role_arn)
        except (RoleError, RolesUnavailable) as error:
            return web.json_response({"code": "AssumeRoleFailed", "message": str(error)}, status=502)
        expires = datetime.fromtimestamp(found.expires_at or time.time() + 3600, UTC)
        return web.json_response(
            {
                "RoleArn": record.role_arn,
                "AccessKeyId": found.access_key_id,
                "SecretAccessKey": found.secret_access_key,
                "Token": found.session_token,
                "Expiration": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
        )

    async def state(self, request: web.Request) -> web.Response:
        return web.json_response(await engine_state(self._core, name=request.query.get("name")))

    async def status_page(self, _: web.Request) -> web.Response:
        """The page holds no data: its script asks for the state with the token of its address."""
        headers = {"Content-Security-Policy": _PAGE_POLICY, "Referrer-Policy": "no-referrer"}
        return web.Response(text=_STATUS_PAGE.read_text(), content_type="text/html", headers=headers)

    async def resend_events(self, request: web.Request) -> web.Response:
        """For an emulator that came back without its last minute: send again what it may have lost."""
        try:
            since = float((await request.json())["since"])
        except (ValueError, KeyError, TypeError):
            return web.json_response({"message": 'the body must be {"since": <epoch seconds>}'}, status=400)
        count = await self._core.database.run(lambda connection: outbox.resend_since(connection, since))
        return web.json_response({"events": count})

    async def collect_garbage(self, _: web.Request) -> web.Response:
        return web.json_response(await self._collect(0.0))

    async def crash_before_commit(self, _: web.Request) -> web.Response:
        self._core.database.die_before_next_commit()
        return web.json_response({})

    async def crash(self, _: web.Request) -> web.Response:
        os.kill(os.getpid(), signal.SIGKILL)
        return web.json_response({})

    async def janitor(self) -> None:
        while True:
            await asyncio.sleep(_JANITOR_EVERY_S)
            await self._collect(_KEEP_LOGS_S)

    async def _collect(self, keep_s: float) -> dict[str, int]:
        """Remove folders of ended processes whose logs are delivered, and artefacts nobody serves."""
        before = time.time() - keep_s
        old = await self._core.database.read(
            lambda connection: processes.removable(connection, started_before=before, unfinished=_UNFINISHED)
        )
        for record in old:
            await self._core.supervisor.forget(record)
        removed = {"processes": len(old)}
        for part in self._parts:
            removed |= await part.collect_garbage()
        return removed
