"""The image's `measure`: how soon and how often a model answers with 1, 2, … cores.

Each measurement is a closed loop over the model's own handler: one client for the latency, then as many and
twice as many clients as cores for the most answers per second. The figures leave the job as one tagged line.
"""

import os
import platform
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import orjson

from openbml_kit.faults import PlatformFault, reporting_failures
from openbml_kit.places import Places, core_count
from openbml_kit.progress import Progress
from openbml_serving.replies import RequestError
from openbml_serving.requests import read_object
from openbml_serving.sample_requests import sample_body
from openbml_serving.settings import ServingSettings
from openbml_serving.tasks import ServedTask, load_task

_LATENCY_S = 2.0
_FEWEST_CALLS = 5
_LOAD_S = 2.0

Seconds = Callable[[], float]


class Point(NamedTuple):
    """What one copy does with so many cores."""

    compute_units: int
    latency_ms: float
    qps: float


def main(env: Mapping[str, str] = os.environ) -> int:
    places = Places.from_env(env)
    return reporting_failures(
        lambda: measure(
            places.base / "processing" / "input" / "model", env=env, progress=Progress(sys.stdout)
        ),
        failure_file=places.output_data.parent / "message",
    )


def measure(
    folder: Path, *, env: Mapping[str, str], progress: Progress, load_s: float = _LOAD_S
) -> list[Point]:
    """Measure with each number of cores and tell the points.

    Raises:
        PlatformFault: the image does not serve the model, or it does not answer.
    """
    variant = ServingSettings.from_env(env).variant
    body = sample_body(folder)
    points = []
    for cores in range(1, core_count(env) + 1):
        with _only(cores):
            task = load_task(folder, cores=cores, variant=variant)
            task.handler.warm_up()
            _check(task, body)
            latency_ms = _latency_ms(task, body, time.perf_counter)
            rates = [_rate(task, body, clients, cores, load_s) for clients in (cores, 2 * cores)]
            points.append(Point(cores, round(latency_ms, 3), round(max(rates), 2)))
    progress.performance([point._asdict() for point in points], machine=machine())
    return points


def machine() -> str:
    """Return what the machine calls its processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _check(task: ServedTask, body: bytes) -> None:
    try:
        _answer(task, body, alone=True)
    except RequestError as error:
        raise PlatformFault(f"the model refuses a made-up request: {error.name}") from error


def _answer(task: ServedTask, body: bytes, *, alone: bool) -> bytes:
    document = read_object(body, "application/json", task.body)
    return orjson.dumps(dict(task.handler.answer(document, alone=alone)), option=orjson.OPT_SERIALIZE_NUMPY)


def _latency_ms(task: ServedTask, body: bytes, seconds: Seconds) -> float:
    """Return the median of calls one after the other."""
    spans: list[float] = []
    until = seconds() + _LATENCY_S
    while len(spans) < _FEWEST_CALLS or seconds() < until:
        began = seconds()
        _answer(task, body, alone=True)
        spans.append(seconds() - began)
    return statistics.median(spans) * 1000


def _rate(task: ServedTask, body: bytes, clients: int, cores: int, load_s: float) -> float:
    """Return the answers per second of clients that call again as soon as they are answered."""
    slots = threading.BoundedSemaphore(cores)
    until = time.perf_counter() + load_s
    counts = [0] * clients

    def call(client: int) -> None:
        while time.perf_counter() < until:
            with slots:
                _answer(task, body, alone=clients == 1)
            counts[client] += 1

    threads = [threading.Thread(target=call, args=(client,)) for client in range(clients)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - began)


@contextmanager
def _only(cores: int) -> Iterator[None]:
    """Keep this process, and the threads it starts, on the first cores that it may use."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(allowed)[:cores])
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)
