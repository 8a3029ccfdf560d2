"""Cleaning: samples in, one after the other; each comes out as it was, changed, or dropped with a reason."""

import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

from PIL import Image

from openbml_catalog.datasets import Content
from openbml_formats.listings import ListedSample
from openbml_formats.operators.near_duplicates import LookIndex, TextIndex
from openbml_formats.operators.operations import Operation
from openbml_formats.operators.pictures import Loaded, Measures, PictureError, loaded, measured, measures_of
from openbml_formats.operators.pipelines import Work, change

_NO_CHANCE = random.Random(0)


class Drop(NamedTuple):
    """Why a sample is left out: the operation that did it, and what people are told."""

    operation: str
    reason: str
    message: str


class Cleaned(NamedTuple):
    """A sample after cleaning; `loaded` is how its image was opened where it was."""

    work: Work
    drop: Drop | None
    loaded: Loaded | None = None


class Cleaner:
    """Does checked operations; of duplicates the sample that comes first is kept."""

    def __init__(self, operations: Sequence[Operation], content: Content) -> None:
        self._operations = operations
        self._content = content
        self._looks = {
            place: LookIndex(operation.integer("distance"))
            for place, operation in enumerate(operations)
            if operation.code == "remove_similar"
        }
        self._texts = {
            place: TextIndex(
                ignore_case=bool(operation.parameters["ignore_case"]),
                ignore_blanks=bool(operation.parameters["ignore_blanks"]),
            )
            for place, operation in enumerate(operations)
            if operation.code == "remove_duplicates"
        }
        self._names: dict[int, str] = {}
        self._known: tuple[Image.Image | None, Measures] | None = None

    @property
    def capped(self) -> int:
        """How often a picture was not compared with all that could be like it."""
        return sum(index.capped for index in self._looks.values())

    def clean(self, sample: ListedSample, content: bytes | None) -> Cleaned:
        """Return what becomes of a sample; damaged images are dropped."""
        self._known = None
        work = Work(sample, sample.annotation, texts=sample.texts, content=self._content)
        try:
            opened = self._opened(work, content)
            for place, operation in enumerate(self._operations):
                drop = self._step(place, operation, work, content)
                if drop is not None:
                    return Cleaned(work, drop, opened)
        except PictureError as error:
            return Cleaned(work, Drop("", error.reason, str(error)))
        if self._content is not Content.TOKENS and not all(text.strip() for text in work.texts):
            return Cleaned(work, Drop(work.done[-1] if work.done else "", "text_empty", "nothing is left"))
        return Cleaned(work, None, opened)

    def _opened(self, work: Work, content: bytes | None) -> Loaded | None:
        """Open the image where an operation changes it; filters measure the file at a smaller scale."""
        if content is None or all(operation.is_filter for operation in self._operations):
            return None
        opened = loaded(content)
        work.image = opened.image
        if opened.was_turned and any(operation.code == "turn_upright" for operation in self._operations):
            work.done.append("turn_upright")
        return opened

    def _step(self, place: int, operation: Operation, work: Work, content: bytes | None) -> Drop | None:
        if not operation.is_filter:
            change(work, operation, _NO_CHANCE)
            return None
        if operation.code == "filter_length":
            return _length_drop(operation, work.texts, self._content)
        if operation.code == "remove_duplicates":
            return self._duplicate_drop(place, work)
        if content is None:
            return None
        measures = self._measures(work, content)
        if operation.code == "remove_similar":
            return self._similar_drop(place, work, measures)
        return _PICTURE_FILTERS[operation.code](operation, measures)

    def _measures(self, work: Work, content: bytes) -> Measures:
        """Return the figures of the picture as it is now; they are taken once between two changes."""
        known = self._known
        if known is None or known[0] is not work.image:
            found = measured(content) if work.image is None else measures_of(work.image)
            known = self._known = (work.image, found)
        return known[1]

    def _duplicate_drop(self, place: int, work: Work) -> Drop | None:
        first = self._texts[place].add(work.sample.sample_id, work.texts)
        if first is None:
            self._names[work.sample.sample_id] = work.sample.name
            return None
        return Drop("remove_duplicates", "text_duplicate", f"is the same as {self._names[first]}")

    def _similar_drop(self, place: int, work: Work, measures: Measures) -> Drop | None:
        near = self._looks[place].find(measures.look, measures.tones)
        if near is not None:
            message = f"looks like {self._names[near.number]} ({near.distance} of 64 bits differ)"
            return Drop("remove_similar", "image_similar", message)
        self._looks[place].keep(work.sample.sample_id, measures.look, measures.tones)
        self._names[work.sample.sample_id] = work.sample.name
        return None


def _dark_drop(operation: Operation, measures: Measures) -> Drop | None:
    if measures.brightness >= operation.integer("threshold"):
        return None
    return Drop(operation.code, "image_dark", f"has a mean brightness of {measures.brightness:.1f}")


def _bright_drop(operation: Operation, measures: Measures) -> Drop | None:
    if measures.brightness <= operation.integer("threshold"):
        return None
    return Drop(operation.code, "image_bright", f"has a mean brightness of {measures.brightness:.1f}")


def _blurred_drop(operation: Operation, measures: Measures) -> Drop | None:
    if measures.sharpness >= operation.number("threshold"):
        return None
    return Drop(operation.code, "image_blurred", f"has a sharpness of {measures.sharpness:.1f}")


def _small_drop(operation: Operation, measures: Measures) -> Drop | None:
    width, height = measures.width, measures.height
    if width >= operation.integer("min_width") and height >= operation.integer("min_height"):
        return None
    return Drop(operation.code, "image_small", f"has {width}x{height} pixels")


_PICTURE_FILTERS: dict[str, Callable[[Operation, Measures], Drop | None]] = {
    "remove_dark": _dark_drop,
    "remove_bright": _bright_drop,
    "remove_blurred": _blurred_drop,
    "remove_small": _small_drop,
}


def _length_drop(operation: Operation, texts: tuple[str, ...], content: Content) -> Drop | None:
    unit = "tokens" if content is Content.TOKENS else "characters"
    lengths = [len(texts)] if content is Content.TOKENS else [len(text) for text in texts]
    for length in lengths:
        if not operation.integer("min_length") <= length <= operation.integer("max_length"):
            return Drop(operation.code, "text_length", f"has {length} {unit}")
    return None
