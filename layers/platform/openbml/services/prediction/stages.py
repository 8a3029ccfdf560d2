"""Which documented code a failure of ours has: that of the step in which it happened (spec 08, 4.4)."""

from collections.abc import Iterator
from contextlib import contextmanager

from openbml.core.errors import OpenBMLError


class StepFailedError(OpenBMLError):
    """A step failed, by no fault of the caller; details: error (a row of the catalogue)."""


@contextmanager
def answered_as(error: str) -> Iterator[None]:
    """Turn what nobody expected into the documented error; what the domain says passes through.

    Raises:
        StepFailedError: with its cause.
    """
    try:
        yield
    except OpenBMLError:
        raise
    except Exception as failure:
        raise StepFailedError(error=error) from failure
