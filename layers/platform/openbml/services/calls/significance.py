"""Tests of whether two versions differ, on sums; without a library, which functions do not carry.

Sources: Agresti, Categorical Data Analysis (3rd ed.), sections 3.2 and 3.5; Mann and Whitney 1947, with the
correction for ties of Lehmann, Nonparametrics (1975), section 1.4; Holm 1979.
"""

import math
from collections.abc import Mapping, Sequence

_FEW = 5  # expected counts below this: the normal approximation is too rough
_SQRT_2 = math.sqrt(2)


def proportions_p_value(first: int, of_first: int, second: int, of_second: int) -> float | None:
    """Return the two-sided p-value of "both shares are equal"; None where a side is empty.

    A z test of pooled shares; Fisher's exact test where any expected count is below five.
    """
    if min(of_first, of_second) <= 0:
        return None
    hits, total = first + second, of_first + of_second
    if hits in (0, total):
        return 1.0
    expected = [side * share / total for side in (of_first, of_second) for share in (hits, total - hits)]
    if min(expected) < _FEW:
        return _fisher(first, of_first, second, of_second)
    pooled = hits / total
    spread = math.sqrt(pooled * (1 - pooled) * (1 / of_first + 1 / of_second))
    return _two_sided((first / of_first - second / of_second) / spread)


def ranks_p_value(first: Mapping[int, int], second: Mapping[int, int]) -> float | None:
    """Return the two-sided p-value of Mann and Whitney's test on histograms with the same buckets.

    Values of one bucket are ties, whose correction makes the test cautious rather than wrong. None where a
    side is empty.
    """
    n, m = sum(first.values()), sum(second.values())
    if not n or not m:
        return None
    below, wins, ties = 0, 0.0, 0.0
    for bucket in sorted({*first, *second}):
        here, there = first.get(bucket, 0), second.get(bucket, 0)
        wins += here * (below + there / 2)
        below += there
        ties += (here + there) ** 3 - (here + there)
    total = n + m
    variance = n * m / 12 * (total + 1 - ties / (total * (total - 1)))
    if variance <= 0:
        return 1.0
    distance = max(0.0, abs(wins - n * m / 2) - 0.5)
    return _two_sided(distance / math.sqrt(variance))


def adjusted(p_values: Sequence[float | None]) -> Sequence[float | None]:
    """Return Holm's p-values: together they are wrong no more often than one test alone."""
    known = sorted((value, place) for place, value in enumerate(p_values) if value is not None)
    result: list[float | None] = [None] * len(p_values)
    least = 0.0
    for rank, (value, place) in enumerate(known):
        least = max(least, min(1.0, value * (len(known) - rank)))
        result[place] = least
    return result


def _two_sided(z: float) -> float:
    return math.erfc(abs(z) / _SQRT_2)


def _fisher(first: int, of_first: int, second: int, of_second: int) -> float:
    hits, total = first + second, of_first + of_second

    def log_chance(count: int) -> float:
        return _log_choose(of_first, count) + _log_choose(of_second, hits - count) - _log_choose(total, hits)

    seen = log_chance(first)
    possible = range(max(0, hits - of_second), min(of_first, hits) + 1)
    return min(1.0, sum(math.exp(log) for log in map(log_chance, possible) if log <= seen + 1e-9))


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
