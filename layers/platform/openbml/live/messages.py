"""What a client sends over its connection, and the answers."""

import json
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from openbml.core.errors import InvalidRequestError, OpenBMLError
from openbml.live.connections import LiveRepository
from openbml.live.use_cases import follow, unfollow
from openbml_catalog.errors import control_error


class TopicsMessage(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    action: Literal["subscribe", "unsubscribe"]
    topics: Sequence[str]


class Ping(BaseModel):
    """Keeps a quiet connection open: API Gateway ends it after ten idle minutes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    action: Literal["ping"]


_MESSAGE: TypeAdapter[TopicsMessage | Ping] = TypeAdapter(TopicsMessage | Ping)


def answer(connection_id: str, body: str, *, live: LiveRepository) -> str:
    """Carry the message out and return the answer; a refused one is answered with its error, not dropped."""
    try:
        return json.dumps(_carry_out(connection_id, _parsed(body), live))
    except OpenBMLError as error:
        entry = control_error(type(error).__name__)
        shown = {"code": entry.code, "message": entry.text(error.details), "details": error.details}
        return json.dumps({"type": "error", "error": shown})


def _parsed(body: str) -> TopicsMessage | Ping:
    try:
        return _MESSAGE.validate_json(body)
    except ValidationError as error:
        raise InvalidRequestError(
            field="message", reason='send {"action":"subscribe","topics":["run/<id>"]}'
        ) from error


def _carry_out(connection_id: str, message: TopicsMessage | Ping, live: LiveRepository) -> dict[str, Any]:
    if isinstance(message, Ping):
        return {"type": "pong"}
    change = follow if message.action == "subscribe" else unfollow
    return {"type": f"{message.action}d", "topics": list(change(connection_id, message.topics, live=live))}
