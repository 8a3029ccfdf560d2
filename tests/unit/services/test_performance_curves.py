"""What is foretold from a few measured cores."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbml.services.performance.curves import MeasuredPoint, curve, fitted

MOST = 16


def usl(units: int, *, serial: float, coherence: float = 0.0, fixed: float = 0.2) -> MeasuredPoint:
    qps = units * 40 / (1 + serial * (units - 1) + coherence * units * (units - 1))
    return MeasuredPoint(compute_units=units, latency_ms=25 * (fixed + (1 - fixed) / units), qps=qps)


@pytest.mark.parametrize(("serial", "coherence", "cores"), [(0.1, 0.0, 2), (0.0, 0.0, 4), (0.05, 0.004, 4)])
def test_points_that_follow_the_laws_give_their_shares_back(
    serial: float, coherence: float, cores: int
) -> None:
    points = [usl(units, serial=serial, coherence=coherence) for units in range(1, cores + 1)]
    scaling = fitted(points)
    assert scaling.serial == pytest.approx(serial, abs=1e-6)
    assert scaling.coherence == pytest.approx(coherence, abs=1e-6)
    assert scaling.fixed == pytest.approx(0.2)
    foretold = curve(points, MOST)[-1]
    assert foretold.qps == pytest.approx(usl(MOST, serial=serial, coherence=coherence).qps, rel=0.01)
    assert foretold.measured is False


def test_measured_points_stay_as_they_are_and_the_others_say_what_they_are() -> None:
    points = [usl(1, serial=0.3), usl(2, serial=0.1)]
    shown = curve(points, MOST)
    assert [point.compute_units for point in shown] == list(range(1, MOST + 1))
    assert [point.measured for point in shown] == [True, True] + [False] * (MOST - 2)
    assert shown[1].qps == points[1].qps


def test_one_measured_core_is_foretold_carefully() -> None:
    shown = curve([usl(1, serial=0.0)], MOST)
    assert shown[-1].qps < MOST * shown[0].qps * 0.5
    assert shown[-1].latency_ms == pytest.approx(shown[0].latency_ms, rel=1e-3)


def test_without_one_core_there_is_no_curve() -> None:
    with pytest.raises(ValueError, match="one compute unit"):
        curve([usl(2, serial=0)], MOST)


FIGURES = st.floats(min_value=1e-3, max_value=1e6)


@given(st.lists(st.tuples(FIGURES, FIGURES), min_size=1, max_size=8))
def test_no_figures_foretell_the_impossible(figures: list[tuple[float, float]]) -> None:
    points = [
        MeasuredPoint(compute_units=units, latency_ms=latency_ms, qps=qps)
        for units, (latency_ms, qps) in enumerate(figures, start=1)
    ]
    for point in curve(points, MOST):
        if not point.measured:
            assert 0 < point.latency_ms <= points[0].latency_ms * 1.001
            assert 0 < point.qps <= point.compute_units * points[0].qps * 1.001
