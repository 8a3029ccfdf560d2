"""Changes of a text as a list of replaced stretches, so that what was marked in it can follow."""

from collections.abc import Sequence
from typing import NamedTuple

from openbml_formats.annotations import Span


class Edit(NamedTuple):
    """`text[start:end]` becomes `new`; edits are in order and do not overlap."""

    start: int
    end: int
    new: str


class MovedSpans(NamedTuple):
    """`dropped`: labels of spans whose text is gone, `widened`: of those that took in more than they had."""

    spans: tuple[Span, ...]
    dropped: Sequence[str] = ()
    widened: Sequence[str] = ()


def edited(text: str, edits: Sequence[Edit]) -> str:
    parts, place = [], 0
    for edit in edits:
        parts += [text[place : edit.start], edit.new]
        place = edit.end
    return "".join([*parts, text[place:]])


def moved_spans(spans: Sequence[Span], text: str, edits: Sequence[Edit]) -> MovedSpans:
    """Return the spans in the edited text.

    A boundary inside a replaced stretch is exact where the new one has the same length; else the span is
    widened to the whole of the stretch. Spans of which nothing is left are dropped.
    """
    new_text = edited(text, edits)
    kept, dropped, widened = [], [], []
    for span in spans:
        start, end, exact = _moved(span.start, span.end, edits)
        if start >= end:
            dropped.append(span.label)
            continue
        kept.append(span.model_copy(update={"start": start, "end": end, "text": new_text[start:end]}))
        if not exact:
            widened.append(span.label)
    return MovedSpans(tuple(kept), dropped, widened)


def _moved(start: int, end: int, edits: Sequence[Edit]) -> tuple[int, int, bool]:
    shift, exact = 0, True
    new_start = new_end = None
    for edit in edits:
        if new_start is None and start < edit.end:
            new_start, clean = _boundary(start, edit, shift, at_end=False)
            exact = exact and clean
        if new_end is None and end <= edit.end:
            new_end, clean = _boundary(end, edit, shift, at_end=True)
            exact = exact and clean
        shift += len(edit.new) - (edit.end - edit.start)
    new_start = start + shift if new_start is None else new_start
    new_end = end + shift if new_end is None else new_end
    return new_start, new_end, exact


def _boundary(place: int, edit: Edit, shift: int, *, at_end: bool) -> tuple[int, bool]:
    if place <= edit.start:
        return place + shift, True
    if place == edit.end:
        return edit.start + shift + len(edit.new), True
    if len(edit.new) == edit.end - edit.start:
        return place + shift, True
    begin = edit.start + shift
    return (begin + len(edit.new) if at_end else begin), not edit.new
