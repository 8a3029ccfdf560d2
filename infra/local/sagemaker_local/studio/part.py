"""Studio as a part of the engine: domains, spaces, images, apps and the way to them."""

from collections.abc import Mapping

from aiohttp import web

from sagemaker_local.core import Core, Part
from sagemaker_local.protocol.control import Handler
from sagemaker_local.studio.app_fleet import AppFleet
from sagemaker_local.studio.app_image_configs import AppImageConfigOperations
from sagemaker_local.studio.app_operations import AppOperations
from sagemaker_local.studio.domains import DomainOperations, UserProfileOperations
from sagemaker_local.studio.home_folders import HomeFolders
from sagemaker_local.studio.image_operations import ImageOperations
from sagemaker_local.studio.listing import Lists
from sagemaker_local.studio.presigned import PresignedUrlOperation
from sagemaker_local.studio.routes import StudioRoutes
from sagemaker_local.studio.sessions import SessionCookies, Sessions
from sagemaker_local.studio.spaces import SpaceOperations


class StudioPart(Part):
    def __init__(self, core: Core) -> None:
        database, url = core.database, core.settings.url
        homes = HomeFolders(core.settings.state_dir / "homes")
        lists = Lists(core.listings)
        # A new admin token ends all sessions; it is what an operator changes when anything leaked.
        cookies = SessionCookies(core.settings.token_file.read_bytes().strip())
        sessions = Sessions(database, cookies)
        self._fleet = AppFleet(core, homes)
        self._spaces = SpaceOperations(database, lists, homes, url)
        self._routes = StudioRoutes(database, sessions, self._fleet)
        self._operations = (
            DomainOperations(database, lists, url),
            UserProfileOperations(database, lists),
            self._spaces,
            ImageOperations(database, lists),
            AppImageConfigOperations(database, lists),
            AppOperations(database, self._fleet, core.listings, core.instance_types),
            PresignedUrlOperation(database, sessions, url),
        )

    def handlers(self) -> Mapping[str, Handler]:
        return {name: handler for one in self._operations for name, handler in one.handlers().items()}

    def add_routes(self, app: web.Application) -> None:
        self._routes.add_to(app)

    async def open(self) -> None:
        await self._fleet.open()

    async def recover(self) -> int:
        return await self._spaces.recover() + await self._fleet.recover()

    async def suspend(self) -> None:
        await self._routes.close()
        await self._fleet.suspend()

    async def close(self) -> None:
        await self._spaces.close()
        await self._fleet.close()

    async def collect_garbage(self) -> Mapping[str, int]:
        return {
            "apps": await self._fleet.forget_old(),
            "homes": await self._spaces.remove_unknown_homes(),
        }
