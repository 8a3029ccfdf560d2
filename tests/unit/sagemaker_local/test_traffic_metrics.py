"""How invocations become values of CloudWatch metrics."""

import math

from hypothesis import given
from hypothesis import strategies as st

from sagemaker_local.hosting.traffic_metrics import rounded


@given(st.floats(min_value=1e-3, max_value=1e12))
def test_a_rounded_value_is_within_five_percent(value: float) -> None:
    assert abs(rounded(value) - value) <= 0.05 * value


@given(st.lists(st.floats(min_value=1.0, max_value=10.0**6), max_size=500))
def test_six_orders_of_magnitude_have_few_different_values(values: list[float]) -> None:
    assert len({rounded(value) for value in values}) <= 90 * 6 + 1


@given(st.floats(max_value=0.0, allow_nan=False))
def test_what_is_not_positive_counts_as_zero(value: float) -> None:
    assert rounded(value) == 0.0
    assert math.isfinite(rounded(value))
