"""The client that commands call with: the stored session's, or one that a program gives them."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from openbml_client.client import Client

_given: ContextVar[Client | None] = ContextVar("given_client", default=None)


def current_client() -> Client:
    return _given.get() or Client()


@contextmanager
def commands_call_with(client: Client) -> Iterator[None]:
    """Let the commands of this block call with that client."""
    token = _given.set(client)
    try:
        yield
    finally:
        _given.reset(token)
