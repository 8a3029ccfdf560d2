"""Operators of cleaning and augmentation: what there is, for which samples, with which parameters."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache

from pydantic import BaseModel, ConfigDict

from openbml_catalog.datasets import AnnotationForm, Content, DatasetKind
from openbml_catalog.documents import load_document

ParameterValue = bool | int | float | str


class OperatorUse(StrEnum):
    CLEANING = "cleaning"
    AUGMENTATION = "augmentation"


class OperatorEffect(StrEnum):
    FILTER = "filter"
    CHANGE = "change"


class ParameterType(StrEnum):
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    CHOICE = "choice"


class OperatorParameter(BaseModel):
    model_config = ConfigDict(frozen=True)

    name: str
    title: str
    type: ParameterType
    default: ParameterValue
    min: float | None = None
    max: float | None = None
    choices: tuple[str, ...] = ()
    help: str

    def fault(self, value: object) -> str | None:
        """Return what is wrong with a value, None when it can be taken."""
        if self.type is ParameterType.BOOLEAN:
            return None if isinstance(value, bool) else "must be true or false"
        if self.type is ParameterType.CHOICE:
            return None if value in self.choices else f"must be one of {', '.join(self.choices)}"
        wanted = int if self.type is ParameterType.INTEGER else int | float
        if isinstance(value, bool) or not isinstance(value, wanted):
            return "must be a whole number" if wanted is int else "must be a number"
        low, high = self.min or 0, self.max or 0
        return None if low <= value <= high else f"must be {low:g} to {high:g}"


class Operator(BaseModel):
    """One operator.

    Attributes:
        refused: annotation forms it cannot keep right, with the reason.
        elsewhere: why it does not take contents that one could expect it to.
    """

    model_config = ConfigDict(frozen=True)

    code: str
    use: OperatorUse
    effect: OperatorEffect
    title: str
    help: str
    contents: tuple[Content, ...]
    refused: Mapping[AnnotationForm, str] = {}
    elsewhere: str = ""
    parameters: tuple[OperatorParameter, ...] = ()

    def refusal(self, kind: DatasetKind) -> str | None:
        """Return why datasets of a kind cannot have it, None when they can."""
        if kind.content not in self.contents:
            taken = ", ".join(self.contents)
            return f"takes {taken}, not {kind.content}. {self.elsewhere}".strip()
        return self.refused.get(kind.annotation_form)

    def defaults(self) -> Mapping[str, ParameterValue]:
        return {parameter.name: parameter.default for parameter in self.parameters}


@cache
def data_operators() -> Mapping[str, Operator]:
    """Return all operators by code."""
    rows = load_document("datasets", "operators.yaml")["operators"]
    return {row["code"]: Operator.model_validate(row) for row in rows}


def operators_for(kind: DatasetKind, use: OperatorUse) -> Sequence[Operator]:
    """Return what a dataset of a kind can choose from, in the order of the catalogue."""
    found = (operator for operator in data_operators().values() if operator.use is use)
    return [operator for operator in found if operator.refusal(kind) is None]
