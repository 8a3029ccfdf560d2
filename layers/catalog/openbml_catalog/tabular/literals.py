"""Reads a dictionary of literals out of a syntax tree, and remembers the line of each key."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from openbml_catalog.scripts import ScriptError
from openbml_catalog.tabular.ranges import shown

Path = tuple[str, ...]
_GREATEST = 2**53  # whole numbers beyond it are no exact floats
_PLAIN = "values must be plain: finite numbers, texts in quotes, True, False, lists and dictionaries"


class ExpertScriptError(ScriptError):
    """A script is wrong; `line` says where, None where it is about the whole."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(f"line {line}: {reason}" if line else reason)
        self.reason = reason
        self.line = line


@dataclass(frozen=True)
class Literals:
    """Attributes:
    lines: of each key of the dictionaries, by the keys that lead to it.
    """

    value: dict[str, Any]
    lines: Mapping[Path, int]

    @classmethod
    def of(cls, node: ast.expr) -> "Literals":
        """Raises ExpertScriptError: no dictionary, something in it is no literal, or a key stands twice."""
        if not isinstance(node, ast.Dict):
            raise ExpertScriptError("conf must be a dictionary: conf = {...}", node.lineno)
        lines = dict(_checked(node, ()))
        return cls(ast.literal_eval(node), lines)

    def line(self, *path: str) -> int | None:
        """Return the line of a key, or of the nearest dictionary around it that has one."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)


def _checked(node: ast.expr, path: Path) -> Iterator[tuple[Path, int]]:
    """Yield the keys below a node; nesting is bounded, for the parser takes no more than 200 brackets."""
    yield path, node.lineno
    if isinstance(node, ast.Dict):
        yield from _keys(node, path)
    elif isinstance(node, ast.List | ast.Tuple):
        for element in node.elts:
            yield from _checked(element, path)
    elif not _is_plain(node):
        raise ExpertScriptError(_PLAIN, node.lineno)


def _keys(node: ast.Dict, path: Path) -> Iterator[tuple[Path, int]]:
    seen = set()
    for key, value in zip(node.keys, node.values, strict=True):
        if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
            raise ExpertScriptError("keys must be texts in quotes", (key or value).lineno)
        if key.value in seen:
            raise ExpertScriptError(f"{shown(key.value)} stands twice", key.lineno)
        seen.add(key.value)
        yield from _checked(value, (*path, key.value))
        yield (*path, key.value), key.lineno


def _is_plain(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        return isinstance(node.operand, ast.Constant) and _is_number(node.operand.value)
    if not isinstance(node, ast.Constant):
        return False
    return isinstance(node.value, str | bool) or _is_number(node.value)


def _is_number(value: object) -> bool:
    match value:
        case bool():
            return False
        case int():
            return abs(value) <= _GREATEST
        case float():
            return isfinite(value)
        case _:
            return False
