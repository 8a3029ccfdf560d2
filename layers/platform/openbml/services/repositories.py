"""Where services, call rights and call records are kept: ports."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope
from openbml.services.routes import Route
from openbml.services.services import Service

Position = dict[str, Any] | None


class SuffixTakenError(OpenBMLError):
    """Another service of this installation has the suffix; details: suffix."""


class ServiceNameTakenError(OpenBMLError):
    """The project has a service of this name; details: name."""


class ModelDeployedError(OpenBMLError):
    """The model has its service already: one model, one service; details: model_id, service_id."""


class CallRight(BaseModel):
    """An application of another account may call the service (spec 08 section 2.4)."""

    model_config = ConfigDict(frozen=True)

    service_id: int
    app_id: int
    granted_at: AwareDatetime


CallRole = Literal["main", "challenger", "shadow"]


class CallRecord(BaseModel):
    """One call; what was sent and answered stands in a file of its own, and only where that is wanted.

    Attributes:
        role: `main` or `challenger` answered; `shadow` is the copy whose answer nobody got.
        model_version: None where no model was asked.
        waited_ms: part of the duration that the call waited for a sleeping service.
        labels: names of the results, the most certain first, at most 10: what records are filtered by.
        kept_as: key of the file with what was sent and answered.
    """

    model_config = ConfigDict(frozen=True)

    log_id: int
    service_id: int
    app_id: int
    at: AwareDatetime
    error_code: int | None = None
    duration_ms: int = Field(ge=0)
    role: CallRole = "main"
    model_version: int | None = None
    waited_ms: int = Field(default=0, ge=0)
    labels: tuple[str, ...] = ()
    kept_as: str | None = None


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
        """Return scope and id of all services that are unsettled: something is left to do with them."""

    def using_machines(self, account_id: int) -> Sequence[tuple[ProjectScope, int]]:
        """Return scope and id of the account's services that use machines, or are about to."""

    def with_sleep_policy(self) -> Sequence[tuple[ProjectScope, int]]:
        """Return scope and id of all services with a sleep policy that run or sleep."""

    def service_of_model(self, scope: ProjectScope, model_id: int) -> int | None: ...

    def versions_in_use(self, scope: ProjectScope, model_id: int) -> set[int]:
        """Return the versions of the model that its service runs, or will when it starts again."""

    def route(self, suffix: str) -> Route | None: ...


class CallRightRepository(Protocol):
    """Port; `tests/contract/services/test_call_rights.py` holds what implementations owe."""

    def grant(self, right: CallRight) -> None:
        """Again is fine."""

    def revoke(self, service_id: int, app_id: int) -> None:
        """One that is not there is fine."""

    def has(self, service_id: int, app_id: int) -> bool: ...

    def rights(self, service_id: int) -> Sequence[CallRight]: ...


class LastCalls(Protocol):
    """Port; when a service was called last, to within seconds: what the sleep policy goes by.

    `tests/contract/services/test_wakes.py` holds what implementations owe.
    """

    def note(self, service_id: int, at: datetime) -> None:
        """Remember the time unless a later one is known."""

    def last(self, service_id: int) -> datetime | None: ...

    def last_of(self, service_ids: Sequence[int]) -> Mapping[int, datetime]:
        """Return the times of those that were ever called."""
