"""Label Studio's JSON export: tasks about images of the archive, or tasks that hold their texts."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

from openbml_catalog.datasets import Content
from openbml_formats.annotations import Annotation
from openbml_formats.image_names import Found, ImageNames
from openbml_formats.json_streams import first_character, list_items
from openbml_formats.kept_items import KeptItems
from openbml_formats.label_studio_json import annotation_of, content_of, counted_annotations
from openbml_formats.pairing import ignored_file, is_image, suffix_of
from openbml_formats.protocols import ReadSettings
from openbml_formats.readers.central import (
    joined,
    kept_annotation,
    kept_fault,
    missing_image,
    opened,
    refused,
    rejected,
    skipped,
)
from openbml_formats.readers.unlabelled import images_only
from openbml_formats.records import AnnotationError, Problem, Record, Severity, SourceFormatError
from openbml_formats.sources import Source

_UPLOAD_PREFIX = re.compile(r"^[0-9a-f]{8}-")


class LabelStudioReader:
    def records(self, source: Source, settings: ReadSettings) -> Iterator[Record | Problem]:
        if settings.kind.content is not Content.IMAGE:
            return _texts(source, settings)
        return _images(source, settings) if settings.labelled else images_only(source)


def _tasks(source: Source) -> Iterator[tuple[str, int, Any] | Problem]:
    """Yield (file, place from 1, task). Raises SourceFormatError where there is no list of tasks."""
    names = [member.name for member in source.members() if suffix_of(member.name) == ".json"]
    found = False
    for name in names:
        with opened(source, name) as stream:
            is_list = first_character(stream) == "["
        if not is_list:
            yield skipped(name, "ignored_file", "is not a list of tasks")
            continue
        found = True
        with opened(source, name) as stream:
            for place, task in enumerate(list_items(stream), start=1):
                yield name, place, task
    if not found:
        raise SourceFormatError("there is no json file with a list of tasks; export as JSON, not JSON-MIN")


def _texts(source: Source, settings: ReadSettings) -> Iterator[Record | Problem]:
    for found in _tasks(source):
        if isinstance(found, Problem):
            yield found
            continue
        file, place, task = found
        try:
            text = content_of(task, settings.kind)
            annotation, further = _annotation(task, settings, text)
        except AnnotationError as error:
            yield refused(file, error, place)
            continue
        yield Record(name=f"{file}:{place}", texts=(text,), annotation=annotation, file=file, line=place)
        if further:
            yield _further(file, place, further)


def _annotation(task: dict[str, Any], settings: ReadSettings, text: str) -> tuple[Annotation, int]:
    """Return the first annotation, and how many there are beside it."""
    counted = counted_annotations(task) if settings.labelled else []
    if not counted:
        return Annotation(), 0
    return annotation_of(counted[0], settings.kind, text), len(counted) - 1


def _further(file: str, place: int, count: int) -> Problem:
    return Problem(
        file=file,
        line=place,
        reason="further_annotations",
        message=f"has {count} further annotations; the first one was taken",
        severity=Severity.CHANGED,
    )


def _images(source: Source, settings: ReadSettings) -> Iterator[Record | Problem]:
    names = [member.name for member in source.members()]
    images = [name for name in names if is_image(name)]
    yield from (ignored_file(name) for name in names if not is_image(name) and suffix_of(name) != ".json")
    finder = ImageNames(images)
    with KeptItems[str]() as kept:
        for found in _tasks(source):
            if isinstance(found, Problem):
                yield found
            else:
                yield from _kept(found, finder, settings, kept)
        yield from joined(images, kept)


def _kept(
    task: tuple[str, int, Any], finder: ImageNames, settings: ReadSettings, kept: KeptItems[str]
) -> Iterator[Problem]:
    file, place, document = task
    try:
        told = content_of(document, settings.kind)
    except AnnotationError as error:
        yield refused(file, error, place)
        return
    found = _image(told, finder, file)
    if found.name is None:
        yield missing_image(file, told, found).model_copy(update={"line": place})
    elif found.name in kept:
        yield rejected(
            found.name, "annotation_twice", f"{file!r} tells it twice; the first one counts", place
        )
    else:
        try:
            annotation, further = _annotation(document, settings, "")
        except AnnotationError as error:
            kept.add(found.name, kept_fault(error))
            return
        kept.add(found.name, kept_annotation(annotation))
        if further:
            yield _further(file, place, further)


def _image(told: str, finder: ImageNames, file: str) -> Found:
    """Return the image behind a path or address; uploads to Label Studio got a prefix of eight digits."""
    try:
        parts = urlsplit(told)
        local = parse_qs(parts.query).get("d", [""])[0]
    except ValueError:
        return Found(None)
    path = local or parts.path.lstrip("/")
    found = finder.find(path, file=file)
    if found.name is not None:
        return found
    folder, slash, base = path.rpartition("/")
    plain = _UPLOAD_PREFIX.sub("", base)
    return finder.find(f"{folder}{slash}{plain}", file=file) if plain != base else found


READER = LabelStudioReader()
