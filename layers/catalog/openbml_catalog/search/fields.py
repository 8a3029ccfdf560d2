"""Strategies and the fields of their forms."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache

from pydantic import BaseModel, ConfigDict

from openbml_catalog.documents import load_document
from openbml_catalog.search.errors import SearchConfigError


class StrategyName(StrEnum):
    RANDOM = "random"
    BAYESIAN = "bayesian"
    EVOLUTIONARY = "evolutionary"


class FieldType(StrEnum):
    INTEGER = "integer"
    NUMBER = "number"


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    label_en: str
    label_zh: str
    help_en: str
    help_zh: str


class Strategy(_Row):
    """How trials are chosen.

    Attributes:
        fields: names of its own fields, beside the general ones.
        max_trials: default; None where rounds and population make it.
        concurrent: trials at once where no field says it.
        fixed_structure: what changes the network's structure cannot be searched.
    """

    fields: Sequence[str]
    max_trials: int | None
    concurrent: int | None
    fixed_structure: bool


class SearchField(_Row):
    type: FieldType
    general: bool = False
    minimum: float
    maximum: float
    above_minimum: bool = False
    default: int | float | None

    def check(self, value: float) -> None:
        """Raises SearchConfigError: out of range, or not a whole number where one is wanted."""
        low_kept = value > self.minimum if self.above_minimum else value >= self.minimum
        if not low_kept or not value <= self.maximum:
            raise SearchConfigError(self.name, f"must be {self.range}, not {value:g}")
        if self.type is FieldType.INTEGER and value != int(value):
            raise SearchConfigError(self.name, f"must be a whole number, not {value:g}")

    @property
    def range(self) -> str:
        if self.above_minimum:
            return f"above {self.minimum:g} and at most {self.maximum:g}"
        return f"between {self.minimum:g} and {self.maximum:g}"


@cache
def strategies() -> Mapping[StrategyName, Strategy]:
    rows = load_document("search", "search.yaml")["strategies"]
    return {StrategyName(row["name"]): Strategy.model_validate(row) for row in rows}


@cache
def search_fields() -> Mapping[str, SearchField]:
    """Return all fields by name, in the order forms show them."""
    rows = load_document("search", "search.yaml")["fields"]
    return {row["name"]: SearchField.model_validate(row) for row in rows}
