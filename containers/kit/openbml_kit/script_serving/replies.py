"""Error bodies: what is wrong, never a traceback, which stands in the log."""

import json

from openbml_kit.script_serving.functions import Reply

_SHOWN_CHARACTERS = 1000


def error_reply(status: int, error: Exception | str) -> Reply:
    kind = type(error).__name__ if isinstance(error, Exception) else "ServerError"
    document = {"error": {"type": kind, "message": str(error)[:_SHOWN_CHARACTERS]}}
    return Reply(status, "application/json", json.dumps(document, ensure_ascii=False).encode())
