"""Files of calls in the data bucket, which storage itself forgets after their time."""

from datetime import datetime
from enum import IntEnum
from typing import Protocol

from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope


class Lifetime(IntEnum):
    """Days; the bucket has a rule for each (template.yaml)."""

    DAY = 1
    MONTH = 30


class KeptObjectMissingError(OpenBMLError):
    """The file is not there, or its time is over; details: key."""


class ExpiringObjects(Protocol):
    """Port; `tests/contract/services/test_expiring_objects.py` holds what implementations owe."""

    def put(self, key: str, body: bytes, lifetime: Lifetime) -> None: ...

    def read(self, key: str) -> bytes:
        """Raises KeptObjectMissingError."""

    def delete(self, key: str) -> None:
        """Harmless when it is gone."""

    def url(self, key: str) -> str:
        """Return an address that reads the file for some minutes, computed without a call."""


def call_key(scope: ProjectScope, service_id: int, at: datetime, log_id: int) -> str:
    return f"{scope.prefix}services/{service_id}/calls/{at:%Y/%m/%d}/{log_id}.json"


def shadow_key(scope: ProjectScope, service_id: int, log_id: int) -> str:
    return f"{scope.prefix}services/{service_id}/shadows/{log_id}"


def ticket_key(scope: ProjectScope, service_id: int, ticket: str) -> str:
    return f"{scope.prefix}services/{service_id}/tickets/{ticket}"
