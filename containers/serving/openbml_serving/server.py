"""The server process: binds at once, sets the model up beside it, drains on SIGTERM, ends when it hangs."""

import asyncio
import faulthandler
import gc
import logging
import signal
import sys
import time
from collections.abc import Callable

import uvloop

from openbml_kit.faults import PlatformFault
from openbml_kit.http_server import HttpServer
from openbml_serving.application import Application
from openbml_serving.inference import Inference
from openbml_serving.memory import give_free_memory_back
from openbml_serving.metrics import ServingMetrics
from openbml_serving.sessions import NotFiniteError
from openbml_serving.settings import ServingSettings
from openbml_serving.tasks import ServedTask, load_task

_WATCH_S = 0.5
_BEATS = 4  # of the watch, between two signs of life
_log = logging.getLogger("openbml_serving")


class HangError(PlatformFault):
    """An inference never ended."""


def serve(settings: ServingSettings, *, load: Callable[[ServingSettings], ServedTask] | None = None) -> None:
    """Serve until told to stop.

    Args:
        load: gives the task that is served; None: the one of the model's folder.

    Raises:
        PlatformFault: the model cannot be set up, or hangs; the server is closed first.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, load or _load))


async def _serve(settings: ServingSettings, load: Callable[[ServingSettings], ServedTask]) -> None:
    started = time.monotonic()
    loop = asyncio.get_running_loop()
    ending = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)
    metrics = ServingMetrics()
    application = Application(
        metrics,
        lambda: {"connections": server.open_connections, "connections_refused": server.refused},
    )
    server = HttpServer(application, settings.http)
    await server.listen(settings.host, settings.port)
    inference: Inference | None = None
    try:
        task = await loop.run_in_executor(None, _set_up, load, settings)
        inference = Inference(task, settings, metrics)
        application.ready(inference, task.body)
        _log.info("model ready after %.2f s", time.monotonic() - started)
        await _watch(inference, settings, ending)
    finally:
        faulthandler.cancel_dump_traceback_later()
        await server.drain(settings.drain_timeout_s if ending.is_set() else 1)
        if inference is not None:
            inference.stop()


async def _watch(inference: Inference, settings: ServingSettings, ending: asyncio.Event) -> None:
    """Wait for the end, and see to it that a server that hangs does not pretend to serve.

    Raises:
        HangError: an inference hangs for longer than one is waited for.
    """
    beat = 0
    while not ending.is_set():
        if beat % _BEATS == 0:
            # The loop's own thread may hang, too; this ends the process from outside of Python.
            faulthandler.dump_traceback_later(
                settings.hang_timeout_s + settings.recovery_timeout_s, exit=True, file=sys.stderr
            )
        beat += 1
        inference.check()
        if inference.hung_for_s > settings.recovery_timeout_s:
            faulthandler.dump_traceback(sys.stderr)
            raise HangError("an inference does not end")
        try:
            async with asyncio.timeout(_WATCH_S):
                await ending.wait()
        except TimeoutError:
            continue


def _load(settings: ServingSettings) -> ServedTask:
    return load_task(settings.places.model, cores=settings.cores, variant=settings.variant)


def _set_up(load: Callable[[ServingSettings], ServedTask], settings: ServingSettings) -> ServedTask:
    task = load(settings)
    try:
        task.handler.warm_up()
    except NotFiniteError as error:
        _log.warning("the model has no answer to an empty input: %s", error)
    # What is there now stays until the end: the collector need not look at it again.
    gc.collect()
    gc.freeze()
    give_free_memory_back()
    return task
