"""Label Studio's JSON export: tasks about images of the archive, or tasks that hold their texts."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

from openbml_catalog.datasets import AnnotationForm, Content
from openbml_formats.image_names import Found, ImageNames
from openbml_formats.json_streams import first_character, list_items
from openbml_formats.kept_items import KeptItems
from openbml_formats.label_studio_json import (
    annotation_of,
    classes_in,
    content_of,
    counted_annotations,
    spans_in,
)
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
from openbml_formats.spans import FoundSpan, spanned_record
from openbml_formats.text_samples import LabelReader, Place, text_record

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
    labels = LabelReader(settings, adapting=True)
    for found in _tasks(source):
        if isinstance(found, Problem):
            yield found
            continue
        file, line, task = found
        place = Place(file, line)
        try:
            text = content_of(task, settings.kind)
            results, further = _counted(task, settings)
            if settings.kind.annotation_form is AnnotationForm.SPANS:
                spans = [_named(span, labels, place) for span in spans_in(results, text)]
                yield from spanned_record(text, spans, place, settings)
            else:
                annotation = labels.classes(classes_in(results), place)
                yield from text_record(
                    [text], annotation if settings.labelled else None, place, settings.kind
                )
        except AnnotationError as error:
            yield refused(file, error, line)
            continue
        yield from labels.told()
        if further:
            yield _further(file, line, further)


def _named(span: FoundSpan, labels: LabelReader, place: Place) -> FoundSpan:
    return span._replace(label=labels.label(span.label, place))


def _counted(task: dict[str, Any], settings: ReadSettings) -> tuple[list[Any], int]:
    """Return the results of the first annotation, and how many annotations there are beside it."""
    counted = counted_annotations(task) if settings.labelled else []
    return (counted[0], len(counted) - 1) if counted else ([], 0)


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
            results, further = _counted(document, settings)
            annotation = annotation_of(results, settings.kind)
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
