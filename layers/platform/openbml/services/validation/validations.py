"""Validations: what one is, and where they are kept.

A validation costs its owner nothing and ends by itself, so there is one at a time of a model version and few
a project. Whether its model answers is compute's to say; here stands only that it is wanted, and until when.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope

LIFETIME = timedelta(minutes=30)
MOST_IN_A_PROJECT = 5


class ValidationNotFoundError(OpenBMLError):
    """The project has no such validation; details: validation_id."""


class ValidationEndedError(OpenBMLError):
    """The validation is over, start another one; details: validation_id."""


class ValidationNotReadyError(OpenBMLError):
    """The temporary service is still starting; details: validation_id."""


class TooManyValidationsError(OpenBMLError):
    """The project has as many as it may; details: most."""


class ValidationTakenError(OpenBMLError):
    """The model version is being validated already; details: validation_id."""


class Validation(BaseModel):
    """A temporary service of one model version.

    Attributes:
        image: the image of the catalogue that serves it.
        ended_at: when it was no longer wanted; None while it is.
    """

    model_config = ConfigDict(frozen=True)

    scope: ProjectScope
    validation_id: int
    model_id: int
    model_version: int = Field(ge=1)
    task_type: str
    image: str
    model_uri: str
    started_at: AwareDatetime
    ends_at: AwareDatetime
    ended_at: AwareDatetime | None = None

    @property
    def deployment_id(self) -> str:
        return f"v{self.validation_id}"

    def ended(self, at: datetime) -> "Validation":
        return self if self.ended_at else self.model_copy(update={"ended_at": at})

    def is_over(self, at: datetime) -> bool:
        return self.ended_at is not None or at >= self.ends_at


class ValidationRepository(Protocol):
    """Port; `tests/contract/services/test_validation_repository.py` holds what implementations owe."""

    def add(self, validation: Validation) -> None:
        """Store a new one and list it as open: all or nothing.

        Raises:
            ValidationTakenError: the model version has an open one.
        """

    def get(self, scope: ProjectScope, validation_id: int) -> Validation:
        """Raises ValidationNotFoundError."""

    def end(self, validation: Validation) -> None:
        """Store that it has ended and take it off the open ones; again is fine."""

    def open_in(self, scope: ProjectScope) -> Sequence[Validation]:
        """Return the project's open ones."""

    def open_everywhere(self) -> Sequence[tuple[ProjectScope, int]]:
        """Return scope and id of all open ones."""
