"""Checks a JSON document against a shape of the botocore service model, in AWS's words."""

import math
from collections.abc import Iterator
from functools import cache
from typing import Any

import regex  # type: ignore[import-untyped, unused-ignore]
from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from sagemaker_local.protocol.errors import SerializationException, ValidationException

_SHOWN = 10
_INTEGERS = {"integer": (-(2**31), 2**31 - 1), "long": (-(2**63), 2**63 - 1)}
_TYPE_NAMES = {"string": "String", "integer": "Integer", "long": "Long", "float": "Float", "double": "Double"}


@cache
def compile_pattern(pattern: str) -> "regex.Pattern[str] | None":
    r"""Compile a Java pattern; None for what cannot be translated (it is then not checked)."""
    translated = pattern.replace(r"\z", r"\Z").replace(r"\p{ASCII}", r"[\x00-\x7F]")
    try:
        return regex.compile(translated, regex.V0 | regex.DOTALL)
    except regex.error:
        return None


def check_input(shape: Shape | None, document: Any) -> None:
    """Raise what the service answers to a malformed request."""
    if shape is None:
        return
    problems = [problem for problem in violations(shape, document, "") if problem]
    if problems:
        plural = "error" if len(problems) == 1 else "errors"
        shown = "; ".join(problems[:_SHOWN])
        raise ValidationException(f"{len(problems)} validation {plural} detected: {shown}")


def violations(shape: Shape, value: Any, path: str) -> Iterator[str]:
    """Yield constraint violations; a wrong JSON type is raised at once, as the service does."""
    kind = shape.type_name
    if isinstance(shape, StructureShape):
        yield from _structure(shape, value, path)
    elif isinstance(shape, ListShape):
        yield from _list(shape, value, path)
    elif isinstance(shape, MapShape):
        yield from _map(shape, value, path)
    elif isinstance(shape, StringShape):
        yield from _at(path, value, _string(shape, value, path))
    elif kind in ("integer", "long"):
        yield from _at(path, value, _integer(shape, value, path))
    elif kind in ("float", "double"):
        _expect(not isinstance(value, bool) and isinstance(value, int | float), kind, value, path)
        yield from _at(path, value, _range(shape, value))
    elif kind == "boolean":
        _expect(isinstance(value, bool), "Boolean", value, path)
    elif kind == "timestamp":
        number = not isinstance(value, bool) and isinstance(value, int | float) and math.isfinite(value)
        _expect(number, "Date", value, path)


def _at(path: str, value: Any, constraints: Iterator[str]) -> Iterator[str]:
    for constraint in constraints:
        yield f"Value '{_show(value)}' at '{path}' failed to satisfy constraint: {constraint}"


def _show(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 256 else text[:256] + "..."


def _expect(fits: bool, wanted: str, value: Any, path: str) -> None:  # noqa: FBT001 - an assertion's condition
    if not fits:
        found = {dict: "START_OBJECT", list: "START_ARRAY", str: "STRING_VALUE", bool: "BOOLEAN_VALUE"}
        name = found.get(type(value), "NUMBER_VALUE")
        where = f" at '{path}'" if path else ""
        raise SerializationException(
            f"{name} can not be converted to {_TYPE_NAMES.get(wanted, wanted)}{where}"
        )


def _member_path(path: str, name: str) -> str:
    lowered = name[:1].lower() + name[1:]
    return f"{path}.{lowered}" if path else lowered


def _structure(shape: StructureShape, value: Any, path: str) -> Iterator[str]:
    _expect(isinstance(value, dict), "Structure", value, path)
    for name in shape.required_members:
        if value.get(name) is None:
            where = _member_path(path, name)
            yield f"Value null at '{where}' failed to satisfy constraint: Member must not be null"
    for name, item in value.items():
        if name not in shape.members:
            where = _member_path(path, str(name))
            yield f"Value at '{where}' failed to satisfy constraint: Member is not known"
        elif item is not None:
            yield from violations(shape.members[name], item, _member_path(path, name))


def _list(shape: ListShape, value: Any, path: str) -> Iterator[str]:
    _expect(isinstance(value, list), "List", value, path)
    yield from _at(path, value, _length(shape, len(value)))
    for index, item in enumerate(value, start=1):
        _expect(item is not None, "a list member", item, path)
        yield from violations(shape.member, item, f"{path}.{index}.member")


def _map(shape: MapShape, value: Any, path: str) -> Iterator[str]:
    _expect(isinstance(value, dict), "Map", value, path)
    yield from _at(path, value, _length(shape, len(value)))
    for key, item in value.items():
        bad_key = list(_string(shape.key, key, path)) if isinstance(shape.key, StringShape) else []
        if bad_key:
            yield from _at(path, value, iter([f"Map keys must satisfy constraint: [{', '.join(bad_key)}]"]))
        _expect(item is not None, "a map value", item, path)
        if isinstance(shape.value, StringShape):
            bad_value = list(_string(shape.value, item, path))
            if bad_value:
                yield from _at(
                    path, value, iter([f"Map value must satisfy constraint: [{', '.join(bad_value)}]"])
                )
        else:
            yield from violations(shape.value, item, f"{path}.{key}")


def _length(shape: Shape, length: int) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and length < low:
        yield f"Member must have length greater than or equal to {low}"
    if high is not None and length > high:
        yield f"Member must have length less than or equal to {high}"


def _range(shape: Shape, value: float) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and value < low:
        yield f"Member must have value greater than or equal to {low}"
    if high is not None and value > high:
        yield f"Member must have value less than or equal to {high}"


def _integer(shape: Shape, value: Any, path: str) -> Iterator[str]:
    _expect(not isinstance(value, bool) and isinstance(value, int), shape.type_name, value, path)
    lowest, highest = _INTEGERS[shape.type_name]
    _expect(lowest <= value <= highest, shape.type_name, value, path)
    yield from _range(shape, value)


def _string(shape: StringShape, value: Any, path: str) -> Iterator[str]:
    _expect(isinstance(value, str), "string", value, path)
    if shape.enum:
        if value not in shape.enum:
            yield f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"
        return
    yield from _length(shape, len(value))
    pattern = shape.metadata.get("pattern")
    compiled = compile_pattern(pattern) if pattern else None
    if compiled is None:
        return
    try:
        fits = compiled.fullmatch(value, timeout=1.0)
    except TimeoutError:
        fits = None
    if fits is None:
        yield f"Member must satisfy regular expression pattern: {pattern}"
