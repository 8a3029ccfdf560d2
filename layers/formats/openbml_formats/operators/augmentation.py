"""Augmentation: copies of one sample, each changed at random; the same seed gives the same copies."""

import random

from openbml_catalog.datasets import Content
from openbml_formats.derivations import AugmentationSettings
from openbml_formats.listings import ListedSample
from openbml_formats.operators.operations import Operation
from openbml_formats.operators.pictures import Loaded
from openbml_formats.operators.pipelines import Work, change


def augmented(
    sample: ListedSample,
    opened: Loaded | None,
    settings: AugmentationSettings,
    *,
    copy: int,
    content: Content,
) -> Work:
    """Return one copy; `done` of it is empty when no operation could change anything.

    Args:
        opened: the sample's image, None for texts.
        copy: the copy's number, from 0.
    """
    rng = random.Random(f"{settings.seed}/{sample.name}/{sample.sha256}/{copy}")
    work = Work(
        sample,
        sample.annotation,
        image=opened.image if opened else None,
        texts=sample.texts,
        content=content,
        least_visible=settings.least_visible,
    )
    for operation in _chosen(settings, rng):
        change(work, operation, rng)
    return work


def takes(sample: ListedSample, settings: AugmentationSettings) -> bool:
    """Tell whether copies are made of the sample."""
    return not settings.labels or not set(settings.labels).isdisjoint(sample.annotation.label_counts())


def copy_name(name: str, copy: int, extension: str | None) -> str:
    """Return the name of a copy, the suffix that its content now has at the end."""
    stem, dot, suffix = name.rpartition(".")
    if extension is None or not dot or "/" in suffix:
        stem, suffix = name, ""
    suffix = extension or suffix
    return f"{stem}_augmented_{copy + 1:02d}{'.' if suffix else ''}{suffix}"


def _chosen(settings: AugmentationSettings, rng: random.Random) -> list[Operation]:
    chosen = [step for step in settings.operations if rng.random() < settings.probability]
    return chosen or [rng.choice(list(settings.operations))]
