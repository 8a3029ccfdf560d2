"""Values as the low-level client takes them."""

from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer

from openbml.datasets.bulk_writes_dynamodb import attribute_value


@pytest.mark.parametrize(
    "value",
    [
        "text",
        "",
        0,
        -7,
        2**63,
        True,
        False,
        None,
        Decimal("1.50"),
        b"bytes",
        [],
        ["a", 1, [b"b"]],
        {},
        {"cat": 2, "nested": {"a": [True]}},
    ],
)
def test_a_value_is_typed_as_boto3_types_it(value: Any) -> None:
    assert attribute_value(value) == TypeSerializer().serialize(value)


def test_a_tuple_is_a_list() -> None:
    assert attribute_value(("a", "b")) == {"L": [{"S": "a"}, {"S": "b"}]}


@pytest.mark.parametrize("value", [0.5, object(), {"inside": 1.0}, {"a", "b"}])
def test_what_has_no_type_there_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="DynamoDB has no type"):
        attribute_value(value)
