"""What a call is answered: a document, or an error of the manual. Codes and messages are the catalogue's."""

import json
from collections.abc import Mapping
from typing import Any

from openbml_catalog.errors import prediction_error
from openbml_kit.script_serving.content import plain

_DETAIL_CHARACTERS = 300
_MESSAGE_CHARACTERS = 1000


class RefusedError(Exception):
    """The call is refused; `code` and `message` are what the caller reads."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{code} {message}")
        self.code = code
        self.message = message


class GarbageError(Exception):
    """The model's answer is nothing that JSON can say."""


def refused(name: str, detail: str = "") -> RefusedError:
    """Return the error of a row of the catalogue, the detail said behind its literal message."""
    row = prediction_error(name)
    message = f"{row.message}: {detail[:_DETAIL_CHARACTERS]}" if detail else row.message
    return RefusedError(row.code, message)


def error_document(error: RefusedError) -> dict[str, Any]:
    return {"error_code": error.code, "error_msg": error.message[:_MESSAGE_CHARACTERS]}


def written(document: Mapping[str, Any]) -> bytes:
    """Return a document as JSON; arrays and scalars of the numerical libraries are written as numbers.

    Raises:
        GarbageError: it holds something that JSON has no form for, such as NaN.
    """
    try:
        return json.dumps(
            plain(document), ensure_ascii=False, allow_nan=False, separators=(",", ":")
        ).encode()
    except (TypeError, ValueError, RecursionError, UnicodeEncodeError) as error:
        raise GarbageError(f"the model's answer is no JSON: {error}") from error
