"""What is the user's fault."""

from collections.abc import Callable

from openbml_kit.faults import UserFault


def refused(work: Callable[[], object], *parts: str) -> None:
    """Assert that a call is the user's fault and that the message has these parts."""
    message = _message(work)
    lacking = [part for part in parts if part not in message]
    assert not lacking, f"{lacking} not in {message!r}"


def _message(work: Callable[[], object]) -> str:
    try:
        work()
    except UserFault as fault:
        return str(fault)
    return "not refused"
