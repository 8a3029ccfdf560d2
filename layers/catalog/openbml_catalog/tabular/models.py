"""Models of tabular prediction, their hyper-parameters, and what these may be (spec 03 section 4.3)."""

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache
from typing import TypeGuard

from pydantic import BaseModel, ConfigDict

from openbml_catalog.documents import load_document
from openbml_catalog.tabular.ranges import Choice, LogUniform, Range, RangeKind, Value, shown
from openbml_catalog.tabular.settings import AlgorithmType, TrainingWay

_WIDE = 10  # times the preset range


class TabularParameterType(StrEnum):
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    CHOICE = "choice"


_KINDS: Mapping[TabularParameterType, Sequence[RangeKind]] = {
    TabularParameterType.INTEGER: (
        RangeKind.RANDINT,
        RangeKind.QUNIFORM,
        RangeKind.LOGUNIFORM,
        RangeKind.CHOICE,
    ),
    TabularParameterType.NUMBER: tuple(RangeKind),
    TabularParameterType.BOOLEAN: (RangeKind.CHOICE,),
    TabularParameterType.CHOICE: (RangeKind.CHOICE,),
}


class TabularParameter(BaseModel):
    """A hyper-parameter.

    Attributes:
        choices: of a choice. words: what may stand in the place of a number.
        range: what a search looks through where nobody says otherwise.
        slow_above: greater values make a training very long.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    type: TabularParameterType
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    default: Value
    slow_above: float | None = None
    range: Range
    help_en: str
    help_zh: str

    @property
    def range_kinds(self) -> Sequence[RangeKind]:
        """The kinds of ranges that can hold its values."""
        return _KINDS[self.type]

    @property
    def allowed(self) -> str:
        """What it may be, in words."""
        match self.type:
            case TabularParameterType.BOOLEAN:
                return "True or False"
            case TabularParameterType.CHOICE:
                return f"one of {', '.join(self.choices)}"
            case TabularParameterType.INTEGER:
                return f"a whole number from {self._limits}"
            case TabularParameterType.NUMBER:
                return " or ".join((f"a number from {self._limits}", *self.words))

    def fault(self, value: object) -> str | None:
        """Return what is wrong with a value, None where it can be taken."""
        return None if self._takes(value) else f"must be {self.allowed}, not {shown(value)}"

    def range_fault(self, range_: Range) -> str | None:
        """Return what is wrong with a range, None where it can be searched."""
        if range_.type not in self.range_kinds:
            kinds = ", ".join(self.range_kinds)
            return f"takes ranges of the type {kinds}, not {range_.type}: it is {self.allowed}"
        for value in range_.ends:
            if not self._takes(value):
                return f"has {shown(value)} in its {range_.type} range: it must be {self.allowed}"
        return None

    def range_warning(self, range_: Range) -> str | None:
        """Return why a range that is allowed makes a search long, None where it does not."""
        highest = max((value for value in range_.ends if _is_number(value)), default=0)
        if self.slow_above is not None and highest > self.slow_above:
            return f"goes up to {highest:g}: above {self.slow_above:g} a training takes very long"
        if _width(range_) > _WIDE * _width(self.range) > 0:
            return (
                f"is searched in a range over {_WIDE} times as wide as the preset one: this takes many trials"
            )
        return None

    @property
    def _limits(self) -> str:
        return f"{self.minimum:g} to {self.maximum:g}"

    def _takes(self, value: object) -> bool:
        match self.type:
            case TabularParameterType.BOOLEAN:
                return isinstance(value, bool)
            case TabularParameterType.CHOICE:
                return isinstance(value, str) and value in self.choices
            case TabularParameterType.INTEGER:
                return isinstance(value, int) and self._within(value)
            case TabularParameterType.NUMBER:
                return (isinstance(value, str) and value in self.words) or self._within(value)

    def _within(self, value: object) -> bool:
        if not _is_number(value) or self.minimum is None or self.maximum is None:
            return False
        return self.minimum <= value <= self.maximum


class TabularModel(BaseModel):
    """A kind of model.

    Attributes:
        expert: the expert mode offers it. distributed: there, on several nodes too.
        kinds: of problems that it learns.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    label_en: str
    label_zh: str
    help_en: str
    help_zh: str
    kinds: tuple[AlgorithmType, ...]
    expert: bool
    distributed: bool
    parameters: tuple[TabularParameter, ...]

    def parameter(self, name: str) -> TabularParameter | None:
        return next((row for row in self.parameters if row.name == name), None)

    def defaults(self) -> Mapping[str, Value]:
        return {row.name: row.default for row in self.parameters}

    def space(self) -> Mapping[str, Range]:
        """Return the preset search space."""
        return {row.name: row.range for row in self.parameters}


@cache
def models() -> Mapping[str, TabularModel]:
    """Return all models by code, in the order that forms show them."""
    rows = load_document("tabular", "models.yaml")["models"]
    return {row["code"]: TabularModel.model_validate(row) for row in rows}


def expert_models(algorithm_type: AlgorithmType, way: TrainingWay) -> Sequence[TabularModel]:
    """Return what the expert mode offers: single machines have more than distributed training."""
    single = way is TrainingWay.SINGLE
    return [
        model
        for model in models().values()
        if model.expert and algorithm_type in model.kinds and (single or model.distributed)
    ]


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _width(range_: Range) -> float:
    match range_:
        case Choice():
            return 0.0
        case LogUniform():
            return math.log(range_.high / range_.low)
        case _:
            return float(range_.high - range_.low)
