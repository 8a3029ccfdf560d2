"""Figures of a classification, from scores and true classes (spec 03 section 2.14)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float64]
Classes = npt.NDArray[np.int64]
# Of several labels an image: which of them are true, shape (n, n_classes).
Flags = npt.NDArray[np.bool_]

TESTED_THRESHOLDS = tuple(round(step / 100, 2) for step in range(1, 100))


@dataclass(frozen=True)
class ClassFigures:
    """Figures of each class, shape `(n_classes,)`; a class never predicted has precision 0."""

    precision: npt.NDArray[np.float64]
    recall: npt.NDArray[np.float64]
    f1: npt.NDArray[np.float64]
    support: Classes


@dataclass(frozen=True)
class ThresholdPoint:
    threshold: float
    precision: float
    recall: float
    f1: float


def confusion_matrix(true: Classes, predicted: Classes, n_classes: int) -> Classes:
    """Return counts of shape `(n_classes, n_classes)`: row = true class, column = predicted class."""
    return np.bincount(true * n_classes + predicted, minlength=n_classes * n_classes).reshape(
        n_classes, n_classes
    )


def class_figures(matrix: Classes) -> ClassFigures:
    hits = np.diag(matrix)
    return _figures(hits, predicted=matrix.sum(axis=0), actual=matrix.sum(axis=1))


def accuracy(true: Classes, predicted: Classes) -> float:
    """Return the share of right predictions; 0 of an empty set."""
    return float((true == predicted).mean()) if len(true) else 0.0


def top_k_accuracy(scores: Scores, true: Classes, k: int) -> float:
    """Return the share of samples whose class is among the k most confident."""
    if not len(true):
        return 0.0
    best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return float((best == true[:, None]).any(axis=1).mean())


def one_hot(true: Classes, n_classes: int) -> Flags:
    return np.eye(n_classes, dtype=np.bool_)[true]


def threshold_curve(scores: Scores, actual: Flags) -> list[ThresholdPoint]:
    """Return macro precision, recall and F1 of each tested threshold, one class against the rest.

    Every class whose score is greater than the threshold counts as predicted, as the prediction API would
    return it.
    Classes without a sample in the set are left out of the means; the figures of an empty set are 0.

    Args:
        actual: the true classes, shape `(n, n_classes)`.
    """
    present = actual.any(axis=0)
    points = []
    for threshold in TESTED_THRESHOLDS:
        figures = figures_above(threshold, scores, actual)
        points.append(
            ThresholdPoint(
                threshold,
                mean_of(figures.precision, present),
                mean_of(figures.recall, present),
                mean_of(figures.f1, present),
            )
        )
    return points


def figures_above(threshold: float, scores: Scores, actual: Flags) -> ClassFigures:
    """Return each class's figures when scores greater than the threshold count as predicted."""
    accepted = scores > threshold
    return _figures(
        (accepted & actual).sum(axis=0), predicted=accepted.sum(axis=0), actual=actual.sum(axis=0)
    )


def mean_of(values: npt.NDArray[np.float64], present: Flags) -> float:
    """Return the mean over the classes that are present, 0 where none is."""
    return float(values[present].mean()) if present.any() else 0.0


def average_precision(scores: Scores, actual: Flags) -> npt.NDArray[np.float64]:
    """Return each class's average precision, shape `(n_classes,)`: the sum over the distinct scores, from the
    highest, of precision times what recall gains there; NaN for a class without a sample.

    Samples of equal score are taken together, so that their order says nothing.

    Source: Zhu 2004, Recall, precision and average precision, University of Waterloo.
    """
    result = np.full(scores.shape[1], np.nan)
    for place in np.flatnonzero(actual.any(axis=0)).tolist():
        order = np.argsort(-scores[:, place], kind="stable")
        ranked, hits = scores[order, place], np.cumsum(actual[order, place])
        ends = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], [True]))
        precision, recall = hits[ends] / (ends + 1), hits[ends] / hits[-1]
        result[place] = float((precision * np.diff(recall, prepend=0.0)).sum())
    return result


def recommended_threshold(curve: list[ThresholdPoint]) -> float:
    """Return the threshold of the highest F1; of several equal ones, that nearest to 0.5."""
    best = max(point.f1 for point in curve)
    return min(
        (point.threshold for point in curve if point.f1 == best), key=lambda threshold: abs(threshold - 0.5)
    )


def _figures(hits: Classes, *, predicted: Classes, actual: Classes) -> ClassFigures:
    precision = np.divide(hits, predicted, out=np.zeros(len(hits)), where=predicted > 0)
    recall = np.divide(hits, actual, out=np.zeros(len(hits)), where=actual > 0)
    both = precision + recall
    f1 = np.divide(2 * precision * recall, both, out=np.zeros(len(hits)), where=both > 0)
    return ClassFigures(precision, recall, f1, actual)
