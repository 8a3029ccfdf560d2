"""Between frozen models and DynamoDB items: numbers become `Decimal`, empty optionals are left out."""

import json
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import BaseModel

Model = TypeVar("Model", bound=BaseModel)


def to_item(model: BaseModel, **keys: Any) -> dict[str, Any]:
    """Return the model as an item plus its keys; `None` members are dropped."""
    document = json.loads(model.model_dump_json(exclude_none=True), parse_float=Decimal)
    return {**document, **keys}


def from_item(model: type[Model], item: dict[str, Any]) -> Model:
    """Return the model an item was made from; key attributes the model does not know are ignored."""
    return model.model_validate(_plain(item))


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else str(value)
    if isinstance(value, dict):
        return {key: _plain(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_plain(member) for member in value]
    return value
