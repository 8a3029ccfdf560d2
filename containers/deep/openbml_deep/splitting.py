"""Which images train and which evaluate."""

import random
from collections import Counter
from collections.abc import Iterable, Sequence

from openbml_deep.tasks.objects import AnnotatedImage
from openbml_kit.faults import UserFault


def hold_out(
    images: Sequence[AnnotatedImage], *, fraction: float, seed: int
) -> tuple[list[AnnotatedImage], list[AnnotatedImage]]:
    """Return (training, held out): disjoint, the same share of every class, fixed by the seed and the
    sample ids.

    A class keeps at least one image for training; a class of two or more gives at least one away. Of an
    image with several classes the first one counts, of one without any that it has none.
    """
    by_class: dict[int, list[AnnotatedImage]] = {}
    for image in sorted(images, key=lambda image: image.sample_id):
        by_class.setdefault(image.classes[0] if image.classes else -1, []).append(image)
    training, held_out = [], []
    for class_index, members in sorted(by_class.items()):
        random.Random(f"{seed}/{class_index}").shuffle(members)
        count = min(len(members) - 1, max(1, round(fraction * len(members))))
        held_out += members[:count]
        training += members[count:]
    return sorted(training, key=lambda image: image.sample_id), sorted(
        held_out, key=lambda image: image.sample_id
    )


def counts_per_class(images: Iterable[AnnotatedImage], labels: Sequence[str]) -> list[int]:
    """Return in how many images each label occurs."""
    counts = Counter(class_index for image in images for class_index in image.classes)
    return [counts[index] for index in range(len(labels))]


def require_every_label(images: Sequence[AnnotatedImage], labels: Sequence[str], *, what: str) -> None:
    """Check that each label has an image.

    Raises:
        UserFault: one has none.
    """
    for label, count in zip(labels, counts_per_class(images, labels), strict=True):
        if count == 0:
            raise UserFault(f"label {label} has no image in the {what}")
