"""Which files of a source belong together (spec 02 sections 3.3, 3.4).

A pair is an image and an annotation file with exactly the same name up to the suffix, in the same folder.
"""

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from openbml_formats.limits import LISTED_MISMATCHES
from openbml_formats.records import NameMismatchError, Problem, Record, Severity, SourceFormatError
from openbml_formats.sources import Member

# Content decides what an image is; a suffix only tells which files are meant to be images. Foreign kinds are
# paired too, so that their own fault is told and not a missing partner.
IMAGE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".heic", ".avif"}
)


class Pair(NamedTuple):
    image: str
    sidecar: str


class Pairing(NamedTuple):
    """`mismatches` make an import fail; `ignored` are files of no use here."""

    pairs: Sequence[Pair]
    mismatches: Sequence[Problem]
    ignored: Sequence[str]


def suffix_of(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def stem_of(name: str) -> str:
    """Return the name with its folders and without its suffix."""
    return name[: len(name) - len(PurePosixPath(name).suffix)]


def is_image(name: str) -> bool:
    return suffix_of(name) in IMAGE_SUFFIXES


def paired(members: Sequence[Member], suffix: str) -> Pairing:
    """Return the pairs of images and files of that suffix, in the order of the images."""
    images: dict[str, str] = {}
    sidecars: dict[str, str] = {}
    mismatches: list[Problem] = []
    ignored: list[str] = []
    for name, _ in members:
        side = sidecars if suffix_of(name) == suffix else images if is_image(name) else None
        stem = stem_of(name)
        if side is None:
            ignored.append(name)
        elif stem in side:
            mismatches.append(_mismatch(name, f"{side[stem]!r} has the same name and kind"))
        else:
            side[stem] = name
    kind = suffix.removeprefix(".")
    mismatches += [
        _mismatch(name, f"there is no {kind} file of this name")
        for stem, name in images.items()
        if stem not in sidecars
    ]
    mismatches += [
        _mismatch(name, "there is no image of this name")
        for stem, name in sidecars.items()
        if stem not in images
    ]
    pairs = [Pair(name, sidecars[stem]) for stem, name in images.items() if stem in sidecars]
    return Pairing(pairs, mismatches, ignored)


def paired_records(members: Sequence[Member], suffix: str) -> Iterator[Record | Problem]:
    """Yield a record for each pair.

    Raises:
        NameMismatchError: a file has no partner, or two are of one name and kind.
        SourceFormatError: there are no images.
    """
    found = paired(members, suffix)
    if found.mismatches:
        first = found.mismatches[0]
        raise NameMismatchError(
            f"names of images and {suffix} files do not match: {first.file!r}: {first.message}"
            + (f", and {len(found.mismatches) - 1} more" if len(found.mismatches) > 1 else ""),
            found.mismatches[:LISTED_MISMATCHES],
        )
    if not found.pairs:
        raise SourceFormatError(f"there are no images with {suffix.removeprefix('.')} files")
    for name in found.ignored:
        yield ignored_file(name)
    for image, sidecar in found.pairs:
        yield Record(name=image, member=image, sidecar=sidecar, file=sidecar)


def ignored_file(name: str) -> Problem:
    return Problem(
        file=name,
        reason="ignored_file",
        message="is neither an image nor its annotation",
        severity=Severity.SKIPPED,
    )


def _mismatch(name: str, message: str) -> Problem:
    return Problem(file=name, reason="name_mismatch", message=message)
