"""Spans as formats write them, and a text's record with those that survive cleaning and cutting."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from openbml_formats.annotations import Annotation, Span
from openbml_formats.protocols import ReadSettings
from openbml_formats.records import AnnotationError, Problem, Record, Severity
from openbml_formats.text_rules import TextError, checked_text, unified_lines
from openbml_formats.text_samples import Place, text_record

MOST_SPANS = 10_000


class FoundSpan(NamedTuple):
    """A span in its source's text; `text` is what the source says that stands there, if it says so."""

    label: str
    start: int
    end: int
    text: str | None = None


def found_spans(document: Mapping[str, Any]) -> Sequence[FoundSpan]:
    """Return what `spans`, `entities` or `label` hold: objects, or `[start, end, label]` as doccano writes.

    Raises:
        AnnotationError: a shape that nobody writes.
    """
    names = ("spans", "entities", "label", "labels")
    value: Any = next((document[name] for name in names if document.get(name) is not None), [])
    if not isinstance(value, list):
        raise AnnotationError("annotation_shape", "has no list of spans")
    if len(value) > MOST_SPANS:
        raise AnnotationError("too_many_spans", f"has {len(value)} spans; {MOST_SPANS} are possible")
    return [_found_span(item) for item in value]


def _found_span(item: Any) -> FoundSpan:
    if isinstance(item, list) and len(item) == 3:
        item = {"start": item[0], "end": item[1], "label": item[2]}
    if not isinstance(item, dict):
        raise AnnotationError("annotation_shape", "a span is neither an object nor [start, end, label]")
    start = item.get("start", item.get("start_offset"))
    end = item.get("end", item.get("end_offset"))
    label, text = item.get("label"), item.get("text")
    if not isinstance(label, str):
        raise AnnotationError("annotation_shape", "a span has no label")
    return FoundSpan(label, _place(start), _place(end), text if isinstance(text, str) else None)


def _place(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise AnnotationError("annotation_shape", "a span has no start and end")
    return value


def spanned_record(
    text: str, spans: Sequence[FoundSpan], place: Place, settings: ReadSettings
) -> Iterator[Record | Problem]:
    """Yield the record of a text with its spans.

    Spans beyond a cut go and are told; places move where line ends became shorter.

    Raises:
        AnnotationError: a span outside of its text, or over another text than it says.
    """
    for span in spans:
        _check(span, text)
    try:
        checked = checked_text(text, settings.kind)
    except TextError as error:
        yield place.problem(error.reason, str(error))
        return
    kept = [moved for span in spans if (moved := _moved(span, text, checked.text)) is not None]
    if len(kept) < len(spans):
        message = f"{len(spans) - len(kept)} spans lay beyond the text that was taken"
        yield place.problem("span_cut", message, Severity.CUT)
    annotation = Annotation(spans=tuple(kept)) if settings.labelled else None
    yield from text_record([text], annotation, place, settings.kind)


def _check(span: FoundSpan, text: str) -> None:
    if not span.start < span.end <= len(text):
        raise AnnotationError(
            "span_range", f"has a span {span.start}-{span.end} in a text of {len(text)} characters"
        )
    if span.text is not None and text[span.start : span.end] != span.text:
        raise AnnotationError(
            "span_text",
            f"has a span {span.start}-{span.end} that says {span.text[:40]!r}; "
            f"the text says {text[span.start : span.end][:40]!r}",
        )


def _moved(span: FoundSpan, raw: str, text: str) -> Span | None:
    """Return the span in the cleaned text, None where its end is not there."""
    unified = unified_lines(raw)
    lead = len(unified) - len(unified.lstrip("\n\ufeff"))
    start, end = (len(unified_lines(raw[:edge])) - lead for edge in (span.start, span.end))
    start = max(0, start)
    if not start < end <= len(text):
        return None
    return Span(label=span.label, start=start, end=end, text=text[start:end])
