"""What a target column can teach: the kind of prediction, its classes, and what stands in the way.

Source: spec 03 section 4.1 (two values: binary; finitely many: multi-class; real numbers: regression). Where
whole numbers stop being classes is ours.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from openbml_catalog.tabular.settings import AlgorithmType, Objective
from openbml_formats.tables.bilingual import Said
from openbml_formats.tables.column_counts import DATE_TYPES, NUMBER_TYPES, ColumnCounts, shown
from openbml_formats.tables.column_kinds import ColumnKind, FoundKind, found_kind
from openbml_formats.tables.target_problems import ProblemCode, TargetProblem, caution, refusal
from openbml_formats.tables.values import LARGEST_FLOAT, CellValue
from openbml_formats.tables.written_numbers import DecimalMark, written_number

MOST_CLASSES = 1000
FEWEST_ROWS = 4
# Whole numbers are classes when there are so few of them, each so often.
FEW_INTEGERS = 20
_ROWS_OF_AN_INTEGER = 5
_RARE = 10
_IMBALANCE = 20


_KINDS = {
    AlgorithmType.BINARY: Said("a binary classification", "二分类"),
    AlgorithmType.MULTICLASS: Said("a multi-class classification", "多分类"),
    AlgorithmType.REGRESSION: Said("a regression", "回归"),
}


class ClassCount(BaseModel):
    model_config = ConfigDict(frozen=True)

    label: str
    count: int


class TargetAnalysis(BaseModel):
    """Attributes:
    algorithm_type: what will be trained: the chosen one, else what the values suit best.
    classes: by falling count; empty for a regression.
    rows: with a usable target.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    algorithm_type: AlgorithmType
    reason_en: str
    reason_zh: str
    rows: int
    classes: tuple[ClassCount, ...] = ()
    problems: tuple[TargetProblem, ...] = ()

    @property
    def refusal(self) -> TargetProblem | None:
        """The first problem that refuses a training."""
        return next((problem for problem in self.problems if problem.refuses), None)


def target_number(value: CellValue, mark: DecimalMark = DecimalMark.POINT) -> float | None:
    """Return the number that a target's value is, None where it is none or 32 bits cannot hold it."""
    number = written_number(value, mark) if isinstance(value, str) else _plain(value)
    return number if number is not None and abs(number) <= LARGEST_FLOAT else None


def _plain(value: CellValue) -> float | None:
    return float(value) if isinstance(value, int | float | Decimal) else None


def target_label(value: CellValue) -> str:
    """Return the class that a target's value is: whole numbers have no point, texts no outer blanks."""
    if isinstance(value, float | Decimal) and value == int(value):
        return str(int(value))
    if isinstance(value, float):
        return repr(value)
    return value.strip() if isinstance(value, str) else shown(value)


def analysed_target(
    counts: ColumnCounts,
    chosen: AlgorithmType = AlgorithmType.AUTOMATIC,
    objective: Objective = Objective.MEAN,
) -> TargetAnalysis:
    """Return what the target column can teach.

    Args:
        chosen: a kind that the values must suit, or `automatic`.
        objective: other than the mean, it makes a regression of an automatic kind.
    """
    column = _Target(counts)
    if chosen is AlgorithmType.AUTOMATIC and objective is not Objective.MEAN:
        chosen = AlgorithmType.REGRESSION
    suited, reason = column.suited()
    kind = suited if chosen is AlgorithmType.AUTOMATIC else chosen
    if chosen is not AlgorithmType.AUTOMATIC:
        reason = Said("It was chosen.", "由用户选择。")
    classification = kind is not AlgorithmType.REGRESSION
    return TargetAnalysis(
        name=counts.name,
        algorithm_type=kind,
        reason_en=reason.en,
        reason_zh=reason.zh,
        rows=counts.present - counts.infinite,
        classes=tuple(
            ClassCount(label=label, count=count) for label, count in column.classes.most_common(MOST_CLASSES)
        )
        if classification
        else (),
        problems=tuple(_problems(column, kind, objective)),
    )


class _Target:
    """A target column and what its values are."""

    def __init__(self, counts: ColumnCounts) -> None:
        self.counts = counts
        self.found: FoundKind = found_kind(counts)
        self.classes: Counter[str] = Counter()
        for value, count in zip(counts.values, counts.counts, strict=True):
            self.classes[target_label(value)] += count

    @property
    def distinct(self) -> int:
        """How many different classes; what looks different as a value may be one class."""
        return len(self.classes) if self.counts.is_complete else self.counts.distinct

    @property
    def typed_number(self) -> bool:
        return self.counts.type.name in NUMBER_TYPES

    @property
    def is_numeric(self) -> bool:
        return self.typed_number or (self.found.kind is ColumnKind.NUMBER)

    @property
    def numbers(self) -> Sequence[float | None]:
        return [target_number(value, self.found.mark) for value in self.counts.values]

    @property
    def is_whole(self) -> bool:
        return all(number.is_integer() for number in self.numbers if number is not None)

    @property
    def words(self) -> Sequence[tuple[str, int]]:
        """Values that are no numbers, and how many rows have them."""
        pairs = zip(self.counts.values, self.numbers, self.counts.counts, strict=True)
        return [(shown(value), count) for value, number, count in pairs if number is None]

    def suited(self) -> tuple[AlgorithmType, Said]:
        """Return the kind that the values suit best, and why."""
        if self.distinct <= 2:
            return AlgorithmType.BINARY, Said("The target has two values.", "目标列有两个取值。")
        if not self.is_numeric:
            return AlgorithmType.MULTICLASS, Said(
                f"The target has {self.distinct} values that are no numbers.",
                f"目标列有{self.distinct}个非数字取值。",
            )
        often = self.counts.present >= _ROWS_OF_AN_INTEGER * self.distinct
        if self.is_whole and self.distinct <= FEW_INTEGERS and often:
            return AlgorithmType.MULTICLASS, Said(
                f"The target has {self.distinct} different whole numbers only; choose a regression if they "
                "are amounts.",
                f"目标列只有{self.distinct}个不同的整数；若其表示数量，请选择回归。",
            )
        return AlgorithmType.REGRESSION, Said(
            f"The target has {self.distinct} different numbers.", f"目标列有{self.distinct}个不同的数字。"
        )


