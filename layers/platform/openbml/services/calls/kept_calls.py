"""What was sent and answered in one call, as a file (`openbml.call/1`)."""

import base64
import json
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field


class KeptCall(BaseModel):
    """Bytes that are text stand as text, others as Base64."""

    model_config = ConfigDict(frozen=True)

    format: Literal["openbml.call/1"] = "openbml.call/1"
    content_type: str = Field(max_length=1000)
    request: str | None = None
    request_base64: str | None = None
    answer: str

    @classmethod
    def of(cls, content_type: str, request: bytes, answer: bytes) -> Self:
        shown = {"content_type": content_type[:1000], "answer": answer.decode("utf-8", "replace")}
        try:
            return cls(request=request.decode(), **shown)
        except UnicodeDecodeError:
            return cls(request_base64=base64.b64encode(request).decode(), **shown)

    def request_document(self) -> dict[str, Any] | None:
        """Return the request's JSON object; None where it is none."""
        return _object(self.request)

    def answer_document(self) -> dict[str, Any] | None:
        return _object(self.answer)


def _object(text: str | None) -> dict[str, Any] | None:
    try:
        document = json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None
