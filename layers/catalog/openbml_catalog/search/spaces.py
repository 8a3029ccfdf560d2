"""What can be searched: the manual's names, their value types and ranges (spec 03 section 2.12)."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache
from math import prod

from pydantic import BaseModel, ConfigDict, Field

from openbml_catalog.documents import load_document
from openbml_catalog.networks import HyperParameter, Network, hyper_parameters
from openbml_catalog.networks.hyper_parameters import ParameterType
from openbml_catalog.search.errors import SearchConfigError

_MOST_VALUES = 50


class ValueType(StrEnum):
    DISCRETE = "discrete"
    RANDOM_INTEGER = "random_integer"
    UNIFORM = "uniform"
    LOG_UNIFORM = "log_uniform"
    BOOLEAN = "boolean"


class ParameterSpace(BaseModel):
    """The values a trial may have: `values` of a discrete one, `low` to `high`, both included, of a range."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: ValueType
    values: tuple[float, ...] | None = Field(default=None, max_length=_MOST_VALUES)
    low: float | None = None
    high: float | None = None

    def choices(self) -> Sequence[float] | None:
        """Return all values there are where they can be counted; a boolean's are 0 and 1."""
        if self.type is ValueType.BOOLEAN:
            return (0.0, 1.0)
        if self.type is ValueType.RANDOM_INTEGER:
            low, high = self.bounds
            return [float(value) for value in range(int(low), int(high) + 1)]
        return self.values

    @property
    def bounds(self) -> tuple[float, float]:
        if self.low is None or self.high is None:
            raise ValueError(f"a {self.type} space has no bounds")
        return self.low, self.high


Space = Mapping[str, ParameterSpace]


class DefaultRange(BaseModel):
    """The range of the default space: fixed, or `factors` of what the network's entry recommends."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: ValueType
    low: float | None = None
    high: float | None = None
    factors: tuple[float, ...] | None = Field(default=None, min_length=2, max_length=2)


class SearchParameter(BaseModel):
    """A hyper-parameter that can be searched.

    Attributes:
        parameter: the training hyper-parameter that takes the value.
        on, off: what true and false set it to.
        anchors: networks without anchors lack it.
        structural: it changes the network's structure, so that weights cannot pass from trial to trial.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    parameter: str
    value_types: Sequence[ValueType]
    on: float | None = None
    off: float | None = None
    structural: bool = False
    anchors: bool = False
    default: DefaultRange | None
    label_en: str
    label_zh: str
    help_en: str
    help_zh: str

    def check(self, space: ParameterSpace, limits: HyperParameter) -> None:
        """Raises SearchConfigError: a value type it does not have, or values that training would refuse."""
        field = f"space.{self.name}"
        if space.type not in self.value_types:
            allowed = ", ".join(self.value_types)
            raise SearchConfigError(f"{field}.type", f"must be one of {allowed}, not {space.type}")
        if space.type is ValueType.BOOLEAN:
            _require_only(field, space, set())
        elif space.type is ValueType.DISCRETE:
            _require_only(field, space, {"values"})
            _check_values(field, space.values, limits)
        else:
            _require_only(field, space, {"low", "high"})
            _check_bounds(field, space, limits)

    def text_of(self, value: float, limits: HyperParameter) -> str:
        """Return a value as trials carry it: `true`, `16`, `0.001`."""
        if self.value_types == [ValueType.BOOLEAN]:
            return "true" if value else "false"
        return str(round(value)) if limits.type is ParameterType.INTEGER else repr(float(value))

    def setting_of(self, text: str) -> str:
        """Return what the training hyper-parameter is set to."""
        match text:
            case "true":
                return str(self.on)
            case "false":
                return str(self.off)
            case _:
                return text


@cache
def _all_parameters() -> Sequence[SearchParameter]:
    rows = load_document("search", "search.yaml")["parameters"]
    return [SearchParameter.model_validate(row) for row in rows]


