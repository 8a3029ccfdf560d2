"""Ranges of hyper-parameters, their scales, and the grid."""

import math
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_local.tuning.grid import grid_point, grid_size, turn_of
from sagemaker_local.tuning.ranges import CategoricalRange, RangeError, parse_ranges

units = st.floats(0, 1, exclude_max=True)


def continuous(low: str, high: str, scaling: str = "Auto") -> Any:
    one = {"Name": "p", "MinValue": low, "MaxValue": high, "ScalingType": scaling}
    return parse_ranges({"ContinuousParameterRanges": [one]})[0]


def integer(low: str, high: str, scaling: str = "Auto") -> Any:
    one = {"Name": "p", "MinValue": low, "MaxValue": high, "ScalingType": scaling}
    return parse_ranges({"IntegerParameterRanges": [one]})[0]


@given(st.floats(-1e300, 1e300), st.floats(-1e300, 1e300), units)
def test_a_linear_value_lies_within_its_bounds_and_survives_its_text_form(
    one: float, two: float, unit: float
) -> None:
    found = continuous(repr(min(one, two)), repr(max(one, two)), "Linear")
    assert found.contains(found.at(unit))


@given(st.floats(1e-300, 1e300), st.floats(1e-300, 1e300), units)
def test_a_logarithmic_value_lies_within_its_bounds(one: float, two: float, unit: float) -> None:
    found = continuous(repr(min(one, two)), repr(max(one, two)), "Logarithmic")
    assert found.contains(found.at(unit))


@given(st.floats(0, 0.999999), st.floats(0, 0.999999), units)
def test_a_reverse_logarithmic_value_lies_within_its_bounds(one: float, two: float, unit: float) -> None:
    found = continuous(repr(min(one, two)), repr(max(one, two)), "ReverseLogarithmic")
    assert found.contains(found.at(unit))


@given(st.integers(1, 2**53), st.integers(1, 2**53), units, st.sampled_from(["Linear", "Logarithmic"]))
def test_an_integer_lies_within_its_bounds(one: int, two: int, unit: float, scaling: str) -> None:
    found = integer(str(min(one, two)), str(max(one, two)), scaling)
    assert found.contains(found.at(unit))


def test_scales_put_the_middle_where_they_should() -> None:
    assert float(continuous("0", "10", "Linear").at(0.5)) == 5
    assert float(continuous("0.0001", "1", "Logarithmic").at(0.5)) == pytest.approx(0.01)
    assert float(continuous("0.9", "0.9999", "ReverseLogarithmic").at(0.5)) == pytest.approx(1 - 10**-2.5)
    assert integer("1", "10000", "Logarithmic").at(0.5) in {"70", "71"}


def test_auto_is_logarithmic_for_wide_positive_ranges_only() -> None:
    assert continuous("0.00001", "0.1").scaling == "Logarithmic"
    assert continuous("0.1", "0.9").scaling == "Linear"
    assert continuous("0", "1000000").scaling == "Linear"
    assert integer("1", "2000").scaling == "Logarithmic"


def test_every_integer_of_a_linear_range_is_equally_likely() -> None:
    found = Counter(integer("3", "6", "Linear").at(step / 400) for step in range(400))
    assert found == {"3": 100, "4": 100, "5": 100, "6": 100}


@pytest.mark.parametrize(
    ("kind", "low", "high", "scaling", "told"),
    [
        ("Integer", "1.5", "3", "Linear", "must be integers"),
        ("Integer", "1_0", "30", "Linear", "must be integers"),
        ("Integer", "5", "1", "Linear", "must not be greater"),
        ("Integer", "0", "9", "Logarithmic", "greater than 0"),
        ("Integer", "0", "1", "ReverseLogarithmic", "continuous hyperparameters only"),
        ("Integer", "0", "1" + "0" * 40, "Linear", "2^53"),
        ("Continuous", "x", "1", "Linear", "must be numbers"),
        ("Continuous", "nan", "1", "Linear", "must be numbers"),
        ("Continuous", " 0", "1", "Linear", "must be numbers"),
        ("Continuous", "-1e308", "1e308", "Linear", "must be numbers"),
        ("Continuous", "0", "1", "Logarithmic", "greater than 0"),
        ("Continuous", "0", "1", "ReverseLogarithmic", "MaxValue < 1"),
    ],
)
def test_a_range_that_cannot_be_searched_says_why(
    kind: str, low: str, high: str, scaling: str, told: str
) -> None:
    with pytest.raises(RangeError, match=told.replace("^", r"\^")):
        (integer if kind == "Integer" else continuous)(low, high, scaling)


# -- grid ---------------------------------------------------------------------------------


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4))
def test_a_grid_holds_every_combination_once(sizes: list[int]) -> None:
    ranges = [CategoricalRange(f"p{i}", tuple(map(str, range(size)))) for i, size in enumerate(sizes)]
    points = [tuple(grid_point(ranges, index).items()) for index in range(grid_size(ranges))]
    assert len(set(points)) == len(points) == math.prod(sizes)


@given(st.lists(st.integers(1, 6), min_size=1, max_size=5))
def test_definitions_take_turns_until_each_grid_is_used_up(sizes: list[int]) -> None:
    turns = [turn_of(sizes, number) for number in range(sum(sizes))]
    assert sorted(turns) == [(index, place) for index, size in enumerate(sizes) for place in range(size)]
    with pytest.raises(IndexError):
        turn_of(sizes, sum(sizes))
