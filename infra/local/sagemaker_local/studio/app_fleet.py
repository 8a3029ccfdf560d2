"""All apps of this machine."""

import time

import aiohttp

from sagemaker_local.core import Core
from sagemaker_local.guarded_runs import GuardedRuns
from sagemaker_local.processes.launcher import ProcessSpec
from sagemaker_local.state.processes import ProcessRecord
from sagemaker_local.studio.app_run import AppRun, AppServices
from sagemaker_local.studio.app_server import ServerStatus, Upstream
from sagemaker_local.studio.app_spec import AppSpec
from sagemaker_local.studio.app_store import AppStore
from sagemaker_local.studio.apps import App
from sagemaker_local.studio.home_folders import HomeFolders


class AppFleet:
    def __init__(self, core: Core, homes: HomeFolders) -> None:
        self._core = core
        self._homes = homes
        self._store = AppStore(core.database)
        self._runs: GuardedRuns[AppRun] = GuardedRuns(self._ended)
        self._http: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        self._http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        )

    @property
    def http(self) -> aiohttp.ClientSession:
        if self._http is None:
            raise RuntimeError("the apps are not open")
        return self._http

    async def recover(self) -> int:
        found = await self._store.live()
        for app in found:
            self.wake(app)
        return len(found)

    def wake(self, app: App) -> None:
        """An app was created or changed."""
        if not self._runs.wake(app.arn):
            self._runs.begin(AppRun(app, self._services()))

    def upstream(self, arn: str) -> Upstream | None:
        run = self._runs.get(arn)
        return run.upstream if run else None

    def status(self, arn: str) -> ServerStatus | None:
        run = self._runs.get(arn)
        return run.last_status if run else None

    async def forget_old(self) -> int:
        return await self._store.forget_old(time.time())

    async def suspend(self) -> None:
        await self._runs.suspend()

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()

    async def _ended(self, run: AppRun) -> None:
        app = await self._store.get(run.arn)
        if app is not None and app.status in ("Pending", "Deleting"):
            self.wake(app)  # it was asked for while the last run was ending

    def _services(self) -> AppServices:
        settings = self._core.settings
        return AppServices(
            database=self._core.database,
            store=self._store,
            supervisor=self._core.supervisor,
            http=self.http,
            make_spec=self._make_spec,
            prepare_home=self._homes.prepare,
            memory_mib=lambda app: self._core.instance_types.slot(app.plan.instance_type).memory_mib,
            startup_timeout_s=settings.startup_timeout_s,
            ping_interval_s=settings.ping_interval_s,
        )

    def _make_spec(self, app: App, record: ProcessRecord) -> ProcessSpec:
        return AppSpec(
            app=app,
            runtime=self._core.images.runtime(app.plan.image, "app"),
            slot=self._core.instance_types.slot(app.plan.instance_type),
            home=self._homes.of(app.plan.space_key),
            mode=self._core.mode,
            endpoint_url=self._core.settings.endpoint_url,
            engine_url=self._core.settings.url,
            max_tasks=self._core.settings.max_tasks,
        ).make(record)