def _problems(column: _Target, kind: AlgorithmType, objective: Objective) -> Iterable[TargetProblem]:
    counts, name = column.counts, column.counts.name
    if not counts.distinct:
        yield refusal(ProblemCode.MISSING_TARGET, name=name)
        return
    if column.distinct == 1:
        yield refusal(ProblemCode.CONSTANT_TARGET, name=name, value=next(iter(column.classes)))
        return
    rows = counts.present - counts.infinite
    if rows < FEWEST_ROWS:
        yield refusal(ProblemCode.TOO_FEW_ROWS, name=name, rows=rows, fewest=FEWEST_ROWS)
        return
    why = _unsuited(column, kind)
    if why:
        chosen = _KINDS[kind]
        yield refusal(
            ProblemCode.WRONG_TYPE,
            name=name,
            chosen=chosen.en,
            chosen_zh=chosen.zh,
            why=why.en,
            why_zh=why.zh,
        )
        return
    if kind is AlgorithmType.REGRESSION:
        yield from _of_regression(column, objective)
    else:
        yield from _of_classes(column)
    yield from _of_rows(counts)


def _unsuited(column: _Target, kind: AlgorithmType) -> Said | None:
    if kind is AlgorithmType.BINARY and column.distinct > 2:
        return Said(
            f"it has {column.distinct} different values instead of two; choose multi-class or a regression.",
            f"有{column.distinct}个不同取值而非两个，请选择多分类或回归。",
        )
    if kind is AlgorithmType.REGRESSION and not column.is_numeric:
        odd = next(
            (value for value in column.counts.values if target_number(value, column.found.mark) is None),
            column.counts.values[0],
        )
        return Said(
            f"its values must be numbers, {shown(odd)!r} is none; choose a classification or mend them.",
            f"取值必须是数字，{shown(odd)!r}不是数字，请选择二分类或多分类，或修正该列。",
        )
    if kind is not AlgorithmType.REGRESSION and _is_continuous(column):
        return Said(
            f"it has {column.distinct} different numbers; choose a regression.",
            f"有{column.distinct}个不同的数字，请选择回归。",
        )
    if (
        kind is not AlgorithmType.REGRESSION
        and column.counts.type.name in DATE_TYPES
        and column.distinct > 100
    ):
        return Said(
            "its values are dates; predict a number instead, such as the days up to the date.",
            "取值为日期，请改为预测数字，例如距该日期的天数。",
        )
    return None


def _is_continuous(column: _Target) -> bool:
    """Numbers with fractions, nearly each of which comes once."""
    return (
        column.typed_number
        and not column.is_whole
        and column.distinct > max(FEW_INTEGERS, 0.5 * column.counts.present)
    )


def _of_regression(column: _Target, objective: Objective) -> Iterable[TargetProblem]:
    if objective is Objective.COUNT and any(number is not None and number < 0 for number in column.numbers):
        yield refusal(ProblemCode.NEGATIVE_COUNTS, name=column.counts.name)
    if column.words:
        words = ", ".join(word for word, _ in column.words[:5])
        rows = sum(count for _, count in column.words)
        yield caution(ProblemCode.MIXED_TARGET, name=column.counts.name, words=words, rows=rows)


def _of_classes(column: _Target) -> Iterable[TargetProblem]:
    name, classes = column.counts.name, column.classes
    most, fewest = max(classes.values()), min(classes.values())
    if most == 1:
        yield refusal(ProblemCode.ONE_ROW_PER_CLASS, name=name)
        return
    if column.distinct > MOST_CLASSES:
        yield refusal(ProblemCode.TOO_MANY_CLASSES, name=name, classes=column.distinct, most=MOST_CLASSES)
        return
    rare = sorted(label for label, count in classes.items() if count < _RARE)
    if rare:
        listed = ", ".join(rare[:10]) + (" …" if len(rare) > 10 else "")
        yield caution(ProblemCode.RARE_CLASSES, name=name, few=_RARE, classes=listed)
    if most >= _IMBALANCE * fewest:
        yield caution(ProblemCode.IMBALANCE, name=name, ratio=most // fewest)


def _of_rows(counts: ColumnCounts) -> Iterable[TargetProblem]:
    if counts.missing:
        yield caution(ProblemCode.ROWS_LEFT_OUT, name=counts.name, rows=counts.missing)
    if counts.infinite:
        yield caution(ProblemCode.INFINITE_TARGET, name=counts.name, rows=counts.infinite)
