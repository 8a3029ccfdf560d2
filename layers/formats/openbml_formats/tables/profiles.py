"""Profiles of a table's columns, and what a person should know of them before a model is trained.

The same rules tell it on some thousand rows, before a training, and on all rows in the training job.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from openbml_formats.tables.bilingual import Said
from openbml_formats.tables.column_counts import ColumnCounts, shown
from openbml_formats.tables.column_kinds import ColumnKind, FoundKind, Ignored, found_kind, numbers_every_row
from openbml_formats.tables.values import CellValue
from openbml_formats.tables.written_dates import epoch_seconds, written_date
from openbml_formats.tables.written_numbers import DecimalMark, written_number

NEARLY_ALL = 0.99
MANY_CATEGORIES = 1000
_EXAMPLES = 5
_FEWEST_ROWS = 20
_TIME_SHARE = 0.5


class WarningCode(StrEnum):
    EMPTY = "empty"
    CONSTANT = "constant"
    NEARLY_ALL_MISSING = "nearly_all_missing"
    IDENTIFIER = "identifier"
    TIME_COLUMN = "time_column"
    DUPLICATE = "duplicate"
    MANY_CATEGORIES = "many_categories"
    MIXED_TYPES = "mixed_types"
    DECIMAL_COMMA = "decimal_comma"
    DATE_FORMATS = "date_formats"
    DATE_ORDER = "date_order"
    INFINITE = "infinite"
    LEAKAGE = "leakage"  # found out by the training job alone, which sees the target


_SAYS = {
    WarningCode.EMPTY: Said("has no values; it is left out.", "没有任何值，训练时不使用。"),
    WarningCode.CONSTANT: Said(
        "has the same value in every row; it is left out.", "所有行的值相同，训练时不使用。"
    ),
    WarningCode.NEARLY_ALL_MISSING: Said(
        "is missing in {share:.1%} of the rows; it will hardly help.", "{share:.1%}的行缺失该列，作用有限。"
    ),
    WarningCode.IDENTIFIER: Said(
        "looks like an identifier: nearly every row has a value of its own, from which no model "
        "learns; {done}.",
        "疑似标识列：几乎每行的值都不同，模型无法从中学习；{done_zh}。",
    ),
    WarningCode.TIME_COLUMN: Said(
        "looks like the time of a row. If later rows are to be predicted, name it as the time column, "
        "so that the evaluation lies after the training.",
        "疑似时间列。若要预测之后的数据，请将其设为时间列，使评估数据晚于训练数据。",
    ),
    WarningCode.DUPLICATE: Said(
        "equals the column {other} in every row; one of them is enough.",
        "与列{other}逐行相同，保留一列即可。",
    ),
    WarningCode.MANY_CATEGORIES: Said(
        "has {distinct} different categories; rare ones are hard to learn.",
        "有{distinct}个不同类别，少见的类别难以学习。",
    ),
    WarningCode.MIXED_TYPES: Said("mixes types: {words}.{done}", "同一列混有不同类型：{words}。{done_zh}"),
    WarningCode.DECIMAL_COMMA: Said(
        "writes decimal commas (1,5); they are read as numbers.", "使用逗号作为小数点（1,5），按数字读取。"
    ),
    WarningCode.DATE_FORMATS: Said(
        "writes dates in several forms ({forms}); all are read.", "日期有多种写法（{forms}），均可读取。"
    ),
    WarningCode.DATE_ORDER: Said(
        "writes dates such as {example} and never says whether day or month comes first; "
        "the month is taken first.",
        "日期（如{example}）无法判断日与月的先后，按月在前读取。",
    ),
    WarningCode.LEAKAGE: Said(
        "alone tells the target {target} almost perfectly ({share:.1%}). If it is unknown when a prediction "
        "is made, exclude it: the model would be worthless.",
        "单独即可几乎完美地预测目标列{target}（{share:.1%}）。若预测时该列尚不可知，请将其排除，否则模型没有实际价值。",
    ),
    WarningCode.INFINITE: Said(
        "is infinite in {rows} rows; these count as missing.", "有{rows}行为无穷大，按缺失处理。"
    ),
}
_LEFT_OUT = Said("it is left out", "训练时不使用")
_KEPT = Said("leave it out if it is one", "若确为标识列，请将其排除")


class ColumnWarning(BaseModel):
    """What a person should know of a column, with its name in front."""

    model_config = ConfigDict(frozen=True)

    code: WarningCode
    message_en: str
    message_zh: str


class ColumnProfile(BaseModel):
    """Attributes:
    type: as the data API writes it.
    because: why an ignored column is no feature.
    examples: its most frequent values.
    minimum, maximum: of numbers and dates, as text.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    type: str
    kind: ColumnKind
    because: Ignored | None = None
    missing_share: float
    distinct: int
    examples: tuple[str, ...]
    minimum: str | None = None
    maximum: str | None = None
    warnings: tuple[ColumnWarning, ...] = ()


