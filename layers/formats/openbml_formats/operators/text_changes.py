"""What operators do to a text, as edits."""

import html
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

from openbml_formats.annotations import Span
from openbml_formats.operators.edits import Edit
from openbml_formats.operators.operations import Operation

TextChange = Callable[[str, Sequence[Span], Operation, random.Random], Sequence[Edit]]

# Each pattern reads a text once: no two of its parts can take the same character.
_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9:-]*+)[^<>]*+>")
_REFERENCE = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_URL = re.compile(r"(?:(?:https?|ftp)://|www\.)[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
_EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}"
)
_EMOJI = re.compile(
    "[\U0001f1e6-\U0001f1ff\U0001f300-\U0001f64f\U0001f680-\U0001f6ff\U0001f7e0-\U0001f7eb\U0001f90c-\U0001f9ff"
    "\U0001fa70-\U0001faff\u2600-\u27bf\u2b50\u2b55\u231a\u231b\u23e9-\u23fa][\ufe0e\ufe0f\u200d\u20e3"
    "\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]*"
)
_BLANKS = re.compile(r"\s+")
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_WIDE_RUN = re.compile("[\uff01-\uff5e\u3000]+")
_HIDDEN_ELEMENTS = frozenset({"script", "style"})
_BREAKS = frozenset({"br", "p", "div", "li", "tr", "td", "th", "h1", "h2", "h3", "h4", "h5", "h6"})
_CHINESE_RUN = re.compile("[\u2e80-\u2fff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")


def strip_markup(
    text: str, spans: Sequence[Span], operation: Operation, rng: random.Random
) -> Sequence[Edit]:
    del spans, operation, rng
    return list(_markup(text))


def narrow_characters(
    text: str, spans: Sequence[Span], operation: Operation, rng: random.Random
) -> Sequence[Edit]:
    del spans, operation, rng
    return [Edit(*found.span(), found.group().translate(_WIDE)) for found in _WIDE_RUN.finditer(text)]


def convert_chinese(
    text: str, spans: Sequence[Span], operation: Operation, rng: random.Random
) -> Sequence[Edit]:
    """Convert whole runs, as words decide; one that changes its length is cut where spans begin or end."""
    del rng
    convert = chinese_converter(operation.choice("target"))
    bounds = sorted({place for span in spans for place in (span.start, span.end)})
    edits: list[Edit] = []
    for found in _CHINESE_RUN.finditer(text):
        start, end = found.span()
        new = convert(found.group())
        inner = [place for place in bounds if start < place < end]
        if len(new) == end - start or not inner:
            edits.append(Edit(start, end, new))
            continue
        places = [start, *inner, end]
        pieces = pairwise(places)
        edits += [Edit(first, last, convert(text[first:last])) for first, last in pieces]
    return [edit for edit in edits if edit.new != text[edit.start : edit.end]]


@cache
def chinese_converter(target: str) -> Callable[[str], str]:
    import opencc  # only the image and the functions that convert have it

    converter: Any = opencc.OpenCC("t2s" if target == "simplified" else "s2t")
    convert: Callable[[str], str] = converter.convert
    return convert


def trim_blanks(text: str, spans: Sequence[Span], operation: Operation, rng: random.Random) -> Sequence[Edit]:
    del spans, operation, rng
    edits = []
    for found in _BLANKS.finditer(text):
        at_edge = found.start() == 0 or found.end() == len(text)
        new = "" if at_edge else " "
        if found.group() != new:
            edits.append(Edit(*found.span(), new))
    return edits


def swap_characters(
    text: str, spans: Sequence[Span], operation: Operation, rng: random.Random
) -> Sequence[Edit]:
    free = _free_places(text, spans)
    pairs = [place for place in free if place + 1 in free and text[place] != text[place + 1]]
    chosen: set[int] = set()
    for place in rng.sample(pairs, len(pairs)):
        if len(chosen) >= _wanted(text, operation):
            break
        if not chosen & {place - 1, place, place + 1}:
            chosen.add(place)
    return [Edit(place, place + 2, text[place + 1] + text[place]) for place in sorted(chosen)]


def delete_characters(
    text: str, spans: Sequence[Span], operation: Operation, rng: random.Random
) -> Sequence[Edit]:
    free = sorted(_free_places(text, spans))
    count = min(_wanted(text, operation), len(free), len(text) - 1)
    return [Edit(place, place + 1, "") for place in sorted(rng.sample(free, max(0, count)))]


def _without(pattern: re.Pattern[str]) -> TextChange:
    def change(text: str, spans: Sequence[Span], operation: Operation, rng: random.Random) -> Sequence[Edit]:
        del spans, operation, rng
        return [Edit(*found.span(), "") for found in pattern.finditer(text)]

    return change


TEXT_CHANGES: Mapping[str, TextChange] = {
    "strip_markup": strip_markup,
    "narrow_characters": narrow_characters,
    "convert_chinese": convert_chinese,
    "remove_urls": _without(_URL),
    "remove_emails": _without(_EMAIL),
    "remove_emoji": _without(_EMOJI),
    "trim_blanks": trim_blanks,
    "swap_characters": swap_characters,
    "delete_characters": delete_characters,
}


def _markup(text: str) -> Iterator[Edit]:
    place = 0
    while place < len(text):
        sign = min((at for at in (text.find("<", place), text.find("&", place)) if at >= 0), default=-1)
        if sign < 0:
            return
        edit = _construct(text, sign)
        if edit is None:
            place = sign + 1
        else:
            yield edit
            place = edit.end


def _construct(text: str, place: int) -> Edit | None:
    """Return the edit of what begins at a `<` or `&`, None when that is an ordinary character."""
    if text.startswith("<!--", place):
        end = text.find("-->", place + 4)
        return Edit(place, len(text) if end < 0 else end + 3, "")
    if text[place] == "&":
        reference = _REFERENCE.match(text, place)
        resolved = html.unescape(reference.group()) if reference else ""
        known = reference is not None and resolved != reference.group()
        return Edit(place, reference.end(), resolved) if reference and known else None
    tag = _TAG.match(text, place)
    if tag is None:
        return None
    name = tag.group(1).lower()
    if name in _HIDDEN_ELEMENTS and text[place + 1] != "/":
        close = re.compile(rf"</{name}\s*>", re.IGNORECASE).search(text, tag.end())
        return Edit(place, close.end() if close else len(text), "")
    return Edit(place, tag.end(), " " if name in _BREAKS else "")


def _free_places(text: str, spans: Sequence[Span]) -> set[int]:
    taken = {place for span in spans for place in range(span.start, span.end)}
    return {place for place, sign in enumerate(text) if place not in taken and not sign.isspace()}


def _wanted(text: str, operation: Operation) -> int:
    return max(1, round(len(text) * operation.number("share")))
