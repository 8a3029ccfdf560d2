"""What to do about the data and the model, from the figures of an evaluation: the report's `hints`."""

from collections.abc import Mapping
from math import sqrt
from typing import Any

import numpy as np

from openbml_kit import hints
from openbml_kit.hints import Hint, hint
from openbml_kit.label_errors import suspected_labels
from openbml_kit.report_basis import EvaluatedSample
from openbml_tabular.report.inputs import ReportInputs
from openbml_tabular.report.wrong_rows import sample_of

_UNITS = {"unit_en": "rows", "unit_zh": "行数据"}
# A share of the whole fall of the metric that one column should not have alone.
_LEAK_SHARE = 0.8
_NEARLY_PERFECT = 0.99
_MISCALIBRATED, _FEWEST_CALIBRATED = 0.05, 200
_UNCOVERED = 0.05
_WEAK_F1, _FEW = 0.7, 100
_MOST_WEAK, _MOST_SLICES = 10, 3
_MOST_CONFUSABLE = 200
_IMBALANCED = 5.0


def table_hints(inputs: ReportInputs, report: Mapping[str, Any]) -> list[Hint]:
    """Return the hints, the gravest first.

    Args:
        report: the sections that were made already.
    """
    return [
        *_leaks(inputs, report),
        *[hint(row.code, row.severity, row.message_en, row.message_zh, labels=()) for row in inputs.warnings],
        *_suspected(inputs),
        *_weak_slices(report),
        *_confusions(inputs, report),
        *_weak_classes(inputs, report),
        *_imbalance(inputs),
        *_calibration(inputs, report),
        *_coverage(report, len(inputs.evaluated)),
        *_few_rows(inputs),
    ]


def _leaks(inputs: ReportInputs, report: Mapping[str, Any]) -> list[Hint]:
    """Name a column that alone explains a nearly perfect model: it may hold the answer itself."""
    rows = report["importance"]["permutation"]
    total = sum(max(0.0, row["mean"]) for row in rows)
    perfect = max(
        (report["overall"].get(name) or 0.0 for name in ("roc_auc", "r2", "balanced_accuracy")), default=0.0
    )
    if not rows or len(inputs.columns) < 2 or perfect < _NEARLY_PERFECT:
        return []
    first = rows[0]
    if total <= 0 or first["mean"] < _LEAK_SHARE * total:
        return []
    name, share = first["column"], first["mean"] / total
    return [
        hint(
            "possible_leak",
            "warning",
            f"Column {name} alone carries {share:.0%} of what the model knows, and the model is nearly "
            f"perfect. If {name} is known only together with {inputs.target} or after it, the model will be "
            "of no use: exclude the column and train again.",
            f"模型几乎完美，且{share:.0%}的效果来自列{name}。若该列只能与目标列{inputs.target}同时或在其之后"
            "得到，模型将无法实际使用：请排除该列后重新训练。",
            labels=(name,),
        )
    ]


def _suspected(inputs: ReportInputs) -> list[Hint]:
    problem, evaluated = inputs.problem, inputs.evaluated
    if not problem.is_classification:
        return []
    found = suspected_labels(np.asarray(evaluated.predictions, dtype=np.float64), evaluated.y)
    named = {problem.labels[int(evaluated.y[row])] for row, _ in found}
    return hints.suspected_errors(
        [sample_of(evaluated, row) for row, _ in found],
        sorted(named | {problem.labels[likely] for _, likely in found}),
        **_UNITS,
    )


def _weak_slices(report: Mapping[str, Any]) -> list[Hint]:
    rows = report["slices"]
    if not rows:
        return []
    named_en = "; ".join(_slice(row, "en") for row in rows[:_MOST_SLICES])
    named_zh = "；".join(_slice(row, "zh") for row in rows[:_MOST_SLICES])
    return [
        hint(
            "weak_slices",
            "warning",
            f"The model does worse than elsewhere where {named_en}. Add rows like these, or columns that say "
            "more about them; before that, check whether their target is right.",
            f"模型在以下数据上效果较差：{named_zh}。请检查这些行的目标值，并补充类似的数据或相关的特征列。",
            labels=[row["column"] for row in rows[:_MOST_SLICES]],
        )
    ]


def _slice(row: Mapping[str, Any], language: str) -> str:
    figures = f"{row['metric']} {row['score']:.3g}, {row['overall']:.3g}"
    if language == "en":
        return f"{row['column']} is {row['value_en']} ({figures} over all, {row['rows']} rows)"
    return f"{row['column']}为{row['value_zh']}（{figures.replace(', ', '，整体')}，{row['rows']}行）"


