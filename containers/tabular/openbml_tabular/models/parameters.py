"""Reads a learner's parameters: every name must be known, every value of its type and in its range."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from openbml_kit.faults import UserFault
from openbml_tabular.models.learner import Parameters, Value

_T = TypeVar("_T", int, float, str, bool)


class ParameterFault(UserFault):
    """A parameter is unknown, or its value is."""


@dataclass(frozen=True)
class Known:
    """A parameter that a learner has.

    Attributes:
        kinds: the types that its value may have; a whole number passes where float is expected.
        low, high: of a number, both allowed.
        choices: of a text; empty: any.
    """

    kinds: tuple[type, ...]
    low: float = float("-inf")
    high: float = float("inf")
    choices: tuple[str, ...] = ()

    def reason_against(self, value: Value) -> str | None:
        """Return why the value is refused, None where it is fine."""
        if isinstance(value, bool):
            return None if bool in self.kinds else f"must be {self._told}"
        if isinstance(value, str):
            fits = str in self.kinds and (not self.choices or value in self.choices)
        elif isinstance(value, int) or value.is_integer():
            fits = (int in self.kinds or float in self.kinds) and self.low <= value <= self.high
        else:
            fits = float in self.kinds and self.low <= value <= self.high
        return None if fits else f"must be {self._told}"

    @property
    def _told(self) -> str:
        return " or ".join(self._parts())

    def _parts(self) -> Iterable[str]:
        if bool in self.kinds:
            yield "true or false"
        if int in self.kinds or float in self.kinds:
            kind = "a number" if float in self.kinds else "a whole number"
            yield f"{kind} from {self.low:g} to {self.high:g}"
        if str in self.kinds:
            yield "one of " + ", ".join(self.choices) if self.choices else "a text"


def whole(low: float, high: float) -> Known:
    return Known((int,), low, high)


def number(low: float, high: float) -> Known:
    return Known((float,), low, high)


def choice(*choices: str) -> Known:
    return Known((str,), choices=choices)


SWITCH = Known((bool,))


class Settings:
    """Checked parameters of a learner."""

    def __init__(self, code: str, known: Mapping[str, Known], parameters: Parameters) -> None:
        """Raises ParameterFault: a name is unknown, or a value has the wrong type or range."""
        for name, value in parameters.items():
            if name not in known:
                raise ParameterFault(
                    f"{code} has no hyper-parameter {name!r}; it has {', '.join(sorted(known))}"
                )
            reason = known[name].reason_against(value)
            if reason:
                raise ParameterFault(f"{code}: {name} {reason}, not {value!r}")
        self._known = known
        self._parameters = parameters

    def __contains__(self, name: str) -> bool:
        return name in self._parameters

    def get(self, name: str, default: _T) -> _T:
        """Return the value in the default's type, or the default."""
        value = self._parameters.get(name, default)
        return type(default)(value)

    def raw(self, name: str) -> Value | None:
        """Return the value of a parameter that may have several types; whole numbers are int where it takes
        int."""
        value = self._parameters.get(name)
        if isinstance(value, float) and value.is_integer() and float not in self._known[name].kinds:
            return int(value)
        return value
