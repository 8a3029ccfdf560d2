"""What readers of a file about all images share: opening it, and joining what it says with the images."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO

from openbml_formats.annotations import Annotation, canonical
from openbml_formats.image_names import Found
from openbml_formats.json_values import JsonFormatError
from openbml_formats.kept_items import KeptItems
from openbml_formats.records import AnnotationError, Problem, Record, Severity, SourceFormatError
from openbml_formats.sources import MemberUnreadableError, Source
from openbml_formats.xml_documents import XmlFormatError


@contextmanager
def opened(source: Source, name: str) -> Iterator[BinaryIO]:
    """Open a central file; what is wrong with it makes the source unreadable as a whole.

    Raises:
        SourceFormatError: damaged, not JSON or XML.
    """
    try:
        with source.open(name) as stream:
            yield stream
    except (MemberUnreadableError, JsonFormatError, XmlFormatError) as error:
        raise SourceFormatError(f"{name!r} {error}") from error


def read_whole(source: Source, name: str, limit: int) -> bytes:
    """Return a central file. Raises SourceFormatError: damaged or larger than the limit."""
    try:
        return source.read(name, limit=limit)
    except MemberUnreadableError as error:
        raise SourceFormatError(f"{name!r} {error}") from error


def rejected(file: str, reason: str, message: str, line: int | None = None) -> Problem:
    return Problem(file=file, reason=reason, message=message, line=line)


def refused(file: str, error: AnnotationError, line: int | None = None) -> Problem:
    return Problem(file=file, reason=error.reason, message=str(error), line=line)


def skipped(file: str, reason: str, message: str) -> Problem:
    return Problem(file=file, reason=reason, message=message, severity=Severity.SKIPPED)


def missing_image(file: str, told: str, found: Found) -> Problem:
    if found.ambiguous:
        return rejected(file, "image_ambiguous", f"several images may be meant by {told[:200]!r}")
    return rejected(file, "image_missing", f"there is no image {told[:200]!r}")


def kept_annotation(annotation: Annotation) -> Any:
    return {"annotation": canonical(annotation)}


def kept_fault(error: AnnotationError) -> Any:
    return {"reason": error.reason, "message": str(error)}


def joined(images: Sequence[str], kept: KeptItems[str]) -> Iterator[Record | Problem]:
    """Yield all images: with what was kept of them, with its fault, or unlabelled."""
    for name in images:
        told = next(kept.items(name), None)
        if told is None:
            yield told_by(name, Annotation(), name)
        elif "annotation" in told:
            yield told_by(name, Annotation.model_validate(told["annotation"]), name)
        else:
            yield rejected(name, told["reason"], told["message"])


def told_by(name: str, annotation: Annotation, file: str) -> Record:
    return Record(name=name, member=name, annotation=annotation, file=file)
