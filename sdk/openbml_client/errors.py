"""What the client raises."""

from datetime import datetime
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
    """An import, run, job or deployment that was waited for ended badly.

    Attributes:
        document: how it ended, as the API shows it.
    """

    def __init__(self, message: str, document: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.document = document


class WaitTimeoutError(OpenBMLClientError):
    """Work takes longer than the caller waits; it goes on."""


class InvalidChoiceError(OpenBMLClientError):
    """A value that the caller gave cannot be meant; nothing was asked of the API."""


class FileChoiceError(InvalidChoiceError):
    """The chosen files are no import: missing, of several sorts, or of a format that cannot be told."""


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


class InvalidCallError(ApiError):
    """The API does not take a value (400, 422); `details` name it."""


class AccessDeniedError(ApiError):
    """The user's role does not allow the call (403)."""


class ApiNotFoundError(ApiError, NotFoundError):
    """What an id of the call stands for is not there (404)."""


class ConflictError(ApiError):
    """Something changed meanwhile, or runs at the moment (409).

    Attributes:
        current_revision: of an annotation that somebody else changed: where it is now.
        changed_by: who changed it, a user's id; None for an import or a model.
        changed_at: when.
    """

    @property
    def current_revision(self) -> int | None:
        return self.details.get("current_revision")

    @property
    def changed_by(self) -> int | None:
        return self.details.get("changed_by")

    @property
    def changed_at(self) -> datetime | None:
        told = self.details.get("changed_at")
        return datetime.fromisoformat(told) if told else None


class OverloadedError(ApiError):
    """Too many calls at this moment (429, 503); the same call works later."""


_BY_STATUS: dict[int, type[ApiError]] = {
    400: InvalidCallError,
    403: AccessDeniedError,
    404: ApiNotFoundError,
    409: ConflictError,
    422: InvalidCallError,
    429: OverloadedError,
    503: OverloadedError,
}


def api_error_type(status: int) -> type[ApiError]:
    """Return the type of a refusal; unknown ones are plain ApiErrors."""
    return _BY_STATUS.get(status, ApiError)
