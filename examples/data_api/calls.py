"""One call of the data API: a POST with the access token in the query and JSON both ways."""

import json
import os
import sys
import urllib.parse
import urllib.request
from typing import Any


class DataApiError(Exception):
    """The reply carries an error; HTTP says 200 all the same."""

    def __init__(self, reply: dict[str, Any]) -> None:
        super().__init__(f"{reply['error_code']}: {reply['error_msg']} (log_id {reply.get('log_id')})")
        self.code: int = reply["error_code"]


def call(operation: str, body: dict[str, Any]) -> dict[str, Any]:
    """Return the reply. Raises DataApiError."""
    token = urllib.parse.quote(os.environ["OPENBML_ACCESS_TOKEN"])
    url = f"{os.environ['OPENBML_URL']}/rpc/2.0/easydl/pro/dataset/{operation}?access_token={token}"
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)  # noqa: S310 - your own address
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        reply: dict[str, Any] = json.load(answer)
    if "error_code" in reply:
        raise DataApiError(reply)
    return reply


def show(operation: str, body: dict[str, Any]) -> None:
    """Print the reply, or the error and end with 1."""
    try:
        print(json.dumps(call(operation, body), ensure_ascii=False, indent=2))  # noqa: T201
    except DataApiError as error:
        sys.exit(str(error))
