"""Where the time goes of what a thread computes: reading, preparing, running the graph, the rest.

Tasks need no word of it: the readers of requests and the sessions say when they work. What lies before the
first run of the graph and is no reading is preparation, what lies behind it is the answer's making.
"""

import threading
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Self

STAGES = ("queue", "decode", "preprocess", "run", "postprocess")


class StageTimes:
    """The times of one computation, seconds."""

    __slots__ = ("_decode", "_ended", "_first_run", "_run", "_started")

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._ended = self._started
        self._first_run: float | None = None
        self._decode = 0.0
        self._run = 0.0

    @property
    def seconds(self) -> float:
        return self._ended - self._started

    def decoded(self, started: float, ended: float) -> None:
        self._decode += ended - started

    def ran(self, started: float, ended: float) -> None:
        self._run += ended - started
        if self._first_run is None:
            self._first_run = started

    def end(self) -> None:
        self._ended = time.perf_counter()

    def by_stage(self) -> Iterator[tuple[str, float]]:
        before_run = (self._first_run or self._ended) - self._started
        yield "decode", self._decode
        yield "preprocess", max(0.0, before_run - self._decode)
        yield "run", self._run
        yield "postprocess", max(0.0, self.seconds - max(before_run, self._decode) - self._run)


class _Computation(threading.local):
    times: StageTimes | None = None


_computation = _Computation()


class computing:  # noqa: N801 - used as a statement: `with computing() as times`
    """Times what this thread computes."""

    def __enter__(self) -> StageTimes:
        self._times = _computation.times = StageTimes()
        return self._times

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._times.end()
        _computation.times = None


class _Span:
    __slots__ = ("_started",)

    def __enter__(self) -> Self:
        self._started = time.perf_counter()
        return self


class decoding(_Span):  # noqa: N801
    """Reads a request: JSON, base64, a picture's file."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if (times := _computation.times) is not None:
            times.decoded(self._started, time.perf_counter())


class running(_Span):  # noqa: N801
    """Runs the graph."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if (times := _computation.times) is not None:
            times.ran(self._started, time.perf_counter())
