"""Numbers as people write them in text columns: decimal commas, groups of thousands.

Training and serving read them by the same rules, with the column's own decimal mark.
"""

import math
import re
from collections.abc import Iterable
from enum import StrEnum

from openbml_formats.tables.values import NULL_WORDS

_PLAIN = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,5})?")
_COMMA_GROUPS = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]*)?")
_POINT_GROUPS = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:\.[0-9]{3})+(?:,[0-9]*)?")
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+(?:[eE][+-]?[0-9]{1,5})?")
# A blank of any width or an apostrophe between digits: 1 234 567, 1'234.
_THOUSANDS_BLANK = re.compile(r"(?<=[0-9])[ \u00a0\u2009\u202f'](?=[0-9]{3}(?![0-9]))")
_INFINITE = frozenset({"inf", "+inf", "-inf", "infinity", "+infinity", "-infinity"})


class DecimalMark(StrEnum):
    """What stands before a number's fraction; the other one may part thousands."""

    POINT = "point"
    COMMA = "comma"


def written_number(text: str, mark: DecimalMark = DecimalMark.POINT) -> float | None:
    """Return the number that a text is, None where it is none.

    `1,5` is 1.5 under either mark, since no thousands are written so; `1,234` is 1234 under `point` and 1.234
    under `comma`. Words for "no value" and blanks are NaN; infinity and what 64 bits cannot hold are inf.
    """
    if _PLAIN.fullmatch(text) and (mark is DecimalMark.POINT or not _POINT_GROUPS.fullmatch(text)):
        return float(text)
    text = text.strip()
    lower = text.lower()
    if lower in NULL_WORDS:
        return math.nan
    if lower in _INFINITE:
        return -math.inf if lower.startswith("-") else math.inf
    plain = _without_groups(_THOUSANDS_BLANK.sub("", text), mark)
    return float(plain) if _PLAIN.fullmatch(plain) else None


def _without_groups(text: str, mark: DecimalMark) -> str:
    if mark is DecimalMark.POINT and _COMMA_GROUPS.fullmatch(text):
        return text.replace(",", "")
    if _POINT_GROUPS.fullmatch(text) and (mark is DecimalMark.COMMA or "," in text):
        return text.replace(".", "").replace(",", ".")
    if _COMMA_GROUPS.fullmatch(text) and "." in text:
        return text.replace(",", "")
    return text.replace(",", ".") if _DECIMAL_COMMA.fullmatch(text) else text


def decimal_mark(texts: Iterable[str]) -> DecimalMark:
    """Return the mark that the texts of one column agree with most; what suits both says nothing."""
    balance = 0
    for text in texts:
        if "," in text:
            balance += _says(_THOUSANDS_BLANK.sub("", text.strip()))
    return DecimalMark.COMMA if balance > 0 else DecimalMark.POINT


def _says(text: str) -> int:
    if _DECIMAL_COMMA.fullmatch(text):
        return 0 if _COMMA_GROUPS.fullmatch(text) else 1
    if _POINT_GROUPS.fullmatch(text):
        return 1
    return -1 if _COMMA_GROUPS.fullmatch(text) else 0
