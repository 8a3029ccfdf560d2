"""Runs operations over one sample: its content and annotation in, new ones or a reason out."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from PIL import Image

from openbml_catalog.datasets import Content
from openbml_formats.annotations import Annotation
from openbml_formats.listings import ListedSample
from openbml_formats.operators.edits import edited, moved_spans
from openbml_formats.operators.operations import Operation
from openbml_formats.operators.picture_changes import PICTURE_CHANGES, Changed
from openbml_formats.operators.regions import moved_annotation, uncovered_annotation
from openbml_formats.operators.text_changes import TEXT_CHANGES


class Notice(NamedTuple):
    """Something to tell of a sample that goes on: `reason` is a report's code."""

    reason: str
    message: str


@dataclass
class Work:
    """A sample on its way through operations; the members change as they do.

    Attributes:
        done: codes of the operations that changed something.
        dropped_regions: labels of regions that were lost on the way.
    """

    sample: ListedSample
    annotation: Annotation
    image: Image.Image | None = None
    texts: tuple[str, ...] = ()
    content: Content = Content.IMAGE
    least_visible: float = 0.2
    done: list[str] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    dropped_regions: list[str] = field(default_factory=list)

    @property
    def is_changed(self) -> bool:
        return bool(self.done)


def change(work: Work, operation: Operation, rng: random.Random) -> None:
    """Do one operation of the effect `change`."""
    if operation.code in TEXT_CHANGES:
        _change_texts(work, operation, rng)
    elif work.image is not None:
        _change_picture(work, work.image, operation, rng)


def _change_picture(work: Work, image: Image.Image, operation: Operation, rng: random.Random) -> None:
    result = PICTURE_CHANGES[operation.code](image, operation, rng)
    if result.image is image:
        return
    work.image = result.image
    work.done.append(operation.code)
    moved = _follow(work.annotation, result, work.least_visible)
    if moved is not None:
        work.annotation = moved[0]
        work.dropped_regions += moved[1]


def _follow(annotation: Annotation, result: Changed, least: float) -> tuple[Annotation, Sequence[str]] | None:
    if not annotation.regions:
        return None
    if result.matrix is not None:
        return moved_annotation(annotation, result.matrix, result.image.size, least_share=least)
    return uncovered_annotation(annotation, result.holes, least_share=least) if result.holes else None


def _change_texts(work: Work, operation: Operation, rng: random.Random) -> None:
    new_texts = []
    spans = work.annotation.spans if len(work.texts) == 1 else ()
    for text in work.texts:
        edits = TEXT_CHANGES[operation.code](text, spans, operation, rng)
        if spans and edits:
            moved = moved_spans(spans, text, edits)
            work.annotation = work.annotation.model_copy(update={"spans": moved.spans})
            work.dropped_regions += moved.dropped
            work.notices += [
                Notice("span_widened", f"{label}: takes in a character that changed across its edge")
                for label in moved.widened
            ]
        new = edited(text, edits)
        new_texts.append(text if work.content is Content.TOKENS and not _is_token(new) else new)
    if tuple(new_texts) != work.texts:
        work.texts = tuple(new_texts)
        work.done.append(operation.code)


def _is_token(text: str) -> bool:
    return bool(text) and not any(sign.isspace() for sign in text)
