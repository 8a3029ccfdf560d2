"""Options of the form NAME=VALUE."""

from collections.abc import Iterable
from typing import Any

from openbml_client.errors import InvalidChoiceError


def assignments(pairs: Iterable[str], option: str) -> dict[str, Any]:
    """Return values by name; what reads as a number is one.

    Raises:
        InvalidChoiceError: one is no assignment.
    """
    values: dict[str, Any] = {}
    for pair in pairs:
        name, found, value = pair.partition("=")
        if not found or not name:
            raise InvalidChoiceError(f"{option} takes NAME=VALUE, not {pair!r}.")
        values[name] = _value(value)
    return values


def _value(value: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return value
