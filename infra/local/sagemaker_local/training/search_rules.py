"""Which documents a SearchExpression selects."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from sagemaker_local.protocol.errors import ValidationException

Value = str | float | bool
_ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    "GreaterThan": lambda found, wanted: found > wanted,
    "GreaterThanOrEqualTo": lambda found, wanted: found >= wanted,
    "LessThan": lambda found, wanted: found < wanted,
    "LessThanOrEqualTo": lambda found, wanted: found <= wanted,
}


def matches(expression: Mapping[str, Any], document: Mapping[str, Any]) -> bool:
    """All parts of an expression hold, or any of them with the operator Or; an empty one always holds."""
    results = [
        *(_filter(one, list(values_at(document, one["Name"]))) for one in expression.get("Filters", [])),
        *(_nested(one, document) for one in expression.get("NestedFilters", [])),
        *(matches(one, document) for one in expression.get("SubExpressions", [])),
    ]
    if not results:
        return True
    return any(results) if expression.get("Operator") == "Or" else all(results)


def values_at(document: Any, path: str) -> Iterator[Value]:
    """Every value under a dotted name; lists are looked into, and names may hold dots themselves."""
    if isinstance(document, list):
        for item in document:
            yield from values_at(item, path)
    elif isinstance(document, dict):
        for name, item in document.items():
            if name == path:
                yield from _scalars(item)
            elif path.startswith(name + "."):
                yield from values_at(item, path[len(name) + 1 :])


def _scalars(item: Any) -> Iterator[Value]:
    if isinstance(item, list):
        for one in item:
            yield from _scalars(one)
    elif isinstance(item, str | float | int):
        yield item


def _nested(one: Mapping[str, Any], document: Mapping[str, Any]) -> bool:
    """One element of a list satisfies all filters."""
    prefix = one["NestedPropertyName"]
    elements = _elements(document, prefix)
    return any(
        all(
            _filter(item, list(values_at(element, item["Name"].removeprefix(prefix + "."))))
            for item in one["Filters"]
        )
        for element in elements
    )


def _elements(document: Any, path: str) -> Iterator[Any]:
    name, _, rest = path.partition(".")
    found = document.get(name) if isinstance(document, dict) else None
    for item in found if isinstance(found, list) else [found] if found is not None else []:
        if rest:
            yield from _elements(item, rest)
        else:
            yield item


def _filter(one: Mapping[str, Any], found: list[Value]) -> bool:
    operator = one.get("Operator", "Equals")
    if operator == "Exists":
        return bool(found)
    if operator == "NotExists":
        return not found
    if "Value" not in one:
        raise ValidationException(f"The filter on {one['Name']} needs a Value with operator {operator}.")
    if operator == "NotEquals":
        return not any(_compares("Equals", value, one["Value"]) for value in found)
    return any(_compares(operator, value, one["Value"]) for value in found)


def _compares(operator: str, found: Value, wanted: str) -> bool:
    if operator == "Contains":
        return wanted in str(found)
    if operator == "In":
        return any(_compares("Equals", found, one.strip()) for one in wanted.split(","))
    if isinstance(found, bool):
        return operator == "Equals" and wanted.lower() == str(found).lower()
    if operator == "Equals" and isinstance(found, str):
        return found == wanted
    left, right = _number(found), _number(wanted)
    if left is None or right is None:
        return operator in _ORDER and isinstance(found, str) and _ORDER[operator](found, wanted)
    return left == right if operator == "Equals" else _ORDER[operator](left, right)


def _number(value: Value) -> float | None:
    """A number, or the epoch seconds of a time as ISO text."""
    try:
        return float(value)
    except ValueError:
        pass
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