@cache
def search_parameters(task: str) -> Mapping[str, SearchParameter]:
    """Return what a task's networks can have searched, by the manual's name."""
    there = hyper_parameters(task)
    return {row.name: row for row in _all_parameters() if row.parameter in there}


def searchable(task: str, network: Network) -> Mapping[str, SearchParameter]:
    """Return what a network can have searched, by the manual's name."""
    return {name: row for name, row in search_parameters(task).items() if network.anchors or not row.anchors}


def default_space(task: str, network: Network, *, fixed_structure: bool) -> dict[str, ParameterSpace]:
    """Return the hyper-parameters that are worth searching for the network, with their ranges."""
    declared = hyper_parameters(task)
    return {
        name: _default_of(row.default, declared[row.parameter], network)
        for name, row in searchable(task, network).items()
        if row.default and not (row.structural and fixed_structure)
    }


def hyper_parameters_of(parameters: Mapping[str, str], task: str) -> dict[str, str]:
    """Return a trial's parameters as training hyper-parameters.

    Raises:
        KeyError: a name that the task cannot have searched.
    """
    known = search_parameters(task)
    return {known[name].parameter: known[name].setting_of(text) for name, text in parameters.items()}


def combinations(space: Space) -> int | None:
    """Return how many different trials a space allows, None where a value can be any of a range."""
    choices = [one.choices() for one in space.values()]
    return None if None in choices else prod(len(values) for values in choices if values)


def _default_of(default: DefaultRange, limits: HyperParameter, network: Network) -> ParameterSpace:
    low, high = default.low, default.high
    if default.factors:
        recommended = float(getattr(network, limits.name))
        low, high = (_within(recommended * factor, limits) for factor in default.factors)
    if default.type is ValueType.DISCRETE and low is not None and high is not None:
        return ParameterSpace(type=default.type, values=tuple(sorted({low, high})))
    return ParameterSpace(type=default.type, low=low, high=high)


def _within(value: float, limits: HyperParameter) -> float:
    if limits.type is ParameterType.INTEGER:
        value = float(int(value))
    if limits.minimum is not None:
        value = max(value, limits.minimum)
    return value if limits.maximum is None else min(value, limits.maximum)


def _require_only(field: str, space: ParameterSpace, needed: set[str]) -> None:
    given = {name for name in ("values", "low", "high") if getattr(space, name) is not None}
    if given != needed:
        wanted = " and ".join(sorted(needed, reverse=True)) or "neither values nor bounds"
        raise SearchConfigError(field, f"needs {wanted} for the type {space.type}, nothing else")


def _check_values(field: str, values: Sequence[float] | None, limits: HyperParameter) -> None:
    if not values or len(set(values)) != len(values):
        raise SearchConfigError(f"{field}.values", "must be a list of different values")
    for value in values:
        _check_value(f"{field}.values", value, limits, whole=limits.type is ParameterType.INTEGER)


def _check_bounds(field: str, space: ParameterSpace, limits: HyperParameter) -> None:
    low, high = space.bounds
    whole = space.type is ValueType.RANDOM_INTEGER
    _check_value(f"{field}.low", low, limits, whole=whole)
    _check_value(f"{field}.high", high, limits, whole=whole)
    if not low < high:
        raise SearchConfigError(f"{field}.low", f"must be below high, {low:g} is not below {high:g}")
    if space.type is ValueType.LOG_UNIFORM and low <= 0:
        raise SearchConfigError(f"{field}.low", "must be above 0 for the type log_uniform")


def _check_value(field: str, value: float, limits: HyperParameter, *, whole: bool) -> None:
    low, high = limits.minimum, limits.maximum
    if not (low is None or value >= low) or not (high is None or value <= high):
        raise SearchConfigError(field, f"must be between {low:g} and {high:g}, not {value:g}")
    if whole and value != int(value):
        raise SearchConfigError(field, f"must be a whole number, not {value:g}")
