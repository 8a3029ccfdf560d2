"""The JSONPath subset of ``InputFilter`` and ``OutputFilter``: names, indexes, slices and lists."""

import re
from dataclasses import dataclass
from typing import Any

import jsonpath

_NAME = r"\.[A-Za-z_][\w\-]*"
_NAMES = r"\[\s*'[^'\[\]]*'(?:\s*,\s*'[^'\[\]]*')*\s*\]"
_INDEXES = r"\[\s*-?\d{1,9}(?:\s*,\s*-?\d{1,9})*\s*\]"
_SLICE = r"\[\s*(?:-?\d{1,9})?\s*:\s*(?:-?\d{1,9})?\s*\]"
_PATH = re.compile(rf"\$(?:{_NAME}|{_NAMES}|{_INDEXES}|{_SLICE})*")
_SEVERAL = re.compile(rf"{_SLICE}|\[[^\]]*,[^\]]*\]")


class PathError(Exception):
    """The expression is not in the subset."""


class NothingSelectedError(Exception):
    """A record has nothing at the path."""


@dataclass(frozen=True)
class JsonPath:
    text: str
    _compiled: "jsonpath.JSONPath | jsonpath.CompoundJSONPath"
    _is_list: bool

    def select(self, record: Any) -> Any:
        """Return what the path names: a list if it can name several things, else the thing.

        Raises:
            NothingSelectedError: a path to one thing leads nowhere.
        """
        found = self._compiled.findall(record)
        if self._is_list:
            return found
        if not found:
            raise NothingSelectedError(f"a record has nothing at {self.text}")
        return found[0]


def parse_path(text: str) -> JsonPath:
    if _PATH.fullmatch(text) is None:
        raise PathError(
            f"{text!r} is not supported: use $ with .name, ['name', ...], [index, ...] or [start:end]"
        )
    try:
        compiled = jsonpath.compile(text)
    except jsonpath.JSONPathError as error:
        raise PathError(f"{text!r} is not a valid JSONPath: {error}") from error
    return JsonPath(text, compiled, _SEVERAL.search(text) is not None)
