"""What the client raises."""

from typing import Any


class OpenBMLClientError(Exception):
    """Base of everything this package raises on purpose; the text says what to do."""


class NotSignedInError(OpenBMLClientError):
    """There is no session, or it cannot be renewed."""

    def __init__(self, reason: str = "You are not signed in.") -> None:
        super().__init__(f"{reason} Run `bml login`, or set OPENBML_EMAIL and OPENBML_PASSWORD.")


class UnreachableError(OpenBMLClientError):
    """The API did not answer."""


class NotFoundError(OpenBMLClientError):
    """A name that the caller gave belongs to nothing in the project."""


class WorkFailedError(OpenBMLClientError):
    """An import, run or deployment that was waited for ended badly."""


class ApiError(OpenBMLClientError):
    """The API refused the call.

    Attributes:
        status: HTTP status.
        code: the API's error code, e.g. `dataset_not_found`.
        details: values named by the message.
        request_id: quote it when asking for help.
    """

    def __init__(
        self, status: int, code: str, message: str, details: dict[str, Any], request_id: str
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.details = details
        self.request_id = request_id
