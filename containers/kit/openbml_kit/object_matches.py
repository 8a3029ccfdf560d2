"""Which found object is which true one, and what follows: figures at each threshold, confusion, mistakes.

Pairs are COCO's at IoU 0.5: within a label, the most certain first, each true object once. Since the most
certain come first, the pairs above a threshold are the pairs that an evaluation above it would make.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from openbml_kit.classification_metrics import TESTED_THRESHOLDS, ThresholdPoint
from openbml_kit.evaluated_objects import EvaluatedImage

Indices = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.int64]
Figures = npt.NDArray[np.float64]

SAME_PLACE = 0.5
NOBODY = -1


@dataclass(frozen=True)
class Matched:
    """The pairs of one image.

    Attributes:
        true_of_found: shape `(found,)`, the true object's place or `NOBODY`.
        counts: shape `(found,)`; False where an object counts for nothing: it lies on a crowd or is beyond
        the
            100 most certain.
    """

    true_of_found: Indices
    counts: Flags

    @classmethod
    def nothing(cls, found: int) -> "Matched":
        return cls(np.full(found, NOBODY, dtype=np.int64), np.zeros(found, dtype=np.bool_))


@dataclass(frozen=True)
class LabelFigures:
    """Figures of each label at one threshold, shape `(labels,)`; a label never found has precision 0."""

    precision: Figures
    recall: Figures
    f1: Figures
    support: Counts


@dataclass(frozen=True)
class Judged:
    """One image at a threshold: places of its found and true objects by what became of them.

    Attributes:
        right: found objects that are the true one of their label.
        false: found objects that are none.
        missed: true objects that nobody found.
        mistaken: of `false` and `missed`, pairs (found, true) in the same place with another label.
    """

    right: Sequence[int]
    false: Sequence[int]
    missed: Sequence[int]
    mistaken: Sequence[tuple[int, int]]


def supports(images: Sequence[EvaluatedImage], label_count: int) -> Counts:
    """Return the true objects of each label, crowds left out."""
    counts = np.zeros(label_count, dtype=np.int64)
    for image in images:
        counts += np.bincount(image.true.classes[~image.true.is_crowd], minlength=label_count)
    return counts


def threshold_curve(
    images: Sequence[EvaluatedImage], matched: Sequence[Matched], label_count: int
) -> list[ThresholdPoint]:
    """Return the figures of each tested threshold; an object counts as found where its score is greater.

    Precision and recall are of all objects; F1 is the mean over the labels that have a true object (spec 03
    section 2.14).
    """
    support = supports(images, label_count)
    present = support > 0
    scores, classes, right = _found(images, matched)
    points = []
    for threshold in TESTED_THRESHOLDS:
        taken = scores > threshold
        figures = _figures(classes[taken], right[taken], support)
        hits, found = int((right & taken).sum()), int(taken.sum())
        points.append(
            ThresholdPoint(
                threshold,
                hits / found if found else 0.0,
                hits / int(support.sum()) if support.any() else 0.0,
                float(figures.f1[present].mean()) if present.any() else 0.0,
            )
        )
    return points


def figures_at(
    threshold: float, images: Sequence[EvaluatedImage], matched: Sequence[Matched], label_count: int
) -> LabelFigures:
    scores, classes, right = _found(images, matched)
    taken = scores > threshold
    return _figures(classes[taken], right[taken], supports(images, label_count))


def judged(threshold: float, image: EvaluatedImage, matched: Matched, overlap: Figures) -> Judged:
    """Return what became of an image's objects.

    Args:
        overlap: IoU of each found object with each true one, shape `(found, true)`.
    """
    taken = np.flatnonzero(matched.counts & (image.found.scores > threshold))
    partner = matched.true_of_found[taken]
    right, false = taken[partner != NOBODY], taken[partner == NOBODY]
    seen = set(partner[partner != NOBODY].tolist())
    missed = [place for place in np.flatnonzero(~image.true.is_crowd).tolist() if place not in seen]
    return Judged(
        right.tolist(), false.tolist(), missed, _in_the_same_place(image, false.tolist(), missed, overlap)
    )


def _in_the_same_place(
    image: EvaluatedImage, false: Sequence[int], missed: Sequence[int], overlap: Figures
) -> list[tuple[int, int]]:
    """Return pairs of different labels, those that overlap most first, each object once."""
    near = sorted(
        (
            (float(overlap[found, true]), found, true)
            for found in false
            for true in missed
            if overlap[found, true] >= SAME_PLACE and image.found.classes[found] != image.true.classes[true]
        ),
        key=lambda pair: (-pair[0], pair[1], pair[2]),
    )
    pairs: list[tuple[int, int]] = []
    for _, found, true in near:
        if all(found != other and true != another for other, another in pairs):
            pairs.append((found, true))
    return pairs


def confusion_counts(
    images: Sequence[EvaluatedImage], judgements: Sequence[Judged], label_count: int
) -> Counts:
    """Return counts of shape `(labels + 1, labels + 1)`: row = true label, column = found one, the last of
    both is the background.

    A found object that is none stands in the background's row, a missed one in its column.
    """
    counts = np.zeros((label_count + 1, label_count + 1), dtype=np.int64)
    for image, judgement in zip(images, judgements, strict=True):
        found, true = image.found.classes, image.true.classes
        for place in judgement.right:
            counts[found[place], found[place]] += 1
        for wrong, meant in judgement.mistaken:
            counts[true[meant], found[wrong]] += 1
        for place in set(judgement.false) - {wrong for wrong, _ in judgement.mistaken}:
            counts[label_count, found[place]] += 1
        for place in set(judgement.missed) - {meant for _, meant in judgement.mistaken}:
            counts[true[place], label_count] += 1
    return counts


def _found(images: Sequence[EvaluatedImage], matched: Sequence[Matched]) -> tuple[Figures, Indices, Flags]:
    """Return scores, classes and rightness of all found objects that count."""
    scores, classes, right = [np.zeros(0)], [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.bool_)]
    for image, pairs in zip(images, matched, strict=True):
        scores.append(image.found.scores[pairs.counts])
        classes.append(image.found.classes[pairs.counts])
        right.append(pairs.true_of_found[pairs.counts] != NOBODY)
    return np.concatenate(scores), np.concatenate(classes), np.concatenate(right)


def _figures(classes: Indices, right: Flags, support: Counts) -> LabelFigures:
    hits = np.bincount(classes[right], minlength=len(support))
    found = np.bincount(classes, minlength=len(support))
    precision = np.divide(hits, found, out=np.zeros(len(support)), where=found > 0)
    recall = np.divide(hits, support, out=np.zeros(len(support)), where=support > 0)
    both = precision + recall
    f1 = np.divide(2 * precision * recall, both, out=np.zeros(len(support)), where=both > 0)
    return LabelFigures(precision, recall, f1, support)
