"""What the server counts, as Prometheus reads it. Written and read on the loop's thread only."""

import resource
import sys
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence

from openbml_serving.stages import STAGES, StageTimes

_SECONDS = (
    *(0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01),
    *(0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0),
)
_SIZES = (1, 2, 4, 8, 16, 32, 64)
CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"


class Histogram:
    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def observe(self, value: float, times: int = 1) -> None:
        self._counts[bisect_left(self._bounds, value)] += times
        self._sum += value * times

    def lines(self, name: str, label: str = "") -> Iterator[str]:
        total = 0
        before = f"{label}," if label else ""
        for bound, count in zip((*self._bounds, "+Inf"), self._counts, strict=True):
            total += count
            yield f'{name}_bucket{{{before}le="{bound}"}} {total}'
        braces = f"{{{label}}}" if label else ""
        yield f"{name}_sum{braces} {self._sum:.9g}"
        yield f"{name}_count{braces} {total}"


class ServingMetrics:
    """Attributes:
    answers: by error code, 0 for a result.
    """

    def __init__(self) -> None:
        self.answers: Counter[int] = Counter()
        self._stages = {stage: Histogram(_SECONDS) for stage in STAGES}
        self._seconds = Histogram(_SECONDS)
        self._together = Histogram(_SIZES)

    def answered(self, error_code: int, seconds: float) -> None:
        self.answers[error_code] += 1
        self._seconds.observe(seconds)

    def waited(self, seconds: float) -> None:
        self._stages["queue"].observe(seconds)

    def computed(self, times: StageTimes, requests: int) -> None:
        """Count a computation of several requests together; each took its share."""
        self._together.observe(requests)
        for stage, seconds in times.by_stage():
            self._stages[stage].observe(seconds / requests, requests)

    def text(self, **gauges: float) -> bytes:
        """Return all figures.

        Args:
            gauges: what is as it is now, by its name.
        """
        return ("\n".join(self._lines(gauges)) + "\n").encode()

    def _lines(self, gauges: dict[str, float]) -> Iterator[str]:
        yield from _about("answers_total", "counter", "Answers by the manual's error code, 0 for a result.")
        for code, count in sorted(self.answers.items()):
            yield f'openbml_serving_answers_total{{error_code="{code}"}} {count}'
        yield from _about("seconds", "histogram", "From the end of a request to its answer.")
        yield from self._seconds.lines("openbml_serving_seconds")
        yield from _about("stage_seconds", "histogram", "Time of a request's stages.")
        for stage, histogram in self._stages.items():
            yield from histogram.lines("openbml_serving_stage_seconds", f'stage="{stage}"')
        yield from _about("together", "histogram", "Requests that were computed together.")
        yield from self._together.lines("openbml_serving_together")
        for name, value in gauges.items():
            yield from _about(name, "gauge", "As it is now.")
            yield f"openbml_serving_{name} {value:g}"
        yield from _about("peak_memory_bytes", "gauge", "The most memory that the process had.")
        yield f"openbml_serving_peak_memory_bytes {_peak_memory_bytes()}"


def _about(name: str, kind: str, text: str) -> Iterator[str]:
    yield f"# HELP openbml_serving_{name} {text}"
    yield f"# TYPE openbml_serving_{name} {kind}"


def _peak_memory_bytes() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
