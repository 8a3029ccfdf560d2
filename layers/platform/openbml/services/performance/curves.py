"""Latency and throughput of one copy by its compute units: measured on few cores, foretold for more.

Throughput follows the Universal Scalability Law, X(n) = n X(1) / (1 + s (n - 1) + k n (n - 1)): `s` is the
share of the work that is done one after the other, `k` what cores cost each other. Latency follows Amdahl's
law, L(n) = L(1) (t + (1 - t) / n): `t` is the share of a request that more cores do not hasten.

Sources: Gunther, Guerrilla Capacity Planning (2007), eq. 4.31; Amdahl 1967.
"""

from collections.abc import Sequence
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field

# With one core measured nothing is known of several: a careful guess, which the other laws' fits replace.
_UNKNOWN_SERIAL_SHARE = 0.1
_FEWEST_FOR_COHERENCE = 3  # points beyond the first, to fit two unknowns and see an error


class MeasuredPoint(BaseModel):
    """What one copy did with so many compute units."""

    model_config = ConfigDict(frozen=True)

    compute_units: int = Field(ge=1, le=1024)
    latency_ms: float = Field(gt=0, lt=1e9)
    qps: float = Field(gt=0, lt=1e9)


class CurvePoint(MeasuredPoint):
    """A measured point, or one that the fitted laws foretell."""

    measured: bool


class Scaling(NamedTuple):
    """The fitted shares: `serial` and `coherence` of throughput, `fixed` of latency."""

    serial: float
    coherence: float
    fixed: float


def curve(measured: Sequence[MeasuredPoint], most_units: int) -> Sequence[CurvePoint]:
    """Return a point for each number of units from 1 to the most; what was measured stays as it was.

    Raises:
        ValueError: one unit was not measured.
    """
    known = {point.compute_units: point for point in measured}
    if 1 not in known:
        raise ValueError("the curve needs a measurement of one compute unit")
    scaling = fitted(list(known.values()))
    return [_point(units, known, scaling) for units in range(1, most_units + 1)]


def fitted(measured: Sequence[MeasuredPoint]) -> Scaling:
    """Return the shares that fit the points best, by least squares; the points include one unit."""
    first = next(point for point in measured if point.compute_units == 1)
    others = [point for point in measured if point.compute_units > 1]
    if not others:
        return Scaling(serial=_UNKNOWN_SERIAL_SHARE, coherence=0.0, fixed=1.0)
    serial, coherence = _throughput_shares(first, others)
    return Scaling(serial=serial, coherence=coherence, fixed=_fixed_share(first, others))


def _point(units: int, known: dict[int, MeasuredPoint], scaling: Scaling) -> CurvePoint:
    if units in known:
        return CurvePoint(**known[units].model_dump(), measured=True)
    first = known[1]
    slowdown = 1 + scaling.serial * (units - 1) + scaling.coherence * units * (units - 1)
    return CurvePoint(
        compute_units=units,
        latency_ms=_rounded(first.latency_ms * (scaling.fixed + (1 - scaling.fixed) / units)),
        qps=_rounded(units * first.qps / slowdown),
        measured=False,
    )


def _throughput_shares(first: MeasuredPoint, others: Sequence[MeasuredPoint]) -> tuple[float, float]:
    """Solve y = s (n - 1) + k n (n - 1) for s and k, neither below zero."""
    rows = [
        (n - 1, n * (n - 1), n * first.qps / point.qps - 1)
        for point in others
        for n in (point.compute_units,)
    ]
    serial = _share(sum(a * y for a, _, y in rows) / sum(a * a for a, _, _ in rows))
    if len(rows) < _FEWEST_FOR_COHERENCE:
        return serial, 0.0
    aa, ab, bb = (sum(row[i] * row[j] for row in rows) for i, j in ((0, 0), (0, 1), (1, 1)))
    ay, by = sum(a * y for a, _, y in rows), sum(b * y for _, b, y in rows)
    determinant = aa * bb - ab * ab
    if determinant <= 0:
        return serial, 0.0
    coherence = (aa * by - ab * ay) / determinant
    both = (bb * ay - ab * by) / determinant
    if coherence <= 0:
        return serial, 0.0
    return (_share(both), coherence) if both >= 0 else (0.0, max(0.0, by / bb))


def _fixed_share(first: MeasuredPoint, others: Sequence[MeasuredPoint]) -> float:
    """Solve L(n) / L(1) - 1/n = t (1 - 1/n) for t."""
    rows = [
        (1 - 1 / point.compute_units, point.latency_ms / first.latency_ms - 1 / point.compute_units)
        for point in others
    ]
    return _share(sum(a * y for a, y in rows) / sum(a * a for a, _ in rows))


def _share(value: float) -> float:
    return min(1.0, max(0.0, value))


def _rounded(value: float) -> float:
    """Return four significant digits: a foretold figure has no more."""
    return float(f"{value:.4g}")
