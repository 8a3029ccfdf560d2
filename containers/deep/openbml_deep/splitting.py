"""Which images train and which evaluate. Equal images, by their SHA-256, always stay together."""

import random
from collections import Counter
from collections.abc import Iterable, Sequence

from openbml_deep.tasks.objects import AnnotatedImage
from openbml_kit.faults import UserFault

# Stands for the images that have no class.
_NONE = -1

Group = list[AnnotatedImage]


def hold_out(
    images: Sequence[AnnotatedImage], *, fraction: float, seed: int
) -> tuple[list[AnnotatedImage], list[AnnotatedImage]]:
    """Return (training, held out): disjoint, the same share of every class, fixed by the seed and the
    sample ids.

    A class keeps at least one image for training. A class of two or more gives at least one away, unless
    that would take the last training image of another one.

    Classes are dealt with from the rarest to the most frequent one, so that images of several classes go
    where they are needed most: Sechidis et al. 2011, "On the stratification of multi-label data".
    """
    groups = _groups(images)
    members: dict[int, list[Group]] = {}
    for group in groups:
        for class_index in _classes(group):
            members.setdefault(class_index, []).append(group)
    left = {class_index: len(of_class) for class_index, of_class in members.items()}
    held: dict[int, Group] = {}
    decided: set[int] = set()
    for class_index, of_class in sorted(members.items(), key=lambda item: (len(item[1]), item[0])):
        wanted = min(len(of_class) - 1, max(1, round(fraction * len(of_class))))
        wanted -= sum(id(group) in held for group in of_class)
        free = [group for group in of_class if id(group) not in decided]
        random.Random(f"{seed}/{class_index}").shuffle(free)
        for group in free:
            decided.add(id(group))
            if wanted > 0 and all(left[other] > 1 for other in _classes(group)):
                held[id(group)] = group
                wanted -= 1
                for other in _classes(group):
                    left[other] -= 1
    training = [image for group in groups if id(group) not in held for image in group]
    return _in_order(training), _in_order(image for group in held.values() for image in group)


def without(
    images: Sequence[AnnotatedImage], others: Sequence[AnnotatedImage]
) -> tuple[list[AnnotatedImage], int]:
    """Return the images that are not among the others, by their SHA-256, and how many are."""
    taken = {image.sha256 for image in others}
    kept = [image for image in images if image.sha256 not in taken]
    return kept, len(images) - len(kept)


def share_of(images: Sequence[AnnotatedImage], *, percent: int, seed: int) -> list[AnnotatedImage]:
    """Return that share of every class, at least one image each."""
    if percent >= 100:
        return list(images)
    _, sampled = hold_out(images, fraction=percent / 100, seed=seed)
    present = {class_index for image in sampled for class_index in image.classes}
    missing = [image for image in images if not set(image.classes) <= present]
    for image in missing:
        if not set(image.classes) <= present:
            sampled.append(image)
            present |= set(image.classes)
    return _in_order(sampled)


def _groups(images: Sequence[AnnotatedImage]) -> list[Group]:
    """Return the images, equal ones together, in order of their ids."""
    by_digest: dict[str, Group] = {}
    for image in _in_order(images):
        by_digest.setdefault(image.sha256, []).append(image)
    return list(by_digest.values())


def _classes(group: Group) -> list[int]:
    found = sorted({class_index for image in group for class_index in image.classes})
    return found or [_NONE]


def _in_order(images: Iterable[AnnotatedImage]) -> list[AnnotatedImage]:
    return sorted(images, key=lambda image: image.sample_id)


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
