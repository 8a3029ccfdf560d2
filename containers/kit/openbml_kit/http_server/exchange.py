"""One request and its answer."""

from collections.abc import Mapping
from enum import Enum, auto
from functools import lru_cache
from http import HTTPStatus
from typing import NamedTuple, Protocol

JSON = b"application/json; charset=utf-8"


class Reply(NamedTuple):
    """Attributes:
    headers: whole lines, each with its line end.
    closing: the connection takes no further request.
    """

    status: int
    body: bytes = b""
    content_type: bytes = JSON
    headers: bytes = b""
    closing: bool = False


class BodyState(Enum):
    """What became of a request's body.

    READ: it is there. TOO_LARGE: it is larger than the limit. NO_ROOM: those of all clients together are.
    """

    READ = auto()
    TOO_LARGE = auto()
    NO_ROOM = auto()


class ReplySink(Protocol):
    def write_reply(self, exchange: "Exchange", reply: Reply) -> None: ...


class Exchange:
    """
    Attributes:
        headers: by their names in lower case; of several of one name the last.
        body: empty where `body_state` is not READ.
        is_abandoned: the client has gone; nobody waits for an answer.
        may_be_gone: the client sends no more; whether it still reads shows when it is written to.
    """

    __slots__ = (
        "_sink",
        "body",
        "body_state",
        "headers",
        "held_bytes",
        "is_abandoned",
        "is_answered",
        "keeps_alive",
        "may_be_gone",
        "method",
        "path",
        "says_keep_alive",
    )

    def __init__(
        self,
        sink: ReplySink,
        method: bytes,
        path: bytes,
        headers: Mapping[bytes, bytes],
        *,
        body: bytes,
        body_state: BodyState,
        held_bytes: int,
        keeps_alive: bool,
        says_keep_alive: bool,
    ) -> None:
        self._sink = sink
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
        self.body_state = body_state
        self.held_bytes = held_bytes
        self.keeps_alive = keeps_alive
        self.says_keep_alive = says_keep_alive
        self.is_abandoned = False
        self.may_be_gone = False
        self.is_answered = False

    def answer(self, reply: Reply) -> None:
        """Answer, on the loop's thread. An answer after the first one goes nowhere."""
        if not self.is_answered:
            self.is_answered = True
            self._sink.write_reply(self, reply)


@lru_cache(maxsize=64)
def _beginning(status: int, content_type: bytes) -> bytes:
    phrase = HTTPStatus(status).phrase
    return b"HTTP/1.1 %d %b\r\ncontent-type: %b\r\ncontent-length: " % (status, phrase.encode(), content_type)


def written_head(reply: Reply, *, keeps_alive: bool, says_keep_alive: bool) -> bytes:
    """Return status line and headers, up to and with the empty line."""
    beginning = _beginning(reply.status, reply.content_type)
    if keeps_alive:
        said = b"\r\nconnection: keep-alive\r\n" if says_keep_alive else b"\r\n"
    else:
        said = b"\r\nconnection: close\r\n"
    return b"%b%d%b%b\r\n" % (beginning, len(reply.body), said, reply.headers)
