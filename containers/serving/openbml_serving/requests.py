"""The manual's JSON body: its checks in their order (spec 08 sections 4.2 and 4.3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson
import pybase64

from openbml_kit.request_fields import MAX_BASE64_CHARACTERS, finite_number, is_utf8
from openbml_serving.replies import RequestError
from openbml_serving.stages import decoding

MAX_TEXT_BYTES = 4_194_304


@lru_cache(maxsize=64)
def is_json(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == "application/json"


@dataclass(frozen=True)
class BodyRules:
    """Where the manual's APIs differ before a field is looked at.

    Attributes:
        too_large, undecodable: the error of a body that is too large, or not UTF-8.
        most_bytes: of a body; None: the server's limit.
    """

    too_large: str
    undecodable: str
    most_bytes: int | None = None


IMAGE_BODY = BodyRules("size_invalid", "image_undecodable")
TEXT_BODY = BodyRules("size_invalid", "text_undecodable")
ENTITY_BODY = BodyRules("size_invalid", "entity_undecodable")
SOUND_BODY = BodyRules("size_invalid", "audio_undecodable")
# Spec 08 section 7 has neither of the two errors and limits the body.
TABLE_BODY = BodyRules("invalid_argument", "json_invalid", most_bytes=4_194_304)


def read_object(body: bytes, content_type: str, rules: BodyRules = IMAGE_BODY) -> Mapping[str, Any]:
    """Return the request's JSON object.

    Raises:
        RequestError: not JSON by its header, not UTF-8, not JSON, or not an object.
    """
    if not is_json(content_type):
        raise RequestError("invalid_argument")
    try:
        with decoding():
            document = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise RequestError("json_invalid" if is_utf8(body) else rules.undecodable) from None
    if not isinstance(document, dict):
        raise RequestError("invalid_argument")
    return document


def read_positive_integer(document: Mapping[str, Any], name: str, *, default: int) -> int:
    """Return an optional number field.

    Raises:
        RequestError: the field is not a whole number of at least 1.
    """
    number = _number(document, name)
    if number is None:
        return default
    if number < 1 or number != int(number):
        raise RequestError("invalid_argument")
    return int(number)


def read_share(document: Mapping[str, Any], name: str, *, default: float) -> float:
    """Return an optional number field of 0 to 1.

    Raises:
        RequestError: the field is no number, or outside of it.
    """
    number = _number(document, name)
    if number is None:
        return default
    if not 0 <= number <= 1:
        raise RequestError("invalid_argument")
    return number


def read_number(document: Mapping[str, Any], name: str, *, default: float) -> float:
    """Return an optional number field of any size; numeric texts count as numbers.

    Raises:
        RequestError: the field is no finite number.
    """
    number = _number(document, name)
    return default if number is None else number


def _number(document: Mapping[str, Any], name: str) -> float | None:
    """Return a number field, None where it is missing; numeric strings count as numbers."""
    value = document.get(name)
    if value is None:
        return None
    try:
        return finite_number(value)
    except ValueError:
        raise RequestError("invalid_argument") from None


def read_boolean(document: Mapping[str, Any], name: str) -> bool:
    """Return an optional boolean field, false where it is missing.

    Raises:
        RequestError: the field is something else.
    """
    value = document.get(name)
    if not isinstance(value, bool | None):
        raise RequestError("invalid_argument", f"{name} must be true or false")
    return bool(value)


def check_text(document: Mapping[str, Any], name: str) -> None:
    """Check the type of a field that may still be missing: types are checked before presence.

    Raises:
        RequestError: the field is there and is not a text.
    """
    if not isinstance(document.get(name), str | None):
        raise RequestError("invalid_argument")


def read_text(document: Mapping[str, Any], name: str, *, most_bytes: int = MAX_TEXT_BYTES) -> str:
    """Return a required text.

    Raises:
        RequestError: missing or empty, or longer than the limit in UTF-8.
    """
    text: str | None = document.get(name)
    if not text:
        raise RequestError("parameter_missing")
    if len(text) > most_bytes or (len(text) * 4 > most_bytes and len(text.encode()) > most_bytes):
        raise RequestError("size_invalid")
    return text


def read_base64(document: Mapping[str, Any], name: str) -> bytes:
    """Return the bytes of a required base64 field; line breaks inside, as MIME encoders write them, are
    allowed.

    Raises:
        RequestError: missing or empty, undecodable (a data-URI header is), or too long.
    """
    text: str | None = document.get(name)
    if not text:
        raise RequestError("parameter_missing")
    with decoding():
        try:
            data = pybase64.b64decode(text, validate=True)
        except ValueError:
            data = _decode_lines(text)
    if not data:
        raise RequestError("base64_invalid")
    if len(text) > MAX_BASE64_CHARACTERS:
        raise RequestError("size_invalid")
    return data


def _decode_lines(text: str) -> bytes:
    joined = "".join(text.split())
    if len(joined) == len(text):
        raise RequestError("base64_invalid")
    try:
        return pybase64.b64decode(joined, validate=True)
    except ValueError:
        raise RequestError("base64_invalid") from None
