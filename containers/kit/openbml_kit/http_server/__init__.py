"""A small HTTP/1.1 server on uvloop and httptools, for images whose answers take microseconds.

`HttpServer(handler, limits)` calls the handler on the loop's thread with each request that is read; the
handler answers at once or later, on that thread. Why: docs/decisions/0016-an-own-http-server.md.
"""

from openbml_kit.http_server.exchange import BodyState, Exchange, Reply
from openbml_kit.http_server.limits import HttpLimits
from openbml_kit.http_server.server import HttpServer

__all__ = ["BodyState", "Exchange", "HttpLimits", "HttpServer", "Reply"]