def _confusions(inputs: ReportInputs, report: Mapping[str, Any]) -> list[Hint]:
    problem, evaluated = inputs.problem, inputs.evaluated
    if not 2 < len(problem.labels) <= _MOST_CONFUSABLE:
        return []
    predicted = evaluated.predictions.argmax(axis=1)

    def samples(true: int, found: int) -> list[EvaluatedSample]:
        rows = np.flatnonzero((evaluated.y == true) & (predicted == found))
        return [sample_of(evaluated, row) for row in rows[: hints.MOST_SAMPLES].tolist()]

    counts = np.array(report["confusion_matrix"]["counts"])
    return hints.confused_labels(counts, problem.labels, samples, **_UNITS)


def _weak_classes(inputs: ReportInputs, report: Mapping[str, Any]) -> list[Hint]:
    counts = inputs.training.class_counts
    rows = [(row, counts[place]) for place, row in enumerate(report["per_class"])]
    weak = sorted(
        ((row, count) for row, count in rows if row["support"] and (row["f1"] or 0.0) < _WEAK_F1),
        key=lambda entry: entry[0]["f1"] or 0.0,
    )
    return [_weak_class(row, count) for row, count in weak[:_MOST_WEAK]]


def _weak_class(row: Mapping[str, Any], count: int) -> Hint:
    label, figure = row["label"], row["f1"] or 0.0
    if count < _FEW:
        return hint(
            "label_needs_data",
            "warning",
            f"Class {label} has only {count} training rows and its F1 is {figure:.2f}. Add rows of it.",
            f"类别{label}仅有{count}行训练数据，F1为{figure:.2f}。请补充该类别的数据。",
            labels=(label,),
        )
    return hint(
        "label_is_weak",
        "warning",
        f"Class {label} has {count} training rows, yet its F1 is {figure:.2f}. Add columns that tell it from "
        "the others, or check whether its rows are labelled by one rule.",
        f"类别{label}有{count}行训练数据，但F1仅为{figure:.2f}。请补充能区分该类别的特征列，或检查其标注规则是否"
        "一致。",
        labels=(label,),
    )


def _imbalance(inputs: ReportInputs) -> list[Hint]:
    counts, labels = inputs.training.class_counts, inputs.problem.labels
    small = [label for label, count in zip(labels, counts, strict=False) if max(counts) > _IMBALANCED * count]
    if not small:
        return []
    listed_en, listed_zh = ", ".join(small[:10]), "、".join(small[:10])
    return [
        hint(
            "imbalanced_labels",
            "info",
            f"{listed_en}: less than a fifth of the rows of the largest class. Accuracy says little here; "
            "read the figures of each class, and set what wrong answers cost so that the threshold fits.",
            f"{listed_zh}的数据不足最多类别的五分之一。此时准确率参考意义有限，请查看各类别指标，并设置误判成本以得"
            "到合适的阈值。",
            labels=small,
        )
    ]


def _calibration(inputs: ReportInputs, report: Mapping[str, Any]) -> list[Hint]:
    found = report["calibration"]
    if not found or len(inputs.evaluated) < _FEWEST_CALIBRATED or found["expected_error"] < _MISCALIBRATED:
        return []
    error = found["expected_error"]
    return [
        hint(
            "miscalibrated",
            "warning",
            f"Predicted probabilities are off by {error:.1%} in the mean. Rank rows by them, but do not take "
            "them as shares; train with metric log_loss, or longer, for better ones.",
            f"预测概率平均偏差{error:.1%}，可用于排序，但不宜直接当作概率使用。可使用对数损失作为指标或延长训练时间。",
        )
    ]


def _coverage(report: Mapping[str, Any], evaluated: int) -> list[Hint]:
    rows = [row for row in report["quantile_coverage"] if abs(row["coverage"] - row["quantile"]) > _UNCOVERED]
    if not rows:
        return []
    named = ", ".join(f"{row['quantile']:g}: {row['coverage']:.1%}" for row in rows)
    return [
        hint(
            "quantiles_off",
            "warning",
            f"Predicted quantiles do not hold what they say (quantile: share of rows below it): {named}. Add "
            "rows, or widen the interval by what is missing.",
            f"预测的分位数与实际覆盖率不符（分位数：低于该值的比例）：{named}。请补充数据或适当放宽区间。",
        )
    ]


def _by_chance(quantile: float, rows: int) -> float:
    """Return how far a right quantile's coverage may lie off: two standard errors."""
    return 2 * sqrt(quantile * (1 - quantile) / rows)


def _few_rows(inputs: ReportInputs) -> list[Hint]:
    rows, columns = inputs.training.rows, len(inputs.columns)
    if rows >= 10 * columns or not columns:
        return []
    return [
        hint(
            "few_rows_for_columns",
            "info",
            f"{rows} training rows for {columns} columns: the model may hold chance for a rule. Add rows, or "
            "exclude columns that cannot matter.",
            f"{columns}列特征仅有{rows}行训练数据，模型可能学到偶然规律。请补充数据或排除无关的列。",
        )
    ]
