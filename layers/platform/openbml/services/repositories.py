"""Where services, call rights and call records are kept: ports."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope
from openbml.services.services import Limits, Service

Position = dict[str, Any] | None


class SuffixTakenError(OpenBMLError):
    """Another service of this installation has the suffix; details: suffix."""


class ServiceNameTakenError(OpenBMLError):
    """The project has a service of this name; details: name."""


class ModelDeployedError(OpenBMLError):
    """The model has its service already: one model, one service; details: model_id, service_id."""


class Route(BaseModel):
    """What a prediction call needs to know of the service behind a suffix."""

    model_config = ConfigDict(frozen=True)

    suffix: str
    segment: str
    service_id: int
    scope: ProjectScope
    answers: bool
    limits: Limits = Limits()

    @classmethod
    def of(cls, service: Service) -> "Route":
        return cls(
            suffix=service.suffix,
            segment=service.segment,
            service_id=service.service_id,
            scope=service.scope,
            answers=service.answers,
            limits=service.limits,
        )


class CallRight(BaseModel):
    """An application of another account may call the service (spec 08 section 2.4)."""

    model_config = ConfigDict(frozen=True)

    service_id: int
    app_id: int
    granted_at: AwareDatetime


class CallRecord(BaseModel):
    """One call; never anything of what was sent or answered."""

    model_config = ConfigDict(frozen=True)

    log_id: int
    service_id: int
    app_id: int
    at: AwareDatetime
    error_code: int | None = None
    duration_ms: int = Field(ge=0)


class ServiceRepository(Protocol):
    """Port; `tests/contract/services/test_service_repository.py` holds what implementations owe."""

    def add(self, service: Service) -> None:
        """Store a new service.

        Raises:
            SuffixTakenError, ServiceNameTakenError, ModelDeployedError
        """

    def get(self, scope: ProjectScope, service_id: int) -> Service:
        """Raises ServiceNotFoundError."""

    def save(self, service: Service) -> None:
        """Raises ServiceConflictError unless the stored version is the one before."""

    def remove(self, service: Service) -> None:
        """Forget the service; its suffix, name and model are free again.

        Raises:
            ServiceConflictError: the stored version is not this one.
        """

    def page(
        self, scope: ProjectScope, *, limit: int, position: Position
    ) -> tuple[Sequence[Service], Position]:
        """Return a page, the newest first, and the position of the next one."""

    def changing(self) -> Sequence[tuple[ProjectScope, int]]:
        """Return scope and id of all services that are deploying, updating or stopping."""

    def using_machines(self, account_id: int) -> Sequence[tuple[ProjectScope, int]]:
        """Return scope and id of the account's services that are not stopped or failed."""

    def route(self, suffix: str) -> Route | None: ...


class CallRightRepository(Protocol):
    """Port; `tests/contract/services/test_call_rights.py` holds what implementations owe."""

    def grant(self, right: CallRight) -> None:
        """Again is fine."""

    def revoke(self, service_id: int, app_id: int) -> None:
        """One that is not there is fine."""

    def has(self, service_id: int, app_id: int) -> bool: ...

    def rights(self, service_id: int) -> Sequence[CallRight]: ...


class CallRecordRepository(Protocol):
    """Port; records are kept for 30 days."""

    def record(self, call: CallRecord) -> None:
        """A repeat is the same record."""

    def page(
        self, service_id: int, *, limit: int, position: Position
    ) -> tuple[Sequence[CallRecord], Position]:
        """Return a page, the newest first, and the position of the next one."""


class CallCounters(Protocol):
    """Port; counts of calls, only where a service has limits."""

    def count(self, name: str, *, most: int, forget_at: datetime | None) -> bool:
        """Count one more, unless `most` are counted; tell whether it was."""

    def take_back(self, name: str) -> None:
        """Undo one count."""
