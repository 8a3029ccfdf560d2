"""Types of table columns (spec 02 section 8.10) and how two of them become one."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, model_serializer, model_validator

DECIMAL_DIGITS = 38  # what Parquet's decimal128 holds

_WRITTEN = re.compile(r"\s*([A-Za-z_ ]+?)\s*(?:\(\s*(\d{1,4})\s*(?:,\s*(\d{1,4})\s*)?\))?\s*")


class TypeName(StrEnum):
    SMALLINT = "smallint"
    INT = "int"
    BIGINT = "bigint"
    FLOAT = "float"
    DOUBLE = "double"
    DATE = "date"
    TIMESTAMP = "timestamp"
    UUID = "uuid"
    STRING = "string"
    DECIMAL = "decimal"


_TYPE_NAMES = {name.value: name for name in TypeName}
INTEGER_BITS = {TypeName.SMALLINT: 16, TypeName.INT: 32, TypeName.BIGINT: 64}
_INTEGER_DIGITS = {TypeName.SMALLINT: 5, TypeName.INT: 10, TypeName.BIGINT: 19}
_REALS = (TypeName.FLOAT, TypeName.DOUBLE)

# What catalogues and other tools call the same; `boolean` becomes text, as in the manual's sample.
_CATALOGUE_NAMES = {
    "boolean": TypeName.STRING,
    "bool": TypeName.STRING,
    "tinyint": TypeName.SMALLINT,
    "short": TypeName.SMALLINT,
    "integer": TypeName.INT,
    "long": TypeName.BIGINT,
    "real": TypeName.FLOAT,
    "double precision": TypeName.DOUBLE,
    "numeric": TypeName.DECIMAL,
    "datetime": TypeName.TIMESTAMP,
    "timestamp with time zone": TypeName.TIMESTAMP,
    "timestamp without time zone": TypeName.TIMESTAMP,
    "char": TypeName.STRING,
    "varchar": TypeName.STRING,
    "text": TypeName.STRING,
}


class ColumnTypeError(ValueError):
    """A type that columns cannot have; compound types are such."""


class ColumnType(BaseModel):
    """One type; written as in the data API: `bigint`, `decimal(10,2)`.

    Attributes:
        precision: digits of a decimal in all.
        scale: digits of a decimal after the point.
    """

    model_config = ConfigDict(frozen=True)

    name: TypeName
    precision: int | None = None
    scale: int | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return _parts(value, {}) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _digits_fit(self) -> Self:
        if self.name is not TypeName.DECIMAL:
            if self.precision is not None or self.scale is not None:
                raise ColumnTypeError(f"{self.name} takes no digits")
        elif self.precision is None or self.scale is None:
            raise ColumnTypeError("a decimal needs its digits: decimal(10,2)")
        elif not (1 <= self.precision <= DECIMAL_DIGITS and 0 <= self.scale <= self.precision):
            raise ColumnTypeError(f"decimal({self.precision},{self.scale}) is not between 1 and 38 digits")
        return self

    @model_serializer
    def _as_text(self) -> str:
        return str(self)

    def __str__(self) -> str:
        if self.name is TypeName.DECIMAL:
            return f"decimal({self.precision},{self.scale})"
        return self.name.value

    @classmethod
    def parse(cls, text: str) -> "ColumnType":
        """Return the type of that name in the data API. Raises ColumnTypeError."""
        return _built(_parts(text, {}))

    @classmethod
    def from_catalogue(cls, text: str) -> "ColumnType":
        """Return the type that stands for a data catalogue's own. Raises ColumnTypeError."""
        return _built(_parts(text, _CATALOGUE_NAMES))


def _parts(text: str, synonyms: Mapping[str, TypeName]) -> dict[str, Any]:
    match = _WRITTEN.fullmatch(text[:200])
    name = match[1].lower() if match else ""
    known = synonyms.get(name) or _TYPE_NAMES.get(name)
    if match is None or known is None:
        raise ColumnTypeError(f"{text[:80]!r} is no column type; there are {', '.join(TypeName)}")
    if known is not TypeName.DECIMAL:
        if match[2] is not None and not (synonyms and known is TypeName.STRING):
            raise ColumnTypeError(f"{name} takes no digits")
        return {"name": known}
    if match[2] is None:
        raise ColumnTypeError("a decimal needs its digits: decimal(10,2)")
    return {"name": known, "precision": int(match[2]), "scale": int(match[3] or 0)}


def _built(parts: dict[str, Any]) -> ColumnType:
    try:
        return ColumnType.model_validate(parts)
    except ValueError as error:  # pydantic's, which wraps ours
        raise ColumnTypeError(str(error).splitlines()[-2].strip()) from error


SMALLINT, INT, BIGINT, FLOAT, DOUBLE, DATE, TIMESTAMP, UUID, STRING = (
    ColumnType(name=name) for name in TypeName if name is not TypeName.DECIMAL
)


def decimal(precision: int, scale: int) -> ColumnType:
    return ColumnType(name=TypeName.DECIMAL, precision=precision, scale=scale)


def widest_type(one: ColumnType, other: ColumnType) -> ColumnType:
    """Return the narrowest type that takes the values of both; the order of many merges does not matter."""
    if one == other:
        return one
    names = {one.name, other.name}
    if names == {TypeName.DATE, TypeName.TIMESTAMP}:
        return TIMESTAMP
    if names <= INTEGER_BITS.keys():
        return max(one, other, key=lambda column_type: INTEGER_BITS[column_type.name])
    if names <= {*INTEGER_BITS, TypeName.DECIMAL}:
        return _widest_decimal(one, other)
    if names == {TypeName.SMALLINT, TypeName.FLOAT}:
        return FLOAT
    if names <= {*INTEGER_BITS, *_REALS, TypeName.DECIMAL}:
        return DOUBLE
    return STRING


def _widest_decimal(one: ColumnType, other: ColumnType) -> ColumnType:
    whole = max(_whole_digits(one), _whole_digits(other))
    scale = max(one.scale or 0, other.scale or 0)
    return decimal(whole + scale, scale) if whole + scale <= DECIMAL_DIGITS else DOUBLE


def _whole_digits(column_type: ColumnType) -> int:
    if column_type.precision is None:
        return _INTEGER_DIGITS[column_type.name]
    return column_type.precision - (column_type.scale or 0)
