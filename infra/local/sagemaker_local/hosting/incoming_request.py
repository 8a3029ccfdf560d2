"""A call as its bytes come in."""

import httptools

from sagemaker_local.hosting.body_budget import BodyBudget
from sagemaker_local.hosting.calls import Call, Headers

_VERSIONS = ("1.0", "1.1")


class BadRequest(Exception):  # noqa: N818 - the status it becomes
    """The request is not HTTP as we take it."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class IncomingRequest:
    """Its head and a chunked body are parsed; a body of known length is taken in pieces as they are.

    A body above the limit is not kept: its size is all that the handler needs to refuse it.
    """

    def __init__(self, max_body_bytes: int, budget: BodyBudget) -> None:
        self._max_body_bytes = max_body_bytes
        self._budget = budget
        self._held_bytes = 0
        self._parser = httptools.HttpRequestParser(self)
        self._url = b""
        self._headers = Headers()
        self._body: list[bytes] = []
        self._size_bytes = 0
        self._missing_bytes = 0  # of a body of known length
        self._has_head = False
        self._is_chunked = False
        self._is_followed = False
        self.is_read = False

    @property
    def keeps_connection(self) -> bool:
        return bool(self._parser.should_keep_alive()) and not self._is_followed

    @property
    def is_announced_too_long(self) -> bool:
        return self._missing_bytes > self._max_body_bytes

    @property
    def expects_continue(self) -> bool:
        return self._headers.get("expect", "").lower() == "100-continue"

    def take_head(self, head: bytes) -> None:
        """Take the whole head, up to and with its empty line.

        Raises:
            BadRequest, httptools.HttpParserError: it cannot be understood.
        """
        self._parser.feed_data(head)

    def take(self, data: bytes) -> bytes:
        """Take bytes of the body; return those that belong to the next request."""
        if self._is_chunked:
            if data:
                self._parser.feed_data(data)
            return b""
        mine, rest = data[: self._missing_bytes], data[self._missing_bytes :]
        if mine:
            self._missing_bytes -= len(mine)
            self._size_bytes += len(mine)
            self._hold(mine)
        self.is_read = not self._missing_bytes
        return rest

    def skip_body(self) -> int:
        """Take the request as read; return how many bytes of it are still to come."""
        skipped, self._missing_bytes = self._missing_bytes, 0
        self._size_bytes += skipped
        self.release()
        self.is_read = True
        return skipped

    def call(self) -> Call:
        target = self._url.decode("latin-1")
        path = target.partition("?")[0].split("/")
        endpoint, operation = (path[2], path[3]) if len(path) == 4 else ("", "/".join(path[2:]))
        return Call(endpoint, operation, self._headers, self._body, self._size_bytes, target)

    def release(self) -> None:
        """Give back the room that the body takes; a call that was made of it keeps its pieces."""
        self._budget.give_back(self._held_bytes)
        self._held_bytes = 0
        self._body = []

    def _hold(self, part: bytes) -> None:
        if not self._budget.take(len(part)):
            raise BadRequest(503, "too many large requests are open; try again")
        self._held_bytes += len(part)
        self._body.append(part)

    # -- called by the parser ------------------------------------------------------------

    def on_url(self, url: bytes) -> None:
        if self.is_read:
            self._is_followed = True  # on the heels of a chunked body; the caller must ask that again
        else:
            self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._has_head:
            self._headers.add(name.decode("latin-1"), value.decode("latin-1"))

    def on_headers_complete(self) -> None:
        if self._has_head:
            return
        self._has_head = True
        if self._parser.get_http_version() not in _VERSIONS:
            raise BadRequest(400, "the request is not of HTTP/1.0 or 1.1")
        self._is_chunked = "transfer-encoding" in self._headers
        length = self._headers.get("content-length", "0")
        if not length.isdecimal():
            raise BadRequest(400, "Content-Length is not a number")
        self._missing_bytes = 0 if self._is_chunked else int(length)

    def on_body(self, part: bytes) -> None:
        if self.is_read:
            return
        self._size_bytes += len(part)
        if self._size_bytes <= self._max_body_bytes:
            self._hold(part)
        else:
            self.release()

    def on_message_complete(self) -> None:
        if self._is_chunked:
            self.is_read = True
