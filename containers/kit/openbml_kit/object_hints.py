"""Hints of object detection and instance segmentation: confused labels, suspected annotations, labels in
need."""

from collections.abc import Sequence

from openbml_kit import hints
from openbml_kit.evaluated_objects import EvaluatedImage
from openbml_kit.hints import UNITS_OF_OBJECTS, Counts, Figures, Hint
from openbml_kit.object_matches import Judged
from openbml_kit.report_basis import EvaluatedSample

# Score from which a found object that nobody annotated is more likely a hole in the annotations.
_SURE = 0.8


def object_hints(
    images: Sequence[EvaluatedImage],
    judgements: Sequence[Judged],
    *,
    labels: Sequence[str],
    confusion: Counts,
    f1: Figures,
    training_counts: Sequence[int],
) -> list[Hint]:
    """Return the hints, those about annotations first.

    Args:
        confusion: rows true, columns found, background last.
        f1: of each label at the recommended threshold.
        training_counts: training objects of each label.
    """
    pairs = list(zip(images, judgements, strict=True))

    def confused(true: int, found: int) -> list[EvaluatedSample]:
        return [
            image.sample
            for image, row in pairs
            if any(
                (image.true.classes[meant], image.found.classes[wrong]) == (true, found)
                for wrong, meant in row.mistaken
            )
        ]

    def mistakes(label: int) -> list[EvaluatedSample]:
        return [
            image.sample
            for image, row in pairs
            if any(image.true.classes[place] == label for place in row.missed)
            or any(image.found.classes[place] == label for place in row.false)
        ]

    return [
        *_wrong_labels(pairs, labels),
        *_holes(pairs, labels),
        *hints.confused_labels(confusion, labels, confused, unit_en="objects", unit_zh="个目标"),
        *hints.labels_in_need(
            f1,
            training_counts,
            confusion[:-1].sum(axis=1).tolist(),
            labels,
            mistakes,
            figure_name="F1",
            **UNITS_OF_OBJECTS,
        ),
        *hints.imbalance(training_counts, labels, **UNITS_OF_OBJECTS),
    ]


def _wrong_labels(pairs: Sequence[tuple[EvaluatedImage, Judged]], labels: Sequence[str]) -> list[Hint]:
    """Name annotated objects in whose place the network is sure of another label."""
    seen = [
        (float(image.found.scores[wrong]), image, wrong, meant)
        for image, row in pairs
        for wrong, meant in row.mistaken
        if image.found.scores[wrong] >= _SURE
    ]
    if not seen:
        return []
    seen.sort(key=lambda entry: (-entry[0], entry[1].sample.sample_id))
    named = {labels[image.true.classes[meant]] for _, image, _, meant in seen}
    return [
        hints.hint(
            "suspected_label_errors",
            "warning",
            f"Annotated objects in whose place another label is found with a score of at least {_SURE:g}: "
            f"{len(seen)}. Check their labels; where they are wrong, correct the data set and train again.",
            f"{len(seen)}个已标注目标在同一位置被以不低于{_SURE:g}的置信度识别为其他标签。请检查这些标"
            "注，若有误请修正数据集后重新训练。",
            labels=sorted(named),
            samples=[image.sample for _, image, _, _ in seen],
        )
    ]


def _holes(pairs: Sequence[tuple[EvaluatedImage, Judged]], labels: Sequence[str]) -> list[Hint]:
    """Name images where the network is sure of an object that nobody annotated."""
    seen = []
    for image, row in pairs:
        free = set(row.false) - {wrong for wrong, _ in row.mistaken}
        seen += [
            (float(image.found.scores[place]), image, place)
            for place in free
            if image.found.scores[place] >= _SURE
        ]
    if not seen:
        return []
    seen.sort(key=lambda entry: (-entry[0], entry[1].sample.sample_id))
    named = {labels[image.found.classes[place]] for _, image, place in seen}
    return [
        hints.hint(
            "missing_annotations",
            "warning",
            f"Objects found with a score of at least {_SURE:g} where none is annotated: {len(seen)}. Check "
            "whether an annotation is missing; add it, or add images of such look-alikes without annotation.",
            f"有{len(seen)}个置信度不低于{_SURE:g}的识别结果没有对应标注。请检查是否漏标：漏标请补充标"
            "注，否则请补充此类相似但非目标的图片。",
            labels=sorted(named),
            samples=[image.sample for _, image, _ in seen],
        )
    ]
