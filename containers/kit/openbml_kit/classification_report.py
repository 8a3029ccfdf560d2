"""`report.json` (`openbml.report/1`) of an image classification (spec 03 section 2.14)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from openbml_kit import classification_metrics as figures
from openbml_kit.classification_metrics import Classes, Scores

FORMAT = "openbml.report/1"
_WRONG_EXAMPLES = 200
_TOP_OF_A_WRONG_EXAMPLE = 5
# Spec 03 section 2.14: with such little data the result is for reference only.
_LITTLE_DATA = 100
_LITTLE_EVALUATED = 30
# Largest class against smallest from which the report advises to balance the labels.
_IMBALANCE = 5.0


@dataclass(frozen=True)
class EvaluatedSample:
    sample_id: str
    name: str


@dataclass(frozen=True)
class Basis:
    """Which images the figures rest on; held-out and evaluation images took no part in training."""

    source: Literal["holdout", "eval"]
    evaluated_count: int
    training_count: int
    holdout_fraction: float | None
    seed: int


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
    curve = figures.threshold_curve(scores, true)
    overall = {
        "accuracy": figures.accuracy(true, predicted),
        "macro_f1": float(classes.f1[seen].mean()),
        "macro_precision": float(classes.precision[seen].mean()),
        "macro_recall": float(classes.recall[seen].mean()),
    }
    cautions = _cautions(basis, training_counts, labels)
    return {
        "format": FORMAT,
        **context,
        "labels": list(labels),
        "basis": asdict(basis),
        "cautions": cautions,
        "conclusion": _conclusion(
            overall["accuracy"], int((true == predicted).sum()), basis, cautioned=bool(cautions)
        ),
        "overall": overall,
        "topk": {str(k): figures.top_k_accuracy(scores, true, k) for k in range(1, 6)},
        "per_class": _per_class(labels, classes, training_counts),
        "confusion_matrix": {"labels": list(labels), "counts": matrix.tolist()},
        "threshold_curve": [asdict(point) for point in curve],
        "recommended_threshold": figures.recommended_threshold(curve),
        "wrong_count": int((true != predicted).sum()),
        "wrong_examples": _wrong_examples(evaluation, predicted, labels),
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
    wrong = wrong[np.argsort(-evaluation.scores[wrong, predicted[wrong]], kind="stable")][:_WRONG_EXAMPLES]
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


def _cautions(basis: Basis, training_counts: Sequence[int], labels: Sequence[str]) -> list[dict[str, str]]:
    cautions = []
    total = basis.evaluated_count + basis.training_count
    if total < _LITTLE_DATA:
        cautions.append(
            _caution(
                "little_data",
                f"Only {total} images: for reference only. Test the published model on a larger batch.",
                f"仅有{total}张图片，评估结果仅供参考，建议发布为API后用更多图片测试。",
            )
        )
    if basis.evaluated_count <= _LITTLE_EVALUATED:
        cautions.append(
            _caution(
                "few_evaluated",
                f"Only {basis.evaluated_count} images were evaluated: each one moves the accuracy by "
                f"{100 / max(1, basis.evaluated_count):.1f} percentage points.",
                f"仅评估了{basis.evaluated_count}张图片，评估结果仅供参考。",
            )
        )
    most, least = max(training_counts), min(training_counts)
    if most > _IMBALANCE * least:
        large, small = labels[training_counts.index(most)], labels[training_counts.index(least)]
        cautions.append(
            _caution(
                "imbalanced_labels",
                f"Label {large} has {most} training images, {small} only {least}: balance the labels.",
                f"标签{large}有{most}张训练图片，{small}仅有{least}张，建议平衡各标签的数量。",
            )
        )
    return cautions


def _caution(code: str, message_en: str, message_zh: str) -> dict[str, str]:
    return {"code": code, "message_en": message_en, "message_zh": message_zh}


def _conclusion(accuracy: float, right: int, basis: Basis, *, cautioned: bool) -> dict[str, str]:
    grade_en, grade_zh = (
        ("good", "较好") if accuracy >= 0.9 else ("fair", "一般") if accuracy >= 0.7 else ("weak", "较差")
    )
    held_en, held_zh = (
        ("held-out images", "留出图片")
        if basis.source == "holdout"
        else ("images of the evaluation set", "评测集图片")
    )
    evaluated = basis.evaluated_count
    advice_en = " See the cautions before relying on it." if cautioned else ""
    advice_zh = "请先阅读注意事项。" if cautioned else ""
    return {
        "en": f"The model is {grade_en}: {right} of {evaluated} {held_en} are right, "
        f"accuracy {accuracy:.1%}.{advice_en}",
        "zh": f"模型效果{grade_zh}：{evaluated}张{held_zh}中{right}张正确，准确率{accuracy:.1%}。{advice_zh}",
    }
