"""JSON Lines: an object on each line; the texts, spans and tags of the tools that people come from.

Also read: a `.json` file with one array of such objects.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from openbml_catalog.datasets import AnnotationForm
from openbml_formats.annotations import Annotation
from openbml_formats.json_streams import first_character, list_items
from openbml_formats.json_values import JsonFormatError, strict_json
from openbml_formats.protocols import Reader, ReadSettings
from openbml_formats.records import AnnotationError, Problem, Record, SourceFormatError
from openbml_formats.sentences import SentenceReader
from openbml_formats.sources import Member, Source
from openbml_formats.spans import found_spans, spanned_record
from openbml_formats.text_rules import Line, file_lines, opened
from openbml_formats.text_samples import LabelReader, Place, files_of, text_record

_TAGS = ("tags", "ner_tags", "labels")

Items = Iterator[tuple[Place, Any] | Problem]


class JsonLinesReader:
    """Members: `text` and `label` or `labels`; of pairs `text1`, `text2` (or `text_a`, `text_b`) and `label`;
    of spans `text` and `spans` (or `entities`, `label`); of sentences `tokens` and `tags`."""

    def records(self, source: Source, settings: ReadSettings) -> Iterator[Record | Problem]:
        files, others = files_of(source, [".jsonl", ".json"], what="JSON Lines file")
        yield from others
        form = _FormReader(settings)
        for member in files:
            for item in _items(source, member):
                if isinstance(item, Problem):
                    yield item
                    continue
                place, document = item
                try:
                    yield from form.record(document, place)
                except AnnotationError as error:
                    yield place.problem(error.reason, str(error))


class _FormReader:
    def __init__(self, settings: ReadSettings) -> None:
        self._settings = settings
        self._labels = LabelReader(settings, adapting=True)
        self._sentences = SentenceReader(settings)

    def record(self, document: Any, place: Place) -> Iterator[Record | Problem]:
        """Raises AnnotationError, and SourceFormatError for a sentence in a first import."""
        if not isinstance(document, dict):
            raise AnnotationError("annotation_shape", "the line holds no JSON object")
        form = self._settings.kind.annotation_form
        if form is AnnotationForm.TAGS:
            tokens = _texts(document, ("tokens", "words"))
            tags = _texts(document, _TAGS) if _member(document, _TAGS) else []
            if tags:
                yield from self._sentences.record(tokens, tags, place, None)
            else:
                yield from text_record(tokens, Annotation(), place, self._settings.kind)
        elif form is AnnotationForm.SPANS:
            yield from self._spans(document, place)
        else:
            yield from self._classes(document, place, pair=form is AnnotationForm.SIMILARITY)

    def _spans(self, document: Mapping[str, Any], place: Place) -> Iterator[Record | Problem]:
        text = _text(document, ("text", "data"))
        spans = found_spans(document) if self._settings.labelled else ()
        named = [span._replace(label=self._labels.label(span.label, place)) for span in spans]
        yield from self._labels.told()
        yield from spanned_record(text, named, place, self._settings)

    def _classes(
        self, document: Mapping[str, Any], place: Place, *, pair: bool
    ) -> Iterator[Record | Problem]:
        texts = [_text(document, ("text", "data"))] if not pair else _pair(document)
        annotation: Annotation | None = None
        if self._settings.labelled:
            annotation = self._labels.classes(_labels(document), place)
        yield from self._labels.told()
        yield from text_record(texts, annotation, place, self._settings.kind)


def _items(source: Source, member: Member) -> Items:
    if member.name.lower().endswith(".json") and _is_array(source, member):
        yield from _array_items(source, member)
        return
    for line in file_lines(source, member.name):
        if isinstance(line, Line):
            place = Place(member.name, line.number)
            try:
                yield place, strict_json(line.text)
            except JsonFormatError as error:
                yield place.problem("json_line", f"the line {error}")
        else:
            yield line


def _is_array(source: Source, member: Member) -> bool:
    with opened(source, member.name) as stream:
        try:
            return first_character(stream) == "["
        except JsonFormatError:  # the lines tell what the file is instead
            return False


def _array_items(source: Source, member: Member) -> Items:
    with opened(source, member.name) as stream:
        try:
            for number, item in enumerate(list_items(stream), 1):
                yield Place(member.name, number), item
        except JsonFormatError as error:
            raise SourceFormatError(f"{member.name}: {error}") from error


def _member(document: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((document[name] for name in names if document.get(name) is not None), None)


def _text(document: Mapping[str, Any], names: Sequence[str]) -> str:
    value = _member(document, names)
    if not isinstance(value, str):
        raise AnnotationError("annotation_shape", f"has no {names[0]!r}")
    return value


def _texts(document: Mapping[str, Any], names: Sequence[str]) -> Sequence[str]:
    value = _member(document, names)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise AnnotationError("annotation_shape", f"has no list of texts {names[0]!r}")
    return [str(item) for item in value]


def _pair(document: Mapping[str, Any]) -> Sequence[str]:
    firsts = ("text1", "text_a", "sentence1")
    seconds = ("text2", "text_b", "sentence2")
    return [_text(document, firsts), _text(document, seconds)]


def _labels(document: Mapping[str, Any]) -> Sequence[str]:
    """Labels may be a text or number, a list of these, or objects with a name."""
    value = _member(document, ("labels", "label"))
    values = value if isinstance(value, list) else [] if value is None else [value]
    return [_label(item) for item in values]


def _label(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("name")
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int):
        return str(value)
    if not isinstance(value, str):
        raise AnnotationError("annotation_shape", f"has a label that is no text: {json.dumps(value)[:60]}")
    return value


READER: Reader = JsonLinesReader()
