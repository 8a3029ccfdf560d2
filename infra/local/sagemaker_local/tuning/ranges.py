"""Ranges of hyper-parameters and the scales they are searched on (contract section 4).

Every range maps a number of the unit interval to a value, in the text form that training jobs get.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Scaling = Literal["Linear", "Logarithmic", "ReverseLogarithmic"]

#: ``Auto`` chooses the logarithmic scale from this ratio of the bounds on.
AUTO_LOGARITHMIC_RATIO = 1000
_LARGEST_INTEGER = 2**53


class RangeError(ValueError):
    """A range that cannot be searched; the text is for the caller."""


@dataclass(frozen=True)
class IntegerRange:
    name: str
    low: int
    high: int
    scaling: Scaling

    def at(self, unit: float) -> str:
        if self.scaling == "Linear":
            value = self.low + math.floor(unit * (self.high - self.low + 1))
        else:  # every integer owns the half steps around it, the bounds too
            log_low, log_high = math.log(self.low - 0.5), math.log(self.high + 0.5)
            value = round(math.exp(log_low + unit * (log_high - log_low)))
        return str(min(max(value, self.low), self.high))

    def contains(self, text: str) -> bool:
        value = _integer(text)
        return value is not None and self.low <= value <= self.high


@dataclass(frozen=True)
class ContinuousRange:
    name: str
    low: float
    high: float
    scaling: Scaling

    def at(self, unit: float) -> str:
        """Linear, logarithmic near 0 or logarithmic near 1."""
        return self.from_coordinate(self.coordinates[0] * (1 - unit) + self.coordinates[1] * unit)

    @property
    def coordinates(self) -> tuple[float, float]:
        """The bounds on the scale where the search is linear."""
        return self.coordinate(self.low), self.coordinate(self.high)

    def coordinate(self, value: float) -> float:
        if self.scaling == "Logarithmic":
            return math.log(value)
        return -math.log1p(-value) if self.scaling == "ReverseLogarithmic" else value

    def from_coordinate(self, place: float) -> str:
        if self.scaling == "Logarithmic":
            place = math.exp(place)
        elif self.scaling == "ReverseLogarithmic":
            place = -math.expm1(-place)
        return repr(min(max(place, self.low), self.high))

    def contains(self, text: str) -> bool:
        value = _number(text)
        return value is not None and self.low <= value <= self.high


@dataclass(frozen=True)
class CategoricalRange:
    name: str
    values: tuple[str, ...]

    def at(self, unit: float) -> str:
        return self.values[min(int(unit * len(self.values)), len(self.values) - 1)]

    def contains(self, text: str) -> bool:
        return text in self.values


Range = IntegerRange | ContinuousRange | CategoricalRange


def parse_ranges(ranges: Mapping[str, Any]) -> tuple[Range, ...]:
    """Return the ranges of a ``ParameterRanges`` in the order of the request.

    Raises:
        RangeError: bounds, scale or names cannot be used.
    """
    found = tuple(_parsed(ranges))
    names = [one.name for one in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise RangeError(f"Hyperparameter names in ParameterRanges must be unique. Duplicates: {twice}")
    return found


def _parsed(ranges: Mapping[str, Any]) -> Iterator[Range]:
    for one in ranges.get("IntegerParameterRanges", []):
        yield _integer_range(one)
    for one in ranges.get("ContinuousParameterRanges", []):
        yield _continuous_range(one)
    for one in ranges.get("CategoricalParameterRanges", []):
        values = tuple(one["Values"])
        if len(set(values)) != len(values):
            raise RangeError(f"The values of the categorical hyperparameter {one['Name']} must be unique.")
        yield CategoricalRange(one["Name"], values)


def _integer_range(one: Mapping[str, Any]) -> IntegerRange:
    low, high = _integer(one["MinValue"]), _integer(one["MaxValue"])
    if low is None or high is None:
        raise RangeError(
            f"MinValue and MaxValue of the integer hyperparameter {one['Name']} must be integers, "
            f"not {one['MinValue']!r} and {one['MaxValue']!r}."
        )
    if max(abs(low), abs(high)) > _LARGEST_INTEGER:
        raise RangeError(f"The bounds of the hyperparameter {one['Name']} must lie within +-2^53.")
    if one.get("ScalingType") == "ReverseLogarithmic":
        raise RangeError(
            f"The hyperparameter {one['Name']} is an integer: ReverseLogarithmic scaling is supported for "
            "continuous hyperparameters only."
        )
    return IntegerRange(one["Name"], low, high, _scaling(one, low, high))


def _continuous_range(one: Mapping[str, Any]) -> ContinuousRange:
    low, high = _number(one["MinValue"]), _number(one["MaxValue"])
    if low is None or high is None or not math.isfinite(high - low):
        raise RangeError(
            f"MinValue and MaxValue of the continuous hyperparameter {one['Name']} must be numbers, "
            f"not {one['MinValue']!r} and {one['MaxValue']!r}."
        )
    return ContinuousRange(one["Name"], low, high, _scaling(one, low, high))


def _scaling(one: Mapping[str, Any], low: float, high: float) -> Scaling:
    name, asked = one["Name"], one.get("ScalingType", "Auto")
    if low > high:
        raise RangeError(f"MinValue of the hyperparameter {name} must not be greater than its MaxValue.")
    if asked == "Logarithmic" and low <= 0:
        raise RangeError(f"Logarithmic scaling of the hyperparameter {name} needs a MinValue greater than 0.")
    if asked == "ReverseLogarithmic" and not 0 <= low <= high < 1:
        raise RangeError(
            f"ReverseLogarithmic scaling of the hyperparameter {name} needs 0 <= MinValue and MaxValue < 1."
        )
    if asked == "Auto":
        return "Logarithmic" if low > 0 and high / low >= AUTO_LOGARITHMIC_RATIO else "Linear"
    scalings: dict[str, Scaling] = {
        "Linear": "Linear",
        "Logarithmic": "Logarithmic",
        "ReverseLogarithmic": "ReverseLogarithmic",
    }
    return scalings[asked]


def _integer(text: str) -> int | None:
    try:
        return int(text) if _is_plain(text) else None
    except ValueError:
        return None


def _number(text: str) -> float | None:
    try:
        value = float(text) if _is_plain(text) else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _is_plain(text: str) -> bool:
    """Python also reads ``1_000``, other scripts' digits and surrounding spaces as numbers."""
    return text.isascii() and "_" not in text and text == text.strip()
