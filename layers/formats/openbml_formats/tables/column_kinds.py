"""What a column is to a model: a number, a category, a date, a text, or nothing."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from openbml_formats.tables.column_counts import DATE_TYPES, NUMBER_TYPES, ColumnCounts
from openbml_formats.tables.column_types import TypeName
from openbml_formats.tables.values import NULL_WORDS
from openbml_formats.tables.written_dates import DateForm, date_form, starts_with_day, written_date
from openbml_formats.tables.written_numbers import DecimalMark, decimal_mark, written_number

# A text column is one of numbers or dates where this share of its values is.
_MOSTLY = 0.9
# Words among numbers that count as missing: no more different ones than this.
_MOST_WORDS = 20
_LOOKED_AT = 5000
_TEXT_WORDS = 4.0
_NAME_WORDS = 2.0  # where nearly all values are different: names, addresses
_NEARLY_ALL = 0.9
_LONG = 40
_MANY_CATEGORIES = 0.5
_IDENTIFIER_SHARE = 0.95
_FEWEST_ROWS = 20
_WHOLE = frozenset({TypeName.SMALLINT, TypeName.INT, TypeName.BIGINT})
_GAPS = 3
_IDENTIFIER_NAME = re.compile(r"(?:^|_)(?:id|ID|Id|uid|index|key|no)$|[a-z](?:Id|ID|No|Key|Index)$")
_LEADING_ZERO = re.compile(r"0[0-9]+")


class ColumnKind(StrEnum):
    NUMBER = "number"
    CATEGORY = "category"
    DATE = "date"
    TEXT = "text"
    IGNORED = "ignored"


class Ignored(StrEnum):
    """Why a column is no feature."""

    EMPTY = "empty"
    CONSTANT = "constant"
    IDENTIFIER = "identifier"


@dataclass(frozen=True)
class FoundKind:
    """Attributes:
    because: of an ignored column.
    mark: of a text column of numbers.
    day_first: of a text column of dates.
    guessed: nothing in the column says whether day or month stands first.
    forms: that a text column of dates is written in.
    words: texts among numbers or dates that are none, in lower case; they count as missing.
    mixed: numbers and words in one column.
    """

    kind: ColumnKind
    because: Ignored | None = None
    mark: DecimalMark = DecimalMark.POINT
    day_first: bool = True
    guessed: bool = False
    forms: Sequence[DateForm] = ()
    words: Sequence[str] = ()
    mixed: bool = False


def found_kind(counts: ColumnCounts) -> FoundKind:
    """Return what a column is to a model."""
    if not counts.distinct:
        return FoundKind(ColumnKind.IGNORED, Ignored.EMPTY)
    if counts.distinct == 1 and not counts.missing and not counts.infinite:
        return FoundKind(ColumnKind.IGNORED, Ignored.CONSTANT)
    if counts.type.name in NUMBER_TYPES:
        return _of_numbers(counts)
    if counts.type.name in DATE_TYPES:
        return FoundKind(ColumnKind.DATE)
    return _of_texts(counts)


def _of_numbers(counts: ColumnCounts) -> FoundKind:
    """Whole numbers that are all days of the calendar, as 20261231, are dates."""
    if numbers_every_row(counts) and _IDENTIFIER_NAME.search(counts.name):
        return FoundKind(ColumnKind.IGNORED, Ignored.IDENTIFIER)
    if counts.type.name in (TypeName.INT, TypeName.BIGINT) and counts.distinct > 1:
        some = [str(value) for value in counts.values[:_LOOKED_AT]]
        if all(len(text) == 8 and written_date(text) is not None for text in some):
            return FoundKind(ColumnKind.DATE, forms=(DateForm.COMPACT,))
    return FoundKind(ColumnKind.NUMBER)


def numbers_every_row(counts: ColumnCounts) -> bool:
    """Tell whether whole numbers are all different and lie close together, as a running number does."""
    if counts.type.name not in _WHOLE or counts.missing or counts.rows < _FEWEST_ROWS:
        return False
    if counts.distinct != counts.rows:
        return False
    numbers = [value for value in counts.values if isinstance(value, int)]
    return max(numbers) - min(numbers) < _GAPS * counts.distinct


def _of_texts(counts: ColumnCounts) -> FoundKind:
    texts, weights = counts.texts[:_LOOKED_AT], counts.counts[:_LOOKED_AT]
    if not any(_LEADING_ZERO.fullmatch(text.strip()) for text in texts):
        numbers = _numbers(texts, weights)
        if numbers is not None:
            return numbers
    dates = _dates(texts, weights)
    if dates is not None:
        return dates
    if counts.type.name is TypeName.UUID or _is_identifier(counts):
        return FoundKind(ColumnKind.IGNORED, Ignored.IDENTIFIER)
    mixed = _is_mixed(texts, weights)
    return FoundKind(ColumnKind.TEXT if _is_prose(counts) else ColumnKind.CATEGORY, mixed=mixed)


def _numbers(texts: Sequence[str], weights: Sequence[int]) -> FoundKind | None:
    mark = decimal_mark(texts)
    others = _others(texts, weights, lambda text: written_number(text, mark) is not None)
    says = any(
        not math.isnan(written_number(text, mark) or 0.0) for text in texts if text not in (others or ())
    )
    if others is None or not says:
        return None
    return FoundKind(ColumnKind.NUMBER, mark=mark, words=others, mixed=bool(others))


def _dates(texts: Sequence[str], weights: Sequence[int]) -> FoundKind | None:
    day_first, guessed = starts_with_day(texts)
    others = _others(
        texts,
        weights,
        lambda text: (
            text.strip().lower() in NULL_WORDS or written_date(text, day_first=day_first) is not None
        ),
    )
    forms = sorted({form for text in texts if (form := date_form(text)) is not None})
    if others is None or not forms:
        return None
    words = tuple(sorted({*others, *(text.strip().lower() for text in texts if date_form(text) is None)}))
    return FoundKind(
        ColumnKind.DATE, day_first=day_first, guessed=guessed, forms=forms, words=words, mixed=bool(others)
    )


def _others(
    texts: Sequence[str], weights: Sequence[int], is_one: Callable[[str], bool]
) -> tuple[str, ...] | None:
    """Return the few texts that are none, in lower case; None where there are too many of them."""
    total = others = 0
    words: set[str] = set()
    for text, weight in zip(texts, weights, strict=True):
        total += weight
        if not is_one(text):
            others += weight
            words.add(text.strip().lower())
            if len(words) > _MOST_WORDS:
                return None
    return tuple(sorted(words)) if others <= (1 - _MOSTLY) * total else None


def _is_mixed(texts: Sequence[str], weights: Sequence[int]) -> bool:
    total = sum(weights)
    numbers = sum(weight for text, weight in zip(texts, weights, strict=True) if _is_plain_number(text))
    return 0.1 * total <= numbers < total and numbers < _MOSTLY * total


def _is_plain_number(text: str) -> bool:
    number = written_number(text)
    return number is not None and not math.isnan(number)


def _words(counts: ColumnCounts) -> float:
    some = counts.texts[:_LOOKED_AT]
    return sum(len(text.split()) for text in some) / len(some) if some else 0.0


def _characters(counts: ColumnCounts) -> float:
    some = counts.texts[:_LOOKED_AT]
    return sum(len(text) for text in some) / len(some) if some else 0.0


def _is_prose(counts: ColumnCounts) -> bool:
    """Tell whether a column has texts of several words, or long ones, that seldom come twice."""
    if counts.distinct <= max(_FEWEST_ROWS, _MANY_CATEGORIES * counts.present):
        return False
    fewest = _NAME_WORDS if counts.distinct >= _NEARLY_ALL * counts.present else _TEXT_WORDS
    return _words(counts) >= fewest or _characters(counts) >= _LONG or _unbroken_prose(counts)


def _unbroken_prose(counts: ColumnCounts) -> bool:
    some = counts.texts[:_LOOKED_AT]
    chinese = sum(any("\u3400" <= letter <= "\u9fff" for letter in text) for text in some)
    return chinese > 0.5 * len(some) and _characters(counts) >= 10


def _is_identifier(counts: ColumnCounts) -> bool:
    """Texts of one word that are nearly all different."""
    if counts.present < _FEWEST_ROWS or counts.distinct < _IDENTIFIER_SHARE * counts.present:
        return False
    return _words(counts) < 1.5 and not _unbroken_prose(counts)
