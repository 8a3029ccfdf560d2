"""Images with wrong objects, for the report's gallery: red false positives, orange missed ones (spec 03
section 2.14)."""

from collections.abc import Sequence
from typing import Any

from openbml_kit.evaluated_objects import EvaluatedImage, FoundObjects, TrueObjects
from openbml_kit.object_matches import Judged
from openbml_kit.report_basis import WRONG_EXAMPLES

# Objects of one kind listed of an image, and characters of masks in the whole report: readers load it at
# once.
_MOST_OBJECTS = 100
_MOST_MASK_CHARACTERS = 8_000_000


def wrong_count(judgements: Sequence[Judged]) -> int:
    """Return the number of images with a false positive or a missed object."""
    return sum(bool(row.false or row.missed) for row in judgements)


def wrong_examples(
    images: Sequence[EvaluatedImage], judgements: Sequence[Judged], labels: Sequence[str]
) -> list[dict[str, Any]]:
    """Return the wrong images, the most instructive first: confident mistakes, and where most was missed."""
    wrong = [pair for pair in zip(images, judgements, strict=True) if pair[1].false or pair[1].missed]
    wrong.sort(key=lambda pair: (-_worth(*pair), pair[0].sample.sample_id))
    examples, left = [], _MOST_MASK_CHARACTERS
    for image, judgement in wrong[:WRONG_EXAMPLES]:
        example = _example(image, judgement, labels)
        left -= sum(
            len(row.get("mask", ""))
            for kind in ("false_positives", "missed", "right")
            for row in example[kind]
        )
        if left < 0:
            break
        examples.append(example)
    return examples


def _worth(image: EvaluatedImage, judgement: Judged) -> float:
    """Return the best score of a false positive plus the share of the true objects that are missed, 0 to
    2."""
    surest = max((float(image.found.scores[place]) for place in judgement.false), default=0.0)
    return surest + len(judgement.missed) / max(1, len(judgement.missed) + len(judgement.right))


def _example(image: EvaluatedImage, judgement: Judged, labels: Sequence[str]) -> dict[str, Any]:
    found, true = image.found, image.true
    meant = {wrong: labels[true.classes[place]] for wrong, place in judgement.mistaken}
    taken = {place: labels[found.classes[wrong]] for wrong, place in judgement.mistaken}

    def by_score(places: Sequence[int]) -> list[int]:
        return sorted(places, key=lambda place: -found.scores[place])[:_MOST_OBJECTS]

    return {
        "sample_id": image.sample.sample_id,
        "name": image.sample.name,
        "width": image.width,
        "height": image.height,
        "false_positives": [
            {**_found(found, place, labels), **({"true_label": meant[place]} if place in meant else {})}
            for place in by_score(judgement.false)
        ],
        "missed": [
            {**_object(true, place, labels), **({"found_label": taken[place]} if place in taken else {})}
            for place in judgement.missed[:_MOST_OBJECTS]
        ],
        "right": [_found(found, place, labels) for place in by_score(judgement.right)],
    }


def _found(objects: FoundObjects, place: int, labels: Sequence[str]) -> dict[str, Any]:
    return {**_object(objects, place, labels), "score": round(float(objects.scores[place]), 4)}


def _object(objects: TrueObjects | FoundObjects, place: int, labels: Sequence[str]) -> dict[str, Any]:
    box = [round(float(edge), 1) for edge in objects.boxes[place]]
    mask = {"mask": objects.masks[place]} if objects.masks else {}
    return {"label": labels[objects.classes[place]], "box": box, **mask}
