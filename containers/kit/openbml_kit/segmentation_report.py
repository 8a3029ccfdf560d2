"""The task's part of `report.json` (`openbml.report/1`) of semantic segmentation.

Pixels are counted image by image: nothing of an image is kept but its counts and, of the most wrong ones,
masks. Sections and formulas: `docs/reference/reports.md`.
"""

import heapq
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from openbml_kit import hints
from openbml_kit.hints import UNITS_OF_IMAGES, Hint
from openbml_kit.report_basis import WRONG_EXAMPLES, Basis, EvaluatedSample, cautions, conclusion
from openbml_kit.run_lengths import encode_mask

ClassMap = npt.NDArray[np.uint8]
Counts = npt.NDArray[np.int64]
Figures = npt.NDArray[np.float64]

BACKGROUND = "background"
BACKGROUND_CLASS = 0
IGNORED = 255
_MOST_MASK_CHARACTERS = 8_000_000
# Share of an image's pixels from which found but not annotated regions make its annotation suspicious.
_SUSPICIOUS = 0.05


@dataclass(frozen=True)
class _Wrong:
    sample: EvaluatedSample
    width: int
    height: int
    missed: Counts
    false: Counts
    masks: dict[str, str]
    per_label: list[dict[str, Any]]

    @property
    def characters(self) -> int:
        rows = (self.masks, *self.per_label)
        return sum(len(row.get(name, "")) for row in rows for name in ("missed_mask", "false_mask"))


class PixelCounts:
    """Pixels of evaluated images by true and found class.

    Classes are those of the network: 0 is the background, label number i is i + 1. In results the background
    comes last.
    """

    def __init__(self, label_count: int, *, examples: int = WRONG_EXAMPLES) -> None:
        """`examples`: how many wrong images are kept with their masks; 0 where only figures are wanted."""
        self._size = label_count + 1
        self._counts = np.zeros((self._size, self._size), dtype=np.int64)
        self._examples = examples
        self._kept: list[tuple[float, int, _Wrong]] = []
        self._suspicious: list[tuple[float, EvaluatedSample]] = []
        self._confused: dict[tuple[int, int], list[EvaluatedSample]] = {}
        self._mistaken: dict[int, list[EvaluatedSample]] = {}
        self.images = 0
        self.wrong_images = 0

    def add(self, sample: EvaluatedSample, *, true: ClassMap, found: ClassMap) -> None:
        """Count an image.

        Args:
            true: shape `(height, width)` of the original image; 255 counts for nothing.
            found: likewise, without 255.

        Raises:
            ValueError: the shapes differ, or a class is out of range.
        """
        if true.shape != found.shape or true.ndim != 2:
            raise ValueError(f"maps of {true.shape} and {found.shape} pixels cannot be compared")
        known = true != IGNORED
        pairs = true[known].astype(np.int64) * self._size + found[known]
        counts = np.bincount(pairs, minlength=self._size**2)
        if counts.size > self._size**2 or (known.any() and found[known].max() >= self._size):
            raise ValueError(f"a class of {sample.name} is not below {self._size}")
        counts = counts.reshape(self._size, self._size)
        self._counts += counts
        self.images += 1
        if counts.sum() > np.trace(counts):
            self.wrong_images += 1
            if self._examples:
                self._keep(sample, true, np.where(known, found, IGNORED).astype(np.uint8), counts)

    @property
    def confusion(self) -> Counts:
        """Pixels, rows true, shape `(labels + 1, labels + 1)`, the background last."""
        order = np.roll(np.arange(self._size), -1)
        return self._counts[np.ix_(order, order)]

    def figures(self) -> dict[str, float]:
        """Return `miou`, `pixel_accuracy`, `mean_dice`; a class that neither occurs nor is found is left
        out."""
        counts = self.confusion
        iou, dice, _, _ = class_figures(counts)
        seen = _seen(counts)
        total = int(counts.sum())
        return {
            "miou": float(iou[seen].mean()) if seen.any() else 0.0,
            "pixel_accuracy": float(np.trace(counts)) / total if total else 0.0,
            "mean_dice": float(dice[seen].mean()) if seen.any() else 0.0,
        }

    def examples(self, labels: Sequence[str]) -> list[dict[str, Any]]:
        """Return the kept images, the most wrong first."""
        shown, left = [], _MOST_MASK_CHARACTERS
        for _, _, row in sorted(self._kept, key=lambda entry: (-entry[0], entry[1])):
            left -= row.characters
            if left < 0:
                break
            shown.append(
                {
                    "sample_id": row.sample.sample_id,
                    "name": row.sample.name,
                    "width": row.width,
                    "height": row.height,
                    **row.masks,
                    "per_label": [{**part, "label": labels[part["label"]]} for part in row.per_label],
                }
            )
        return shown

    def hints(self, labels: Sequence[str], iou: Figures, training_counts: Sequence[int]) -> list[Hint]:
        counts = self.confusion
        return [
            *self._holes(),
            *hints.confused_labels(
                counts,
                labels,
                lambda true, found: self._confused.get((true, found), []),
                unit_en="pixels",
                unit_zh="个像素的",
            ),
            *hints.labels_in_need(
                iou[:-1],
                training_counts,
                counts[:-1].sum(axis=1).tolist(),
                labels,
                lambda label: self._mistaken.get(label, []),
                figure_name="IoU",
                **UNITS_OF_IMAGES,
            ),
            *hints.imbalance(training_counts, labels, **UNITS_OF_IMAGES),
        ]

    def _keep(self, sample: EvaluatedSample, true: ClassMap, found: ClassMap, counts: Counts) -> None:
        wrong = counts.copy()
        np.fill_diagonal(wrong, 0)
        self._note_samples(sample, wrong, counts)
        share = float(wrong.sum() / counts.sum())
        if len(self._kept) >= self._examples and share <= self._kept[0][0]:
            return
        entry = (share, -self.images, _wrong(sample, true, found, wrong))
        if len(self._kept) < self._examples:
            heapq.heappush(self._kept, entry)
        else:
            heapq.heapreplace(self._kept, entry)

    def _note_samples(self, sample: EvaluatedSample, wrong: Counts, counts: Counts) -> None:
        """Note the image for hints: a few of each kind."""
        for true, found in np.argwhere(wrong[1:, 1:] > 0).tolist():
            _note(self._confused.setdefault((true, found), []), sample)
        for label in np.flatnonzero((wrong.sum(axis=0) + wrong.sum(axis=1))[1:]).tolist():
            _note(self._mistaken.setdefault(label, []), sample)
        share = float(wrong[BACKGROUND_CLASS].sum() / counts.sum())
        if share >= _SUSPICIOUS:
            self._suspicious = sorted([*self._suspicious, (share, sample)], key=lambda row: -row[0])[
                : hints.MOST_SAMPLES
            ]

    def _holes(self) -> list[Hint]:
        if not self._suspicious:
            return []
        return [
            hints.hint(
                "missing_annotations",
                "warning",
                f"Images with at least {_SUSPICIOUS:.0%} of the pixels found as a label but annotated as "
                f"background: {len(self._suspicious)}. Check whether an annotation is missing.",
                f"有{len(self._suspicious)}张图片中至少{_SUSPICIOUS:.0%}的像素被识别为某一标签但标注为"
                "背景，请检查是否漏标。",
                samples=[sample for _, sample in self._suspicious],
            )
        ]


