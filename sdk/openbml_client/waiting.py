"""Waiting for what the platform works on: one loop for imports, jobs, runs and services."""

import time
from collections.abc import Callable, Collection

from openbml_client.errors import WaitTimeoutError, WorkFailedError
from openbml_client.resources import Document

Show = Callable[[Document], object]

_POLL_S = 1.0


def wait_until(
    read: Callable[[], Document],
    final: Collection[str],
    *,
    show: Show = lambda _: None,
    timeout_s: float | None = None,
    poll_s: float = _POLL_S,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Document:
    """Read again and again until the state is one of `final`, and return what was read last.

    Args:
        show: called with every document that was read.

    Raises:
        WaitTimeoutError: it took longer than `timeout_s`; the work itself goes on.
    """
    started = clock()
    while True:
        document = read()
        show(document)
        if document["state"] in final:
            return document
        if timeout_s is not None and clock() - started >= timeout_s:
            raise WaitTimeoutError(f"Still {document['state']} after {timeout_s:g} s; the work goes on.")
        sleep(poll_s)


def succeeded(document: Document, what: str) -> Document:
    """Return work that ended well.

    Raises:
        WorkFailedError: it failed or was cancelled; carries the document.
    """
    state = document["state"]
    if state in ("finished", "succeeded"):
        return document
    failure = document.get("failure")
    message = failure.get("message") if isinstance(failure, dict) else failure
    reason = message or ("it was cancelled" if state == "cancelled" else "no cause known")
    raise WorkFailedError(f"The {what} {_ENDED.get(state, state)}: {reason}", document)


_ENDED = {"cancelled": "was cancelled", "stopped": "was stopped"}
