"""What browsers reach below ``/studio``: sign-in, the list of spaces, and the apps."""

import sqlite3
import urllib.parse

from aiohttp import web

from sagemaker_local.protocol.arns import APP, SPACE, USER_PROFILE
from sagemaker_local.state.database import Database
from sagemaker_local.studio import apps, pages
from sagemaker_local.studio.app_fleet import AppFleet
from sagemaker_local.studio.declared import Declared, all_below
from sagemaker_local.studio.pages import Link
from sagemaker_local.studio.proxy import AppProxy, comes_from_another_site
from sagemaker_local.studio.sessions import Sessions, may_use

_MAX_SHOWN = 200


class StudioRoutes:
    def __init__(self, database: Database, sessions: Sessions, fleet: AppFleet) -> None:
        self._database = database
        self._sessions = sessions
        self._fleet = fleet
        self._proxy = AppProxy()

    def add_to(self, app: web.Application) -> None:
        # Without HEAD: a program that only looks at a link must not use it up.
        app.router.add_get("/studio/{domain}/auth", self.sign_in, allow_head=False)
        app.router.add_get("/studio/{domain}", self.home)
        app.router.add_get("/studio/{domain}/", self.home)
        lab = "/studio/{domain}/spaces/{space}/jupyterlab/default"
        app.router.add_route("*", lab, self.app)
        app.router.add_route("*", lab + "/{rest:.*}", self.app)

    async def close(self) -> None:
        """End open WebSockets, which would keep the server from stopping."""
        await self._proxy.close()

    async def sign_in(self, request: web.Request) -> web.StreamResponse:
        found = await self._sessions.redeem(request.query.get("token", ""), request.match_info["domain"])
        if found is None:
            return pages.not_signed_in()
        cookie, landing_path = found
        reply = web.Response(
            status=302,
            headers={"Location": landing_path, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"},
        )
        reply.set_cookie(
            cookie.name,
            cookie.value,
            path=cookie.path,
            max_age=cookie.max_age_s,
            httponly=True,
            samesite="Lax",  # Strict would drop it on the way here from a console on another origin
            secure=request.secure,
        )
        return reply

    async def home(self, request: web.Request) -> web.StreamResponse:
        profile = await self._sessions.of_domain(request.cookies, request.match_info["domain"])
        if profile is None:
            return pages.not_signed_in()
        links = await self._database.read(lambda connection: _links(connection, profile))
        said = (
            f"Signed in as {profile.name}."
            if links
            else f"Signed in as {profile.name}; there is no space yet."
        )
        return pages.page(200, "Spaces", said, links=links)

    async def app(self, request: web.Request) -> web.StreamResponse:
        domain_id, space_name = request.match_info["domain"], request.match_info["space"]
        found = await self._sessions.of_space(request.cookies, domain_id, space_name)
        if found is None:
            return pages.not_signed_in()
        if comes_from_another_site(request):
            return pages.wrong_origin()
        session, space = found
        arn = _app_arn(space)
        upstream = self._fleet.upstream(arn)
        if upstream is None:
            app = await self._database.read(lambda connection: apps.load(connection, arn))
            return pages.not_running(app.status if app else "not created")
        return await self._proxy.forward(request, upstream, self._fleet.http, session.expires_at)


def _app_arn(space: Declared) -> str:
    return f"{space.arn.replace(f':{SPACE}/', f':{APP}/')}/jupyterlab/default"


def _links(connection: sqlite3.Connection, profile: Declared) -> list[Link]:
    prefix = profile.arn.replace(f":{USER_PROFILE}/", f":{SPACE}/").rsplit("/", 1)[0] + "/"
    spaces = [one for one in all_below(connection, SPACE, prefix) if may_use(profile, one)]
    links = []
    for space in spaces[:_MAX_SHOWN]:
        app = apps.load(connection, _app_arn(space))
        runs = app is not None and app.status in ("Pending", "InService")
        path = f"{apps.base_url(space.domain_id, space.name)}/lab" if runs else None
        note = (
            "" if app is not None and app.status == "InService" else "(starting)" if runs else "(not running)"
        )
        shown = str(space.request.get("SpaceDisplayName", space.name))
        links.append(Link(shown, urllib.parse.quote(path) if path else None, note))
    return links
