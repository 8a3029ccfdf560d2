"""The five kinds of ranges that a hyper-parameter is searched in (spec 03 section 4.3).

They are written as the expert script writes them, e.g. `{"type": "randint", "range": [15, 127]}`.
"""

import math
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt, ValidationError, model_validator

MOST_VALUES = 50
_MOST_SHOWN = 80
_ROUNDING = 1e-9
_DIGITS = 12
Value = bool | int | float | str
_Finite = Annotated[float, Field(strict=True, allow_inf_nan=False)]


class RangeKind(StrEnum):
    UNIFORM = "uniform"
    QUNIFORM = "quniform"
    CHOICE = "choice"
    LOGUNIFORM = "loguniform"
    RANDINT = "randint"


class RangeError(ValueError):
    """A range is none; the text says what is wrong and how it is written."""


class _Range(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Interval(_Range):
    """From `low` to `high`, both included; whole numbers stay whole."""

    range: tuple[_Finite | StrictInt, _Finite | StrictInt]

    @model_validator(mode="after")
    def _ascends(self) -> "_Interval":
        if self.low > self.high:
            raise ValueError(f"range is inverted: [{self.low:g}, {self.high:g}]; write the smaller end first")
        return self

    @property
    def low(self) -> int | float:
        return self.range[0]

    @property
    def high(self) -> int | float:
        return self.range[1]

    @property
    def ends(self) -> Sequence[Value]:
        return self.range

    def holds(self, value: object) -> bool:
        """Tell whether the range can yield a value."""
        return isinstance(value, int | float) and type(value) is not bool and self.low <= value <= self.high


class Uniform(_Interval):
    """Every number of the interval alike."""

    type: Literal["uniform"] = "uniform"


class QUniform(_Interval):
    """low, low + q, low + 2 q, … up to `high`, each alike."""

    type: Literal["quniform"] = "quniform"
    q: _Finite | StrictInt = Field(gt=0)

    @model_validator(mode="after")
    def _has_steps(self) -> "QUniform":
        if self.q > max(self.high - self.low, 0) and self.high != self.low:
            raise ValueError(f"q = {self.q:g} is greater than the range is wide")
        return self

    @property
    def highest(self) -> int | float:
        """The greatest value: `high` where the steps meet it."""
        steps = math.floor((self.high - self.low) / self.q + _ROUNDING)
        return _exact(self.low + steps * self.q)

    @property
    def ends(self) -> Sequence[Value]:
        """The least value, the one behind it where there is one, and the greatest."""
        return (self.low, min(_exact(self.low + self.q), self.highest), self.highest)

    def holds(self, value: object) -> bool:
        if not super().holds(value) or not isinstance(value, int | float):
            return False
        steps = (value - self.low) / self.q
        return abs(steps - round(steps)) < _ROUNDING


def _exact(value: int | float) -> int | float:
    """Take away what adding steps leaves behind the twelfth digit: 0.1 + 0.2 is 0.3."""
    return value if isinstance(value, int) else round(value, _DIGITS)


class LogUniform(_Interval):
    """Numbers whose logarithms are alike likely."""

    type: Literal["loguniform"] = "loguniform"

    @model_validator(mode="after")
    def _is_positive(self) -> "LogUniform":
        if self.low <= 0:
            raise ValueError("a loguniform range must be above 0")
        return self


class RandInt(_Interval):
    """Every whole number of the interval alike."""

    type: Literal["randint"] = "randint"
    range: tuple[StrictInt, StrictInt]

    def holds(self, value: object) -> bool:
        return isinstance(value, int) and super().holds(value)


class Choice(_Range):
    """One of the values, each alike."""

    type: Literal["choice"] = "choice"
    values: tuple[Value, ...] = Field(min_length=1, max_length=MOST_VALUES)

    @model_validator(mode="after")
    def _names_each_once(self) -> "Choice":
        seen = {(type(value), value) for value in self.values}
        if len(seen) != len(self.values):
            raise ValueError("values names one twice")
        if any(isinstance(value, float) and not math.isfinite(value) for value in self.values):
            raise ValueError("values must be finite")
        return self

    @property
    def ends(self) -> Sequence[Value]:
        return self.values

    def holds(self, value: object) -> bool:
        """Tell whether the range can yield a value; True is not 1."""
        return any(type(value) is type(own) and value == own for own in self.values)


Range = Annotated[Uniform | QUniform | Choice | LogUniform | RandInt, Field(discriminator="type")]
_CLASSES: dict[str, type[Uniform | QUniform | Choice | LogUniform | RandInt]] = {
    "uniform": Uniform,
    "quniform": QUniform,
    "choice": Choice,
    "loguniform": LogUniform,
    "randint": RandInt,
}
_WRITTEN = {
    "uniform": '{"type": "uniform", "range": [0.5, 1.0]}',
    "quniform": '{"type": "quniform", "range": [100, 1000], "q": 100}',
    "choice": '{"type": "choice", "values": [32, 64]}',
    "loguniform": '{"type": "loguniform", "range": [0.01, 0.3]}',
    "randint": '{"type": "randint", "range": [15, 127]}',
}


def read_range(document: Any) -> Uniform | QUniform | Choice | LogUniform | RandInt:
    """Return the range that a script's dictionary says. Raises RangeError."""
    kind = document.get("type") if isinstance(document, dict) else None
    if not isinstance(kind, str) or kind not in _CLASSES:
        told = f"type {shown(kind)}" if isinstance(document, dict) else shown(document)
        raise RangeError(
            f"a range has the type {', '.join(_CLASSES)}, not {told}; e.g. {_WRITTEN['randint']}"
        )
    try:
        return _CLASSES[kind].model_validate(document)
    except ValidationError as error:
        raise RangeError(f"{_reason(error)}; a {kind} range is written {_WRITTEN[kind]}") from error


def shown(value: object) -> str:
    """Return a value for a message, shortened."""
    text = repr(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"


def _reason(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    message = first["msg"].removeprefix("Value error, ")
    place = str(first["loc"][0]) if first["loc"] else ""
    return f"{place}: {message}" if place else message
