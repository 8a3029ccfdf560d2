"""What can be wrong with a target column, in two languages; some of it refuses a training."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from openbml_formats.tables.bilingual import Said


class ProblemCode(StrEnum):
    MISSING_TARGET = "missing_target"  # refuses
    CONSTANT_TARGET = "constant_target"  # refuses
    ONE_ROW_PER_CLASS = "one_row_per_class"  # refuses
    WRONG_TYPE = "wrong_type"  # refuses
    TOO_MANY_CLASSES = "too_many_classes"  # refuses
    TOO_FEW_ROWS = "too_few_rows"  # refuses
    NEGATIVE_COUNTS = "negative_counts"  # refuses
    ROWS_LEFT_OUT = "rows_left_out"
    INFINITE_TARGET = "infinite_target"
    MIXED_TARGET = "mixed_target"
    RARE_CLASSES = "rare_classes"
    IMBALANCE = "imbalance"


_SAYS = {
    ProblemCode.MISSING_TARGET: Said(
        "The target {name} has no value in any row; choose another column.",
        "目标列{name}没有任何值，请选择其他列。",
    ),
    ProblemCode.CONSTANT_TARGET: Said(
        "The target {name} has the value {value!r} in every row, so there is nothing to predict; choose "
        "another column or add rows with other values.",
        "目标列{name}的所有值均为{value!r}，没有可预测的内容，请选择其他列或补充其他取值的数据。",
    ),
    ProblemCode.ONE_ROW_PER_CLASS: Said(
        "Every class of the target {name} has a single row, so nothing can be learned of any; add rows, or "
        "choose another column or a regression.",
        "目标列{name}的每个类别只有一行，无法学习，请补充数据、更换目标列或选择回归。",
    ),
    ProblemCode.WRONG_TYPE: Said(
        "The target {name} does not suit {chosen}: {why}", "目标列{name}不适合{chosen_zh}：{why_zh}"
    ),
    ProblemCode.TOO_MANY_CLASSES: Said(
        "The target {name} has {classes} classes, {most} are possible; group rare ones together or "
        "choose a regression.",
        "目标列{name}有{classes}个类别，最多支持{most}个，请合并少见类别或选择回归。",
    ),
    ProblemCode.TOO_FEW_ROWS: Said(
        "The target {name} has a value in {rows} rows, {fewest} are needed at least; add rows.",
        "目标列{name}只有{rows}行有值，至少需要{fewest}行，请补充数据。",
    ),
    ProblemCode.NEGATIVE_COUNTS: Said(
        "The target {name} has negative values, which are no counts; choose the objective mean.",
        "目标列{name}含负值，不是计数，请选择均值目标。",
    ),
    ProblemCode.ROWS_LEFT_OUT: Said(
        "The target {name} is missing in {rows} rows; they are left out.",
        "目标列{name}有{rows}行缺失，这些行不参与训练。",
    ),
    ProblemCode.INFINITE_TARGET: Said(
        "The target {name} is infinite in {rows} rows; they are left out.",
        "目标列{name}有{rows}行为无穷大，这些行不参与训练。",
    ),
    ProblemCode.MIXED_TARGET: Said(
        "The target {name} has values that are no usable numbers ({words}); their {rows} rows are left out.",
        "目标列{name}中有无法使用的数字或文字（{words}），其中{rows}行不参与训练。",
    ),
    ProblemCode.RARE_CLASSES: Said(
        "Classes of the target {name} with fewer than {few} rows are hard to learn: {classes}.",
        "目标列{name}中少于{few}行的类别难以学习：{classes}。",
    ),
    ProblemCode.IMBALANCE: Said(
        "The most frequent class of the target {name} has {ratio} times the rows of the rarest; look at each "
        "class's recall, not at the accuracy.",
        "目标列{name}最多的类别行数是最少类别的{ratio}倍，请关注各类别的召回率而非准确率。",
    ),
}


class TargetProblem(BaseModel):
    """Attributes:
    refuses: no model can be trained; otherwise it is a warning.
    """

    model_config = ConfigDict(frozen=True)

    code: ProblemCode
    refuses: bool
    message_en: str
    message_zh: str


def _told(code: ProblemCode, values: dict[str, object], *, refuses: bool) -> TargetProblem:
    said = _SAYS[code].filled(**values)
    return TargetProblem(code=code, refuses=refuses, message_en=said.en, message_zh=said.zh)


def refusal(code: ProblemCode, **values: object) -> TargetProblem:
    """Return a problem that refuses a training."""
    return _told(code, values, refuses=True)


def caution(code: ProblemCode, **values: object) -> TargetProblem:
    """Return a problem that is a warning."""
    return _told(code, values, refuses=False)
