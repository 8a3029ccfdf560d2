"""The server process: binds at once, sets the model up beside it, drains on SIGTERM."""

import asyncio
import contextlib
import logging
import signal
import time
from collections.abc import Iterator

import uvicorn
import uvloop

from openbml_serving.application import Application
from openbml_serving.settings import ServingSettings
from openbml_serving.tasks import ServedTask, load_task

_log = logging.getLogger("openbml_serving")


class DrainingServer(uvicorn.Server):
    """Ends with exit code 0 on SIGTERM, after the requests in flight; uvicorn's raises the signal again."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._drain)
        yield

    def _drain(self) -> None:
        self.should_exit = True


def serve(settings: ServingSettings) -> None:
    """Serve until told to stop.

    Raises:
        PlatformFault: the model cannot be set up; the server is closed first.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings))


async def _serve(settings: ServingSettings) -> None:
    started = time.monotonic()
    application = Application(settings)
    server = DrainingServer(
        uvicorn.Config(
            application,
            host=settings.host,
            port=settings.port,
            http="httptools",
            ws="none",
            lifespan="off",
            access_log=False,
            server_header=False,
            date_header=False,
            log_level="warning",
            timeout_keep_alive=75,
            timeout_graceful_shutdown=settings.drain_timeout_s,
            backlog=2048,
        )
    )
    setting_up = asyncio.get_running_loop().run_in_executor(None, _set_up, settings)
    serving = asyncio.ensure_future(server.serve())
    try:
        application.ready(await setting_up)
        _log.info("model ready after %.2f s", time.monotonic() - started)
    except BaseException:
        server.should_exit = True
        raise
    finally:
        await serving


def _set_up(settings: ServingSettings) -> ServedTask:
    task = load_task(settings.places.model, cores=settings.cores, variant=settings.variant)
    task.handler.warm_up()
    return task
