"""Samples that break a rule while the others of their import go on."""

from openbml.core.errors import OpenBMLError


class SampleRejectedError(OpenBMLError):
    """A sample breaks a rule; the others of its import go on. Details: reason (a code), message, file."""


def rejection(reason: str, message: str) -> SampleRejectedError:
    return SampleRejectedError(reason=reason, message=message)