def table_profile(columns: Sequence[ColumnCounts]) -> Sequence[ColumnProfile]:
    """Return the profiles of all columns; of equal columns the later ones say so."""
    firsts: dict[str, str] = {}
    profiles = []
    for counts in columns:
        profile = column_profile(counts)
        first = firsts.setdefault(counts.fingerprint or f"only {counts.name}", counts.name)
        if first != counts.name and profile.kind is not ColumnKind.IGNORED:
            told = column_warning(counts.name, WarningCode.DUPLICATE, other=first)
            profile = profile.model_copy(update={"warnings": (*profile.warnings, told)})
        profiles.append(profile)
    return profiles


def column_profile(counts: ColumnCounts) -> ColumnProfile:
    """Return one column's profile."""
    found = found_kind(counts)
    lowest, highest = _extremes(counts, found)
    return ColumnProfile(
        name=counts.name,
        type=str(counts.type),
        kind=found.kind,
        because=found.because,
        missing_share=round(counts.missing_share, 6),
        distinct=counts.distinct,
        examples=tuple(shown(value) for value in counts.values[:_EXAMPLES]),
        minimum=lowest,
        maximum=highest,
        warnings=tuple(_warnings(counts, found)),
    )


def _extremes(counts: ColumnCounts, found: FoundKind) -> tuple[str | None, str | None]:
    """Return the smallest and largest of the values that were counted, as a person reads them."""
    if counts.extremes:
        return shown(counts.extremes[0]), shown(counts.extremes[1])
    keyed = [(key, value) for value in counts.values if (key := _order(value, found)) is not None]
    if not keyed:
        return None, None
    lowest, highest = min(keyed, key=lambda pair: pair[0]), max(keyed, key=lambda pair: pair[0])
    return shown(lowest[1]), shown(highest[1])


def _order(value: CellValue, found: FoundKind) -> float | None:
    if found.kind is ColumnKind.DATE:
        return _moment(value, found)
    if found.kind is not ColumnKind.NUMBER:
        return None
    number = written_number(value, found.mark) if isinstance(value, str) else _plain(value)
    return None if number is None or number != number else number


def _plain(value: CellValue) -> float | None:
    return float(value) if isinstance(value, int | float | Decimal) else None


def _moment(value: CellValue, found: FoundKind) -> float | None:
    if isinstance(value, date):
        return epoch_seconds(value)
    return written_date(str(value), day_first=found.day_first)


def _warnings(counts: ColumnCounts, found: FoundKind) -> Iterable[ColumnWarning]:
    name = counts.name
    if found.because in (Ignored.EMPTY, Ignored.CONSTANT):
        yield column_warning(name, WarningCode(found.because))
        return
    if counts.missing_share >= NEARLY_ALL:
        yield column_warning(name, WarningCode.NEARLY_ALL_MISSING, share=counts.missing_share)
    if counts.infinite:
        yield column_warning(name, WarningCode.INFINITE, rows=counts.infinite)
    done = _LEFT_OUT if found.because is Ignored.IDENTIFIER else _KEPT
    if found.because is Ignored.IDENTIFIER or numbers_every_row(counts):
        yield column_warning(name, WarningCode.IDENTIFIER, done=done.en, done_zh=done.zh)
    if found.kind is ColumnKind.CATEGORY and counts.distinct > MANY_CATEGORIES:
        yield column_warning(name, WarningCode.MANY_CATEGORIES, distinct=counts.distinct)
    yield from _of_writing(counts, found)


def _of_writing(counts: ColumnCounts, found: FoundKind) -> Iterable[ColumnWarning]:
    name = counts.name
    if found.mixed:
        yield _mixed(name, found)
    if found.mark is DecimalMark.COMMA:
        yield column_warning(name, WarningCode.DECIMAL_COMMA)
    if len(found.forms) > 1:
        yield column_warning(name, WarningCode.DATE_FORMATS, forms=", ".join(found.forms))
    if found.guessed:
        ambiguous = next(text for text in counts.texts if written_date(text) is not None)
        yield column_warning(name, WarningCode.DATE_ORDER, example=ambiguous)
    if found.kind is ColumnKind.DATE and counts.distinct > _TIME_SHARE * max(counts.present, _FEWEST_ROWS):
        yield column_warning(name, WarningCode.TIME_COLUMN)


def _mixed(name: str, found: FoundKind) -> ColumnWarning:
    if not found.words:
        return column_warning(
            name,
            WarningCode.MIXED_TYPES,
            words="numbers, texts",
            done=" All are taken as categories.",
            done_zh="均按类别处理。",
        )
    words = ", ".join(found.words[:5])
    return column_warning(
        name,
        WarningCode.MIXED_TYPES,
        words=words,
        done=" These words count as missing.",
        done_zh="这些词按缺失处理。",
    )


def column_warning(name: str, code: WarningCode, **values: object) -> ColumnWarning:
    """Return a warning of a column; `values` fill its message."""
    said = _SAYS[code].filled(**values)
    return ColumnWarning(code=code, message_en=f"{name} {said.en}", message_zh=f"{name}{said.zh}")
