"""Bytes become requests: heads, bodies of known length or in chunks, one request after the other."""

from enum import Enum, auto
from typing import Protocol

import httptools

from openbml_kit.http_server.exchange import BodyState
from openbml_kit.http_server.limits import HttpLimits

_VERSIONS = ("1.1", "1.0")
# A body's bytes on the wire, times those of the body itself.
_MOST_FRAMING = 2


class Refusal(Exception):  # noqa: N818 - the status it becomes
    """What was sent is no request, or none that is taken."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Progress(Enum):
    """Where in a request the client is."""

    BETWEEN = auto()
    HEAD = auto()
    BODY = auto()


class BodyBudget:
    """Room for the bodies that all clients send."""

    def __init__(self, most_bytes: int) -> None:
        self._left = most_bytes

    def take(self, size_bytes: int) -> bool:
        if size_bytes > self._left:
            return False
        self._left -= size_bytes
        return True

    def give_back(self, size_bytes: int) -> None:
        self._left += size_bytes


class RequestSink(Protocol):
    def continue_wanted(self) -> None:
        """The client waits to hear that it may send its body."""
        ...

    def request_read(self, reader: "RequestReader") -> None:
        """A request is whole; the reader's attributes describe it until this returns."""
        ...


class RequestReader:
    """
    Attributes:
        progress: of the request that is being read.
        is_body_unread: the request was given to the sink although its body is still on its way.
    """

    __slots__ = (
        "_body_bytes",
        "_budget",
        "_chunks",
        "_head_bytes",
        "_limits",
        "_parser",
        "_piece_bytes",
        "_refusal",
        "_sink",
        "_size_bytes",
        "_url",
        "body_state",
        "headers",
        "held_bytes",
        "is_body_unread",
        "progress",
    )

    def __init__(self, sink: RequestSink, limits: HttpLimits, budget: BodyBudget) -> None:
        self._sink = sink
        self._limits = limits
        self._budget = budget
        self._parser = httptools.HttpRequestParser(self)
        self._refusal: Refusal | None = None
        self._head_bytes = 0
        self._piece_bytes = 0
        self._body_bytes = 0  # as they came, with the sizes of chunks and what is behind the last one
        self.is_body_unread = False
        self.held_bytes = 0
        self._begin()
        self.progress = Progress.BETWEEN

    def _begin(self) -> None:
        self._url = b""
        self.headers: dict[bytes, bytes] = {}
        self._chunks: list[bytes] = []
        self._size_bytes = 0
        self.held_bytes = 0
        self.body_state = BodyState.READ

    def take(self, data: bytes) -> None:
        """Take what came in; the sink is told each request that is whole.

        Raises:
            Refusal: it is no request. Requests before it were told.
        """
        self._piece_bytes = len(data)
        if self.progress is Progress.BODY:
            self._body_bytes += len(data)
            if self._body_bytes > _MOST_FRAMING * self._limits.max_discarded_bytes:
                raise Refusal(413, "the body has too much around it")
        else:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # The request was told; what follows is of a protocol that is not spoken here.
            raise Refusal(0, "upgrade") from None
        except httptools.HttpParserError as error:
            raise self._refusal or Refusal(400, "the request is not HTTP") from error
        if self._refusal is not None:
            raise self._refusal
        if self.progress is Progress.HEAD and self._head_bytes > self._limits.max_head_bytes:
            raise Refusal(431, "the headers are too long")

    def release(self) -> None:
        """Give back the room of a body that is being read."""
        self._budget.give_back(self.held_bytes)
        self.held_bytes = 0
        self._chunks = []

    def give_up(self) -> None:
        """Read no more of the request that is being read."""
        self.release()
        self.progress = Progress.BETWEEN

    @property
    def method(self) -> bytes:
        method: bytes = self._parser.get_method()
        return method

    @property
    def path(self) -> bytes:
        return self._url.partition(b"?")[0]

    @property
    def body(self) -> bytes:
        if self.body_state is not BodyState.READ:
            return b""
        return self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)

    @property
    def keeps_alive(self) -> bool:
        return bool(self._parser.should_keep_alive())

    @property
    def is_of_http_1_0(self) -> bool:
        return bool(self._parser.get_http_version() == "1.0")

    # -- called by the parser ------------------------------------------------------------

    def on_message_begin(self) -> None:
        self._begin()
        self.progress = Progress.HEAD

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.progress is Progress.HEAD:  # trailers behind a chunked body are of no interest
            self.headers[name.lower()] = value

    def on_headers_complete(self) -> None:
        self.progress = Progress.BODY
        if self._is_head_too_long():
            self._refuse(431, "the headers are too long")
        elif self._parser.get_http_version() not in _VERSIONS:
            self._refuse(505, "the request is not of HTTP/1.0 or 1.1")
        elif b"content-length" in self.headers:
            self._announced(int(self.headers[b"content-length"]))
        elif b"transfer-encoding" in self.headers:
            self._announced(0)

    def on_body(self, part: bytes) -> None:
        if self.is_body_unread or self._refusal is not None:
            return
        self._size_bytes += len(part)
        if self._size_bytes > self._limits.max_body_bytes:
            self._leave_away(BodyState.TOO_LARGE)
            if self._size_bytes > self._limits.max_discarded_bytes:
                self._give_up_reading()
        elif self.body_state is BodyState.READ:
            if self._budget.take(len(part)):
                self.held_bytes += len(part)
                self._chunks.append(part)
            else:
                self._leave_away(BodyState.NO_ROOM)

    def on_message_complete(self) -> None:
        if self.is_body_unread or self._refusal is not None:
            return
        self.progress = Progress.BETWEEN
        self._head_bytes = 0
        self._body_bytes = 0
        self._sink.request_read(self)

    def _is_head_too_long(self) -> bool:
        most_bytes = self._limits.max_head_bytes
        if self._head_bytes + self._piece_bytes <= most_bytes:
            return False
        # What came in holds more than this head.
        held = sum(map(len, self.headers)) + sum(map(len, self.headers.values()))
        return held + len(self._url) > most_bytes

    def _announced(self, size_bytes: int) -> None:
        waits = self.headers.get(b"expect", b"").lower() == b"100-continue"
        if size_bytes > self._limits.max_discarded_bytes or (
            waits and size_bytes > self._limits.max_body_bytes
        ):
            self._leave_away(BodyState.TOO_LARGE)
            self._give_up_reading()
        elif waits:
            self._sink.continue_wanted()

    def _leave_away(self, state: BodyState) -> None:
        self.body_state = state
        self.release()

    def _give_up_reading(self) -> None:
        self.is_body_unread = True
        self.progress = Progress.BETWEEN
        self._sink.request_read(self)

    def _refuse(self, status: int, reason: str) -> None:
        self._refusal = Refusal(status, reason)
