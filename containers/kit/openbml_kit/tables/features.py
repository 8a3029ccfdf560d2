"""Features: the columns of the matrix that models see and that an exported graph takes."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class FeatureKind(StrEnum):
    """`number`: a finite float32, or NaN where it is missing. `code`: a category's number 0, 1, …, or NaN for
    one that training has not seen; a missing value is a category of its own where training has seen one."""

    NUMBER = "number"
    CODE = "code"


class Feature(BaseModel):
    """One column of the matrix.

    Attributes:
        column: the table's column that it is made of.
        cardinality: of a code: how many there are.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    column: str
    kind: FeatureKind
    cardinality: int = Field(default=0, ge=0)
