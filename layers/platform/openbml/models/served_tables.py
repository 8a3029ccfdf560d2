"""What a model version of tabular prediction is asked: its features, as forms and callers need them."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

# A version's record is one DynamoDB item of at most 400 KB, of which its features get this much.
_MOST_BYTES = 200_000
_MOST_CHOICES = 100
_EXAMPLE_CHARACTERS = 100
_LARGEST = 1e100


class TableFeature(BaseModel):
    """A column that a row must have.

    Attributes:
        example: of a row of training.
        choices: of a category, where there are few.
        minimum, maximum: of a number in training; a value may lie outside.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    name: str = Field(min_length=1, max_length=128)
    kind: str = Field(max_length=20)
    required: bool = True
    example: int | float | str | None = None
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None

    @model_validator(mode="before")
    @classmethod
    def _numbers_are_numbers(cls, document: Any) -> Any:
        """An item's fractions are kept as texts (`openbml.core.items`)."""
        if not isinstance(document, dict) or document.get("kind") != "number":
            return document
        return {**document, "example": _number(document.get("example"))}

    def shortened(self) -> "TableFeature":
        """Return the feature as it is kept: short texts, numbers that an item holds, few choices."""
        example = self.example
        changes = {
            "example": example[:_EXAMPLE_CHARACTERS] if isinstance(example, str) else _storable(example),
            "choices": self.choices if len(self.choices) <= _MOST_CHOICES else (),
            "minimum": _storable(self.minimum),
            "maximum": _storable(self.maximum),
        }
        return self.model_copy(update=changes)


class ServedTable(BaseModel):
    """Attributes:
    kind: what is predicted.
    positive_label: of a binary target, the class that the recommended threshold is about.
    quantiles: that are answered beside the value; none of other objectives.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: Literal["binary", "multiclass", "regression"]
    target: str = Field(min_length=1, max_length=128)
    positive_label: str | None = None
    quantiles: tuple[float, ...] = Field(default=(), max_length=19)
    columns: tuple[TableFeature, ...] = Field(min_length=1, max_length=1000)

    def kept(self) -> "ServedTable":
        """Return the table as a record can hold it: choices, then examples go where all is too much."""
        table = self.model_copy(update={"columns": tuple(row.shortened() for row in self.columns)})
        for dropped in ({"choices": ()}, {"example": None}):
            if len(table.model_dump_json().encode()) <= _MOST_BYTES:
                break
            columns = tuple(row.model_copy(update=dropped) for row in table.columns)
            table = table.model_copy(update={"columns": columns})
        return table


def _storable(value: Any) -> Any:
    """DynamoDB's numbers have magnitudes of 1e-130 to 9.9e125."""
    if value is None or abs(value) > _LARGEST:
        return None
    return value if value == 0 or abs(value) > 1 / _LARGEST else 0.0


def _number(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return float(value)
    except ValueError:
        return value
