"""JSON from strangers: once parsed, sure to hold finite numbers, whole characters and little depth."""

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue

from openbml_formats.limits import JSON_DEPTH, LARGEST_COORDINATE
from openbml_formats.records import AnnotationError

_LARGEST_INTEGER = 2**63
_NUMBERS = frozenset({int, float})
_SURROGATE = re.compile(r"[\ud800-\udfff]")


class JsonFormatError(ValueError):
    """Not JSON, or JSON that nobody means: NaN, integers beyond 64 bits, endless depth."""


def strict_json(text: str) -> Any:
    """Return the document. Raises JsonFormatError."""
    try:
        document = json.loads(text, parse_constant=_refused_constant)
    except (ValueError, RecursionError) as error:
        raise JsonFormatError("is not JSON") from error
    check_values(document)
    return document


def sidecar_json(data: bytes, *, limit: int) -> Any:
    """Return the document of a file that belongs to one image. Raises AnnotationError."""
    if len(data) > limit:
        raise AnnotationError("annotation_size", f"is larger than {limit} bytes")
    try:
        return strict_json(data.decode("utf-8-sig"))
    except (UnicodeError, JsonFormatError) as error:
        raise AnnotationError("annotation_json", "is not JSON in UTF-8") from error


def check_values(document: Any) -> None:
    """Raises JsonFormatError."""
    level, depth = [document], 0
    while level:
        depth += 1
        if depth > JSON_DEPTH:
            raise JsonFormatError(f"is nested deeper than {JSON_DEPTH} levels")
        following: list[Any] = []
        for value in level:
            if isinstance(value, list):
                if not _are_plain(value):
                    following += value
            elif isinstance(value, dict):
                following += value
                following += value.values()
            else:
                _check_scalar(value)
        level = following


def _are_plain(values: list[Any]) -> bool:
    """Whether all are numbers of usual size, told quickly: most of a file are coordinates."""
    if not values or not _NUMBERS.issuperset(map(type, values)):
        return False
    return bool(min(values) >= -LARGEST_COORDINATE and max(values) <= LARGEST_COORDINATE)


def _check_scalar(value: Any) -> None:
    if isinstance(value, str):
        if not value.isascii() and _SURROGATE.search(value):
            raise JsonFormatError("holds half a character")
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise JsonFormatError("holds a number without end")
    elif isinstance(value, int) and abs(value) >= _LARGEST_INTEGER:
        raise JsonFormatError("holds a number of more than 64 bits")


def _refused_constant(name: str) -> Any:
    raise JsonFormatError(f"holds {name}")


def number(value: Any, what: str) -> float:
    """Return a coordinate. Raises AnnotationError."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise AnnotationError("annotation_shape", f"{what} is not a number")
    if not abs(value) <= LARGEST_COORDINATE:  # a comparison with NaN is false
        raise AnnotationError("annotation_shape", f"{what} is out of all proportion")
    return float(value)


def numbers(values: list[Any], what: str) -> list[float]:
    """Return coordinates. Raises AnnotationError."""
    if _are_plain(values):
        return [float(value) for value in values]
    return [number(value, what) for value in values]


def number_in(text: str | None, what: str) -> float:
    """Return the coordinate that a text holds. Raises AnnotationError."""
    try:
        value = float((text or "")[:400])
    except ValueError as error:
        raise AnnotationError("annotation_shape", f"{what} is not a number") from error
    return number(value, what)


def text_value(value: Any, what: str) -> str:
    """Return a text. Raises AnnotationError."""
    if not isinstance(value, str):
        raise AnnotationError("annotation_shape", f"{what} is not a text")
    return value


def without(document: Mapping[str, Any], known: frozenset[str]) -> dict[str, JsonValue]:
    """Return the members that a format does not know, to be kept as attributes."""
    return {name: value for name, value in document.items() if name not in known}
