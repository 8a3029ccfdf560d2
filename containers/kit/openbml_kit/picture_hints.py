"""Hints from how pictures look: evaluated ones that training has seen, sets in which all look the same.

Looks are perceptual hashes with grey levels, compared as the quality reports of datasets do
(`openbml_formats.operators.near_duplicates`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from openbml_formats.operators.near_duplicates import LookIndex
from openbml_formats.operators.pictures import Seen
from openbml_kit.hints import Hint, hint
from openbml_kit.report_basis import EvaluatedSample

# Bits of 64 that may differ: the default of the catalogue's operator `remove_similar`.
_DISTANCE = 6
_ALL_ALIKE = 0.9
_MANY_ALIKE = 0.2
_FEWEST = 10  # pictures of which "many" can be said


@dataclass(frozen=True)
class SeenSample:
    sample: EvaluatedSample
    seen: Seen


def picture_hints(training: Sequence[SeenSample], evaluated: Sequence[SeenSample]) -> list[Hint]:
    """Return the hints, the gravest first."""
    index = LookIndex(_DISTANCE)
    repeats = _repeats(index, training)
    leaked = [row.sample for row in evaluated if index.find(*row.seen) is not None]
    if len(training) >= _FEWEST and len(repeats) >= _ALL_ALIKE * (len(training) - 1):
        return [_all_alike(len(training), repeats)]
    hints = []
    if leaked:
        hints.append(_leak(len(evaluated), leaked))
    if len(training) >= _FEWEST and len(repeats) >= _MANY_ALIKE * len(training):
        hints.append(_many_alike(len(training), repeats))
    return hints


def _repeats(index: LookIndex, pictures: Sequence[SeenSample]) -> list[EvaluatedSample]:
    """Return the pictures that look like an earlier one, and leave all in the index."""
    repeats = []
    for number, row in enumerate(pictures):
        if index.find(*row.seen) is None:
            index.keep(number, *row.seen)
        else:
            repeats.append(row.sample)
    return repeats


def _all_alike(total: int, repeats: Sequence[EvaluatedSample]) -> Hint:
    return hint(
        "all_images_alike",
        "warning",
        f"Nearly all of the {total} training images look the same: {len(repeats)} repeat another one. "
        "The model "
        "cannot learn what differs. Check the import, and add images of other objects, angles and light.",
        f"{total}张训练图片几乎完全相同，其中{len(repeats)}张与其他图片重复，模型无法学到差异。请检查导"
        "入的数据，"
        "并补充不同目标、角度和光照的图片。",
        samples=repeats,
    )


def _leak(total: int, leaked: Sequence[EvaluatedSample]) -> Hint:
    return hint(
        "evaluated_look_like_training",
        "warning",
        f"{len(leaked)} of {total} evaluated images look like a training image, so the figures are "
        "better than "
        "the model. Remove similar images from the dataset, or evaluate on a set of its own.",
        f"{total}张评估图片中有{len(leaked)}张与训练图片相似，评估指标会偏高。请在数据集中去除相似图片"
        "，或使用独立的评测集。",
        samples=leaked,
    )


def _many_alike(total: int, repeats: Sequence[EvaluatedSample]) -> Hint:
    return hint(
        "training_images_alike",
        "info",
        f"{len(repeats)} of {total} training images look like another one. They add training time "
        "rather than "
        "knowledge: remove similar images, and add different ones.",
        f"{total}张训练图片中有{len(repeats)}张与其他图片相似，只增加训练时间。请去除相似图片并补充有差"
        "异的图片。",
        samples=repeats,
    )