def semantic_report(
    counts: PixelCounts, *, labels: Sequence[str], basis: Basis, training_counts: Sequence[int]
) -> dict[str, Any]:
    """Return the task's part of the report.

    Args:
        training_counts: training images in which each label occurs.
    """
    confusion, figures = counts.confusion, counts.figures()
    iou, dice, precision, recall = class_figures(confusion)
    warned = cautions(basis, training_counts, labels)
    return {
        "labels": list(labels),
        "basis": asdict(basis),
        "cautions": warned,
        "conclusion": _conclusion(figures, basis, cautioned=bool(warned)),
        "overall": figures,
        "per_class": [
            {
                "label": label,
                "iou": float(iou[place]),
                "dice": float(dice[place]),
                "precision": float(precision[place]),
                "recall": float(recall[place]),
                "pixels": int(confusion[place].sum()),
                "training_count": None if place == len(labels) else training_counts[place],
            }
            for place, label in enumerate([*labels, BACKGROUND])
        ],
        "confusion_matrix": {"labels": [*labels, BACKGROUND], "counts": confusion.tolist()},
        "wrong_count": counts.wrong_images,
        "wrong_examples": counts.examples(labels),
        "hints": counts.hints(labels, iou, training_counts),
    }


def class_figures(confusion: Counts) -> tuple[Figures, Figures, Figures, Figures]:
    """Return IoU, Dice, precision and recall of each class; 0 where the denominator is."""
    hits, true, found = np.diag(confusion), confusion.sum(axis=1), confusion.sum(axis=0)
    return (
        _share(hits, true + found - hits),
        _share(2 * hits, true + found),
        _share(hits, found),
        _share(hits, true),
    )


def _seen(confusion: Counts) -> npt.NDArray[np.bool_]:
    return (confusion.sum(axis=0) + confusion.sum(axis=1)) > 0


def _share(part: Counts, whole: Counts) -> Figures:
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)


def _note(samples: list[EvaluatedSample], sample: EvaluatedSample) -> None:
    if len(samples) < hints.MOST_SAMPLES:
        samples.append(sample)


def _wrong(sample: EvaluatedSample, true: ClassMap, found: ClassMap, wrong: Counts) -> _Wrong:
    """Return the image's masks: missed are pixels of a label that are found as something else, false are
    pixels found as a label that are something else."""
    differs = (true != found) & (true != IGNORED)
    missed, false = wrong.sum(axis=1), wrong.sum(axis=0)
    per_label = [
        {
            "label": label,
            "missed_pixels": int(missed[label + 1]),
            "false_pixels": int(false[label + 1]),
            "missed_mask": encode_mask(differs & (true == label + 1)),
            "false_mask": encode_mask(differs & (found == label + 1)),
        }
        for label in np.flatnonzero((missed + false)[1:]).tolist()
    ]
    masks = {
        "missed_mask": encode_mask(differs & (true != BACKGROUND_CLASS)),
        "false_mask": encode_mask(differs & (found != BACKGROUND_CLASS)),
    }
    height, width = true.shape
    return _Wrong(sample, width, height, missed, false, masks, per_label)


def _conclusion(figures: dict[str, float], basis: Basis, *, cautioned: bool) -> dict[str, str]:
    held_en, held_zh = basis.names
    return conclusion(
        figures["miou"],
        f"{figures['pixel_accuracy']:.1%} of the pixels of {basis.evaluated_count} {held_en} are "
        "right, mean IoU "
        f"{figures['miou']:.1%}",
        f"{basis.evaluated_count}张{held_zh}中{figures['pixel_accuracy']:.1%}的像素正确，平均IoU为"
        f"{figures['miou']:.1%}",
        cautioned=cautioned,
    )
