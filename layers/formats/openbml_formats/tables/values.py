"""Cells: the value that a text stands for in a column's type, and the type that a text looks like."""

import math
import re
import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation

from openbml_formats.tables.column_types import (
    BIGINT,
    DATE,
    DECIMAL_DIGITS,
    DOUBLE,
    INTEGER_BITS,
    STRING,
    TIMESTAMP,
    UUID,
    ColumnType,
    TypeName,
    decimal,
    widest_type,
)

CELL_CHARACTERS = 4096
LARGEST_FLOAT = 3.4028235677973362e38  # rounds to the largest of 32 bits

CellValue = int | float | Decimal | date | datetime | str | None

# Written for "no value" by the tools that tables come from; in a text column they are text.
NULL_WORDS = frozenset({"", "na", "n/a", "nan", "null", "none", "#n/a", "-nan", "<na>", "nat", "\\n"})

_INTEGER = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,5})?")
_DATE = re.compile(r"([0-9]{4})([-/])([0-9]{1,2})\2([0-9]{1,2})")
_COMPACT_DATE = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_TIME = re.compile(
    r"(?P<date>[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2})[T ](?P<hour>[0-9]{1,2}):(?P<rest>[0-9]{2}(?::[0-9]{2})?)"
    r"(?:[.,](?P<fraction>[0-9]{1,9}))?\s?(?P<zone>Z|z|UTC|[+-][0-9]{2}:?[0-9]{2})?"
)
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_EXACT = Context(prec=DECIMAL_DIGITS * 2)


