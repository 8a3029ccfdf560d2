"""The manual's JSON body: its checks in their order (spec 08 sections 4.2, 4.3 and 8.8)."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from openbml_kit.framework_serving.answers import refused
from openbml_kit.request_fields import MAX_BASE64_CHARACTERS, finite_number, is_utf8
from openbml_kit.script_serving.content import JSON, media_type

# Spec 08 section 8.8: "body over 4M"; section 4.3 counts a picture's 4M in base64, and a body holds more.
MAX_BODY_BYTES = {"framework": 4_194_304, "task": 6_291_456}


def read_object(body: bytes, content_type: str) -> dict[str, Any]:
    """Return the call's JSON object.

    Raises:
        RefusedError: not JSON by its header, not UTF-8, not JSON, or not an object.
    """
    if media_type(content_type) != JSON:
        raise refused("invalid_argument", "the content type must be application/json")
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise refused("json_invalid" if is_utf8(body) else "image_undecodable") from None
    if not isinstance(document, dict):
        raise refused("invalid_argument", "the body must be an object")
    return document


def read_instances(document: Mapping[str, Any]) -> Sequence[Any]:
    """Return `instances`.

    Raises:
        RefusedError: it is no array, missing or empty.
    """
    instances = document.get("instances")
    if instances is not None and not isinstance(instances, list):
        raise refused("invalid_argument", "instances must be an array")
    if not instances:
        raise refused("parameter_missing", "instances")
    return instances


def read_objects(document: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
    """Return `instances` of objects.

    Raises:
        RefusedError: it is no array of objects, missing or empty.
    """
    instances = read_instances(document)
    for index, instance in enumerate(instances):
        if not isinstance(instance, dict):
            raise refused("invalid_argument", f"instances[{index}] must be an object")
    return instances


def read_positive_integer(document: Mapping[str, Any], name: str, *, default: int) -> int:
    """Return an optional number field.

    Raises:
        RefusedError: the field is not a whole number of at least 1.
    """
    number = _number(document, name)
    if number is None:
        return default
    if number < 1 or number != int(number):
        raise refused("invalid_argument", f"{name} must be a whole number of at least 1")
    return int(number)


def read_share(document: Mapping[str, Any], name: str, *, default: float) -> float:
    """Return an optional number field of 0 to 1.

    Raises:
        RefusedError: the field is no number, or outside of it.
    """
    number = _number(document, name)
    if number is None:
        return default
    if not 0 <= number <= 1:
        raise refused("invalid_argument", f"{name} must be within 0 and 1")
    return number


def read_base64(document: Mapping[str, Any], name: str) -> bytes:
    """Return the bytes of a required base64 field; line breaks inside, as MIME encoders write them, are
    allowed.

    Raises:
        RefusedError: no text, missing or empty, undecodable (a data-URI header is), or too long.
    """
    text = document.get(name)
    if not isinstance(text, str | None):
        raise refused("invalid_argument", f"{name} must be a text")
    if not text:
        raise refused("parameter_missing", name)
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise refused("base64_invalid") from None
    if not data:
        raise refused("base64_invalid")
    if len(text) > MAX_BASE64_CHARACTERS:
        raise refused("size_invalid")
    return data


def _number(document: Mapping[str, Any], name: str) -> float | None:
    """Return a number field, None where it is missing; numeric texts count as numbers (section 4.2)."""
    value = document.get(name)
    if value is None:
        return None
    try:
        return finite_number(value)
    except ValueError:
        raise refused("invalid_argument", f"{name} must be a number") from None
