"""Quantities seen one by one: exact count, range, mean; quantiles and bins of an even choice."""

import math
import random
import sys
from array import array
from bisect import bisect_right

from openbml_formats.quality import Distribution

_KEPT = 100_000
_BINS = 20
_SEED = 20_001
_STEPS = (1, 2, 2.5, 5, 10)
_LARGEST = sys.float_info.max


class Quantity:
    """One figure of many samples; up to a hundred thousand values are kept (reservoir, algorithm R)."""

    def __init__(self, *, kept: int = _KEPT) -> None:
        self._kept = kept
        self._values = array("d")
        self._rng = random.Random(_SEED)
        self.count = 0
        self._mean = self._squares = 0.0
        self._min, self._max = math.inf, -math.inf

    def add(self, value: float) -> None:
        if not math.isfinite(value):
            return
        self.count += 1
        shift = value - self._mean
        self._mean += shift / self.count
        self._squares += shift * (value - self._mean)
        self._min, self._max = min(self._min, value), max(self._max, value)
        if len(self._values) < self._kept:
            self._values.append(value)
            return
        place = self._rng.randrange(self.count)
        if place < self._kept:
            self._values[place] = value

    @property
    def mean(self) -> float:
        return self._mean

    def distribution(self) -> Distribution | None:
        """Return the figures, None when there was no value."""
        if not self.count:
            return None
        values = sorted(self._values)
        p5, p25, p50, p75, p95 = (quantile(values, share) for share in (0.05, 0.25, 0.5, 0.75, 0.95))
        edges = even_edges(self._min, self._max)
        counts = [0] * (len(edges) - 1)
        for value in values:
            counts[min(len(counts) - 1, max(0, bisect_right(edges, value) - 1))] += 1
        return Distribution(
            count=self.count,
            min=self._min,
            max=self._max,
            mean=self._mean,
            std=math.sqrt(self._squares / self.count),
            p5=p5,
            p25=p25,
            p50=p50,
            p75=p75,
            p95=p95,
            edges=edges,
            counts=counts,
            sampled=self.count > len(values),
        )


def quantile(ordered: list[float], share: float) -> float:
    """Return a quantile of sorted values, between neighbours by their distance."""
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def even_edges(low: float, high: float) -> list[float]:
    """Return round edges of at most about twenty bins that cover a range."""
    if high <= low:
        return [low, low + 1]
    raw = high / _BINS - low / _BINS  # a difference of the largest numbers has no value
    if raw < sys.float_info.min:
        return [low, high]
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * size for size in _STEPS if power * size >= raw * 0.999_999)
    first = math.floor(low / step)
    last = max(first + 1, math.ceil(high / step))
    edges = [min(_LARGEST, max(-_LARGEST, number * step)) for number in range(first, last + 1)]
    return [min(low, edges[0]), *edges[1:-1], max(high, edges[-1])]
