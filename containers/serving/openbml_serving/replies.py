"""What a request is answered: results, or an error of the manual. Codes and messages are the catalogue's."""

from collections.abc import Mapping
from typing import Any

import orjson

from openbml_catalog.errors import prediction_error


class RequestError(Exception):
    """The request is wrong; `name` is a row of the catalogue's prediction errors."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def error_body(name: str) -> bytes:
    row = prediction_error(name)
    return orjson.dumps({"error_code": row.code, "error_msg": row.message})


def result_body(document: Mapping[str, Any]) -> bytes:
    return orjson.dumps(document)
