"""`report.json` (`openbml.report/1`) of an image classification (spec 03 section 2.14)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from openbml_kit import classification_metrics as figures
from openbml_kit import hints
from openbml_kit.classification_metrics import Classes, Scores
from openbml_kit.hints import UNITS_OF_IMAGES, Hint
from openbml_kit.label_errors import suspected_labels
from openbml_kit.report_basis import (
    FORMAT,
    WRONG_EXAMPLES,
    Basis,
    EvaluatedSample,
    cautions,
    conclusion,
)

__all__ = ["Basis", "EvaluatedSample", "Evaluation", "classification_report"]

_TOP_OF_A_WRONG_EXAMPLE = 5


@dataclass(frozen=True)
class Evaluation:
    """Scores of shape `(n, n_classes)` of the evaluated samples, with their true classes of shape `(n,)`."""

    samples: Sequence[EvaluatedSample]
    scores: Scores
    true: Classes


def classification_report(
    evaluation: Evaluation,
    *,
    labels: Sequence[str],
    basis: Basis,
    training_counts: Sequence[int],
    context: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the report; `context` (task, run, params, dataset, history …) is added as it is."""
    scores, true = evaluation.scores, evaluation.true
    predicted = scores.argmax(axis=1)
    matrix = figures.confusion_matrix(true, predicted, len(labels))
    classes = figures.class_figures(matrix)
    seen = classes.support > 0
    curve = figures.threshold_curve(scores, figures.one_hot(true, len(labels)))
    overall = {
        "accuracy": figures.accuracy(true, predicted),
        "macro_f1": figures.mean_of(classes.f1, seen),
        "macro_precision": figures.mean_of(classes.precision, seen),
        "macro_recall": figures.mean_of(classes.recall, seen),
    }
    warned = cautions(basis, training_counts, labels)
    right = int((true == predicted).sum())
    return {
        "format": FORMAT,
        **context,
        "labels": list(labels),
        "basis": asdict(basis),
        "cautions": warned,
        "conclusion": _conclusion(overall["accuracy"], right, basis, cautioned=bool(warned)),
        "overall": overall,
        "topk": {str(k): figures.top_k_accuracy(scores, true, k) for k in range(1, 6)},
        "per_class": _per_class(labels, classes, training_counts),
        "confusion_matrix": {"labels": list(labels), "counts": matrix.tolist()},
        "threshold_curve": [asdict(point) for point in curve],
        "recommended_threshold": figures.recommended_threshold(curve),
        "wrong_count": int((true != predicted).sum()),
        "wrong_examples": _wrong_examples(evaluation, predicted, labels),
        "hints": _hints(evaluation, predicted, matrix, classes, labels, training_counts),
    }


def _per_class(
    labels: Sequence[str], classes: figures.ClassFigures, training_counts: Sequence[int]
) -> list[dict[str, Any]]:
    return [
        {
            "label": label,
            "precision": float(classes.precision[index]),
            "recall": float(classes.recall[index]),
            "f1": float(classes.f1[index]),
            "support": int(classes.support[index]),
            "training_count": training_counts[index],
        }
        for index, label in enumerate(labels)
    ]


def _wrong_examples(
    evaluation: Evaluation, predicted: Classes, labels: Sequence[str]
) -> list[dict[str, Any]]:
    """Return the wrong examples, the most confident mistakes first: they teach most."""
    wrong = np.flatnonzero(predicted != evaluation.true)
    wrong = wrong[np.argsort(-evaluation.scores[wrong, predicted[wrong]], kind="stable")][:WRONG_EXAMPLES]
    examples = []
    for row in wrong.tolist():
        scores = evaluation.scores[row]
        best = np.argsort(-scores, kind="stable")[:_TOP_OF_A_WRONG_EXAMPLE].tolist()
        examples.append(
            {
                "sample_id": evaluation.samples[row].sample_id,
                "name": evaluation.samples[row].name,
                "true": labels[evaluation.true[row]],
                "predicted": labels[predicted[row]],
                "score": float(scores[predicted[row]]),
                "top": [{"name": labels[index], "score": float(scores[index])} for index in best],
            }
        )
    return examples


def _hints(
    evaluation: Evaluation,
    predicted: Classes,
    matrix: Classes,
    classes: figures.ClassFigures,
    labels: Sequence[str],
    training_counts: Sequence[int],
) -> list[Hint]:
    samples, true = evaluation.samples, evaluation.true

    def confused(one: int, other: int) -> list[EvaluatedSample]:
        return [samples[row] for row in np.flatnonzero((true == one) & (predicted == other)).tolist()]

    def mistakes(label: int) -> list[EvaluatedSample]:
        wrong = (true != predicted) & ((true == label) | (predicted == label))
        return [samples[row] for row in np.flatnonzero(wrong).tolist()]

    return [
        *_suspected(evaluation, labels),
        *hints.confused_labels(matrix, labels, confused, unit_en="images", unit_zh="张图片"),
        *hints.labels_in_need(
            classes.f1,
            training_counts,
            classes.support.tolist(),
            labels,
            mistakes,
            figure_name="F1",
            **UNITS_OF_IMAGES,
        ),
        *hints.imbalance(training_counts, labels, **UNITS_OF_IMAGES),
    ]


def _suspected(evaluation: Evaluation, labels: Sequence[str]) -> list[Hint]:
    found = suspected_labels(evaluation.scores, evaluation.true)
    return hints.suspected_errors(
        [evaluation.samples[row] for row, _ in found],
        sorted({labels[evaluation.true[row]] for row, _ in found} | {labels[other] for _, other in found}),
    )


def _conclusion(accuracy: float, right: int, basis: Basis, *, cautioned: bool) -> dict[str, str]:
    evaluated, (held_en, held_zh) = basis.evaluated_count, basis.names
    return conclusion(
        accuracy,
        f"{right} of {evaluated} {held_en} are right, accuracy {accuracy:.1%}",
        f"{evaluated}张{held_zh}中{right}张正确，准确率{accuracy:.1%}",
        cautioned=cautioned,
    )
