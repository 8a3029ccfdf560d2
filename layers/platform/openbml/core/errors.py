"""The base of every domain error.

Domain errors know no codes: the catalogue's `errors/control/*.yaml` maps a class name to an HTTP status, a
code and a message template, and `openbml.core.http` reads it. `details` carries what a reader needs to act.
"""

from typing import Any


class OpenBMLError(Exception):
    """A failure the caller can be told about.

    Keyword arguments become `details` of the reply and fill the catalogue's message template.
    """

    def __init__(self, **details: Any) -> None:
        super().__init__(f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in details.items())})")
        self.details = details


class InvalidRequestError(OpenBMLError):
    """A field is malformed or out of range; details: field, reason."""


class NotSignedInError(OpenBMLError):
    """The caller has no valid session."""


class PermissionDeniedError(OpenBMLError):
    """The caller lacks a permission; details: permission, project_id."""


class InvalidCursorError(OpenBMLError):
    """A list cursor was not made by this API."""


class InternalError(OpenBMLError):
    """Something unexpected; the cause is in the log under the request id."""
