"""Operators as people write them: `remove_small:min_width=100,min_height=80`."""

from collections.abc import Mapping, Sequence
from typing import Any

from openbml_client.errors import InvalidChoiceError
from openbml_client.resources import Document

_WORDS = {"true": True, "yes": True, "false": False, "no": False}


def parse_operators(texts: Sequence[str], known: Sequence[Document]) -> Sequence[Document]:
    """Return `{code, parameters}` of each text.

    Args:
        known: the operators of the dataset, with the types of their parameters.

    Raises:
        InvalidChoiceError: an operator or parameter that is not there, or a value of another type.
    """
    operators = {row["code"]: row for row in known}
    return [_operation(text, operators) for text in texts]


def _operation(text: str, operators: Mapping[str, Document]) -> Document:
    code, _, listed = text.partition(":")
    if code not in operators:
        raise InvalidChoiceError(
            f"There is no operator {code!r} for this dataset; there are {', '.join(operators)}."
        )
    parameters = {row["name"]: row for row in operators[code]["parameters"]}
    values: dict[str, Any] = {}
    for pair in listed.split(",") if listed else []:
        name, _, value = pair.partition("=")
        if name not in parameters:
            takes = ", ".join(parameters) or "no parameters"
            raise InvalidChoiceError(f"{code} has no parameter {name!r}; it takes {takes}.")
        values[name] = _value(f"{code}:{name}", value, parameters[name]["type"])
    return {"code": code, "parameters": values}


def _value(name: str, value: str, wanted: str) -> int | float | bool | str:
    try:
        if wanted == "integer":
            return int(value)
        if wanted == "number":
            return float(value)
        if wanted == "boolean":
            return _WORDS[value.lower()]
    except (ValueError, KeyError) as error:
        raise InvalidChoiceError(f"{name} takes a value of type {wanted}, not {value!r}.") from error
    return value
