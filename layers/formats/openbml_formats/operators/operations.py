"""Operations as people order them: an operator with its values, checked against the catalogue."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field

from openbml_catalog.datasets import DatasetKind
from openbml_catalog.datasets.operators import OperatorEffect, OperatorUse, ParameterValue, data_operators

MOST_OPERATIONS = 12


class OperationError(ValueError):
    """An operation cannot be done; `place` is its number in the list, from 0."""

    def __init__(self, place: int, code: str, message: str) -> None:
        super().__init__(message)
        self.place = place
        self.code = code


class Operation(BaseModel):
    """An operator with values; those left out are the catalogue's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str = Field(max_length=40)
    parameters: Mapping[str, ParameterValue] = Field(default_factory=dict, max_length=12)

    @property
    def is_filter(self) -> bool:
        return data_operators()[self.code].effect is OperatorEffect.FILTER

    def integer(self, name: str) -> int:
        return int(self.parameters[name])

    def number(self, name: str) -> float:
        return float(self.parameters[name])

    def choice(self, name: str) -> str:
        return str(self.parameters[name])


def checked_operations(
    operations: Sequence[Operation], *, kind: DatasetKind, use: OperatorUse
) -> tuple[Operation, ...]:
    """Return the operations with every parameter set.

    Raises:
        OperationError: none or too many, an unknown one, one that the kind cannot have, a wrong value.
    """
    if not operations:
        raise OperationError(0, "", "choose at least one operation")
    if len(operations) > MOST_OPERATIONS:
        raise OperationError(MOST_OPERATIONS, "", f"at most {MOST_OPERATIONS} operations are taken")
    return tuple(_checked(place, operation, kind, use) for place, operation in enumerate(operations))


def _checked(place: int, operation: Operation, kind: DatasetKind, use: OperatorUse) -> Operation:
    operator = data_operators().get(operation.code)
    if operator is None or operator.use is not use:
        raise OperationError(place, operation.code, f"{operation.code!r} is no operator of {use.value}")
    refusal = operator.refusal(kind)
    if refusal is not None:
        raise OperationError(place, operation.code, f"{operator.title}: {refusal}")
    known = {parameter.name: parameter for parameter in operator.parameters}
    for name, value in operation.parameters.items():
        fault = known[name].fault(value) if name in known else "is not one of its parameters"
        if fault is not None:
            raise OperationError(place, operation.code, f"{operator.title}: {name} {fault}")
    values = {**operator.defaults(), **operation.parameters}
    low_high = [("min_length", "max_length"), ("min_factor", "max_factor")]
    for low, high in low_high:
        if low in values and float(values[low]) > float(values[high]):
            raise OperationError(place, operation.code, f"{operator.title}: {low} is above {high}")
    return Operation(code=operation.code, parameters=values)