class CellError(ValueError):
    """A text that is no value of its column's type; `reason` is a report's code."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def cell_value(text: str, column_type: ColumnType) -> CellValue:
    """Return what a cell says; None where it says nothing.

    Numbers and times may have blanks around them; times without a zone are UTC, and UTC is what they become.

    Raises:
        CellError: `cell_too_long`, `not_a_value` or `out_of_range`.
    """
    if len(text) > CELL_CHARACTERS:
        raise CellError("cell_too_long", f"has {len(text)} characters, at most {CELL_CHARACTERS} are allowed")
    if column_type.name is TypeName.STRING:
        return text or None
    text = text.strip()
    if text.lower() in NULL_WORDS:
        return None
    return _typed(text, column_type)


def _typed(text: str, column_type: ColumnType) -> CellValue:
    name = column_type.name
    if name in INTEGER_BITS:
        return _integer(text, INTEGER_BITS[name])
    if name is TypeName.DECIMAL:
        return _decimal(text, column_type)
    if name is TypeName.DATE:
        return _date(text)
    if name is TypeName.TIMESTAMP:
        return _timestamp(text)
    if name is TypeName.UUID:
        if not _UUID.fullmatch(text):
            raise _no_value(text, "uuid")
        return str(uuid.UUID(text))
    return _real(text, name)


def _no_value(text: str, what: str) -> CellError:
    return CellError("not_a_value", f"{text[:80]!r} is no {what}")


def _out_of_range(text: str, what: str) -> CellError:
    return CellError("out_of_range", f"{text[:80]!r} does not fit {what}")


def _exact(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise _no_value(text, "number") from error


def _integer(text: str, bits: int) -> int:
    """Whole numbers that are written with a point, as `48.0`, are taken."""
    if not _NUMBER.fullmatch(text):
        raise _no_value(text, "integer")
    number = _exact(text)
    if number and number.adjusted() >= 20:
        raise _out_of_range(text, f"{bits} bits")
    value = int(number)
    if value != number:
        raise _no_value(text, "integer")
    if not -(1 << (bits - 1)) <= value < 1 << (bits - 1):
        raise _out_of_range(text, f"{bits} bits")
    return value


def _real(text: str, name: TypeName) -> float:
    if not _NUMBER.fullmatch(text):
        raise _no_value(text, "number")
    value = float(text)
    if not math.isfinite(value) or (name is TypeName.FLOAT and abs(value) > LARGEST_FLOAT):
        raise _out_of_range(text, str(name))
    return value


def _decimal(text: str, column_type: ColumnType) -> Decimal:
    """More digits after the point than the type has are rounded, half away from zero."""
    if not _NUMBER.fullmatch(text):
        raise _no_value(text, "number")
    precision, scale = column_type.precision or 0, column_type.scale or 0
    number = _exact(text)
    if number and number.adjusted() >= precision:
        raise _out_of_range(text, str(column_type))
    value = number.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP, _EXACT)
    if value and value.adjusted() >= precision - scale:
        raise _out_of_range(text, str(column_type))
    return value


def _date(text: str) -> date:
    match = _DATE.fullmatch(text)
    compact = None if match else _COMPACT_DATE.fullmatch(text)
    if match:
        year, month, day = int(match[1]), int(match[3]), int(match[4])
    elif compact:
        year, month, day = int(compact[1]), int(compact[2]), int(compact[3])
    else:
        moment = _timestamp(text)
        if (moment.hour, moment.minute, moment.second, moment.microsecond) != (0, 0, 0, 0):
            raise _no_value(text, "date: it has a time")
        return moment.date()
    try:
        return date(year, month, day)
    except ValueError as error:
        raise _no_value(text, "date") from error


def _timestamp(text: str) -> datetime:
    match = _TIME.fullmatch(text)
    if match is None:
        if not _DATE.fullmatch(text):
            raise _no_value(text, "date or time")
        day = _date(text)
        return datetime(day.year, day.month, day.day, tzinfo=UTC)
    day = _date(match["date"])
    zone = match["zone"] or "Z"
    clock = f"{match['hour']:0>2}:{match['rest']}.{(match['fraction'] or '0')[:6]:0<6}"
    if match["rest"].count(":") == 0:
        clock = f"{match['hour']:0>2}:{match['rest']}:00.000000"
    try:
        moment = datetime.fromisoformat(f"{day.isoformat()}T{clock}{'+00:00' if zone in 'zZUTC' else zone}")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _no_value(text, "time") from error


def type_of_text(text: str) -> ColumnType | None:
    """Return what a cell looks like, None where it says nothing.

    Whole numbers are `bigint` and others `double`: a part of a table does not tell how large the rest gets.
    Numbers with leading zeros are codes, thus text.
    """
    text = text.strip()
    if text.lower() in NULL_WORDS:
        return None
    if _INTEGER.fullmatch(text):
        return _type_of_integer(text)
    if _NUMBER.fullmatch(text):
        return DOUBLE if math.isfinite(float(text)) and not _is_code(text) else STRING
    if _UUID.fullmatch(text):
        return UUID
    for column_type, read in ((DATE, _date), (TIMESTAMP, _timestamp)):
        pattern = _DATE if column_type is DATE else _TIME
        if pattern.fullmatch(text):
            try:
                read(text)
            except CellError:
                return STRING
            return column_type
    return STRING


def _is_code(text: str) -> bool:
    return bool(re.match(r"[+-]?0[0-9]", text))


def _type_of_integer(text: str) -> ColumnType:
    digits = len(text.lstrip("+-"))
    if _is_code(text) or digits > DECIMAL_DIGITS:
        return STRING
    if digits < 19 or -(1 << 63) <= int(text) < 1 << 63:
        return BIGINT
    return decimal(DECIMAL_DIGITS, 0)


def guessed_type(texts: Iterable[str]) -> ColumnType:
    """Return the narrowest type that takes all cells of a column; text where none says anything."""
    found: ColumnType | None = None
    for text in texts:
        column_type = type_of_text(text)
        if column_type is not None:
            found = column_type if found is None else widest_type(found, column_type)
            if found == STRING:
                return STRING
    return found or STRING


def guessed_types(rows: Iterable[Sequence[str]], width: int) -> Sequence[ColumnType]:
    """Return each column's type as `guessed_type` does, in one pass over rows of any number."""
    found: list[ColumnType | None] = [None] * width
    for row in rows:
        for place, text in enumerate(row[:width]):
            before = found[place]
            if before == STRING:
                continue
            column_type = type_of_text(text)
            if column_type is not None:
                found[place] = column_type if before is None else widest_type(before, column_type)
    return [column_type or STRING for column_type in found]
