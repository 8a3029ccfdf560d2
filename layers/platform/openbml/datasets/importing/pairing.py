"""Which files of an archive belong together (spec 02 sections 3.3, 3.4).

A pair is an image and a json file with exactly the same name up to the suffix, in the same folder.
"""

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from openbml.datasets.importing.archives import Entry
from openbml.datasets.importing.data_imports import AnnotationFormat, Problem

# Content decides what an image is; a suffix only tells which files are meant to be images. Foreign kinds are
# paired too, so that their own fault is told and not a missing partner.
_IMAGE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".heic", ".avif"}
)
_JSON_SUFFIX = ".json"


class Pair(NamedTuple):
    image: Entry
    annotation: Entry | None


class Pairing(NamedTuple):
    """`mismatches` make the import fail; `ignored` are files of no use here."""

    pairs: Sequence[Pair]
    mismatches: Sequence[Problem]
    ignored: Sequence[str]


def paired(entries: Sequence[Entry], annotation_format: AnnotationFormat) -> Pairing:
    """Return the samples in the order of their images in the archive."""
    if annotation_format is AnnotationFormat.NONE:
        images = [entry for entry in entries if _suffix(entry) in _IMAGE_SUFFIXES]
        ignored = [entry.name for entry in entries if _suffix(entry) not in _IMAGE_SUFFIXES]
        return Pairing([Pair(image, None) for image in images], [], ignored)
    return _json_pairs(entries)


def _json_pairs(entries: Sequence[Entry]) -> Pairing:
    images: dict[str, Entry] = {}
    annotations: dict[str, Entry] = {}
    mismatches: list[Problem] = []
    ignored: list[str] = []
    for entry in entries:
        suffix, stem = _suffix(entry), entry.name[: len(entry.name) - len(_suffix(entry))]
        side = annotations if suffix == _JSON_SUFFIX else images if suffix in _IMAGE_SUFFIXES else None
        if side is None:
            ignored.append(entry.name)
        elif stem in side:
            mismatches.append(_mismatch(entry.name, f"{side[stem].name} has the same name and kind"))
        else:
            side[stem] = entry
    mismatches += [
        _mismatch(image.name, "there is no json file of this name")
        for stem, image in images.items()
        if stem not in annotations
    ]
    mismatches += [
        _mismatch(annotation.name, "there is no image of this name")
        for stem, annotation in annotations.items()
        if stem not in images
    ]
    pairs = [Pair(image, annotations[stem]) for stem, image in images.items() if stem in annotations]
    return Pairing(pairs, mismatches, ignored)


def _suffix(entry: Entry) -> str:
    return PurePosixPath(entry.name).suffix.lower()


def _mismatch(name: str, message: str) -> Problem:
    return Problem(file=name, reason="name_mismatch", message=message)
