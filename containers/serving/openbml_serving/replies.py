"""What a request is answered: results, or an error of the manual. Codes and messages are the catalogue's."""

from collections.abc import Mapping
from typing import Any

import orjson

from openbml_catalog.errors import prediction_error

_DETAIL_CHARACTERS = 300


class RequestError(Exception):
    """The request is wrong.

    Attributes:
        name: a row of the catalogue's prediction errors.
        detail: what exactly is wrong, said behind the row's literal message.
    """

    def __init__(self, name: str, detail: str = "") -> None:
        super().__init__(f"{name}: {detail}" if detail else name)
        self.name = name
        self.detail = detail


def code_of(name: str) -> int:
    return prediction_error(name).code


def error_body(name: str, detail: str = "") -> bytes:
    row = prediction_error(name)
    message = f"{row.message}: {detail[:_DETAIL_CHARACTERS]}" if detail else row.message
    return orjson.dumps({"error_code": row.code, "error_msg": message})


def result_body(document: Mapping[str, Any]) -> bytes:
    return orjson.dumps(document)
