"""Fits the map of one column to training rows."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from openbml_formats.tables.column_counts import ColumnCounts, shown
from openbml_formats.tables.column_kinds import ColumnKind, FoundKind, found_kind
from openbml_kit.tables.column_maps import (
    MOST_CATEGORIES,
    CategoryColumn,
    ColumnMap,
    DateColumn,
    IgnoredColumn,
    NumberColumn,
    TextColumn,
)
from openbml_kit.tables.date_parts import DatePart, part_values
from openbml_kit.tables.raw_values import WrongTypeError, as_number, category_text
from openbml_tabular.features.text_topics import TextOptions, fitted_text

_DATE_SAMPLE = 5000
_MOST_MISSING_WORDS = 1000
DATE_PARTS = (
    DatePart.DAYS,
    DatePart.YEAR,
    DatePart.MONTH,
    DatePart.DAY,
    DatePart.DAY_OF_YEAR,
    DatePart.WEEKDAY,
    DatePart.HOUR,
    DatePart.MINUTE,
)


@dataclass(frozen=True)
class ColumnOptions:
    """What feature engineering may change of how columns are read.

    Attributes:
        date_parts: those that are made of a date, where they differ between training rows.
        most_categories: of a category column; the rest is one category, `(other)`.
        texts: of text columns.
    """

    date_parts: Sequence[DatePart] = DATE_PARTS
    most_categories: int = MOST_CATEGORIES
    texts: TextOptions = field(default_factory=TextOptions)


def fitted_column(counts: ColumnCounts, values: pa.Array, options: ColumnOptions, *, seed: int) -> ColumnMap:
    """Return the map of a column.

    Args:
        counts: of the training rows.
        values: all different texts of these; of a column of another type they are not looked at.
    """
    found = found_kind(counts)
    if found.kind is ColumnKind.IGNORED:
        return IgnoredColumn(name=counts.name, because=str(found.because))
    if found.kind is ColumnKind.NUMBER:
        return _number(counts, values, found)
    if found.kind is ColumnKind.DATE:
        return _date(counts, values, found, options.date_parts)
    if found.kind is ColumnKind.TEXT:
        return _text(counts, values, options.texts, seed=seed)
    return _category(counts, values, options.most_categories)


def _number(counts: ColumnCounts, values: pa.Array, found: FoundKind) -> NumberColumn:
    column = NumberColumn(name=counts.name, mark=found.mark)
    read = column.number_reader()
    if counts.texts:
        words = _unreadable(values.to_pylist(), read)
        column = column.model_copy(update={"missing_words": words})
        numbers = [number for text in counts.texts if (number := _known(text, read)) is not None]
        limits = (min(numbers), max(numbers)) if numbers else (None, None)
        example: float | str | None = numbers[0] if numbers else None
    else:
        lowest, highest = counts.extremes or (None, None)
        limits = (as_number(lowest), as_number(highest))
        example = _plain(counts.values[0]) if counts.values else None
    return column.model_copy(update={"minimum": limits[0], "maximum": limits[1], "example": example})


def _plain(value: object) -> int | float | None:
    return value if isinstance(value, int) else as_number(value)


def _known(text: str, read: Callable[[object], float]) -> float | None:
    try:
        number = read(text)
    except WrongTypeError:
        return None
    return None if number != number else number


def _unreadable(values: Sequence[object], read: Callable[[object], object]) -> tuple[str, ...]:
    """Return the texts that a column cannot read, in lower case: what training counts as missing."""
    words: set[str] = set()
    for value in values:
        try:
            read(value)
        except WrongTypeError:
            words.add(str(value).strip().lower()[:100])
    return tuple(sorted(words)[:_MOST_MISSING_WORDS])


def _date(counts: ColumnCounts, values: pa.Array, found: FoundKind, parts: Sequence[DatePart]) -> DateColumn:
    column = DateColumn(name=counts.name, parts=tuple(parts), day_first=found.day_first)
    if counts.texts:
        words = _unreadable(values.to_pylist(), column.seconds)
        column = column.model_copy(update={"missing_words": words})
    moments = [column.seconds(value) for value in counts.values[:_DATE_SAMPLE]]
    seen = [part_values(seconds, parts) for seconds in moments if seconds is not None]
    varying = [part for place, part in enumerate(parts) if len({row[place] for row in seen}) > 1]
    example = next(
        (shown(value) for value, at in zip(counts.values, moments, strict=False) if at is not None), None
    )
    return column.model_copy(update={"parts": tuple(varying or parts[:1]), "example": example})


def _text(counts: ColumnCounts, values: pa.Array, options: TextOptions, *, seed: int) -> TextColumn:
    texts = [text for value in values.to_pylist() if (text := category_text(value))]
    return fitted_text(counts.name, texts, options, seed=seed)


def _category(counts: ColumnCounts, values: pa.Array, most: int) -> CategoryColumn:
    counted: Counter[str] = Counter()
    for value, count in zip(counts.values, counts.counts, strict=True):
        counted[category_text(value) or ""] += count
    ranked = sorted(counted, key=lambda text: (-counted[text], text))
    return CategoryColumn(
        name=counts.name,
        example=ranked[0],
        values=tuple(ranked[:most]),
        other=len(ranked) > most or not counts.is_complete,
        missing=counts.missing > 0,
    )
