"""Hostings: a model kept ready to answer, how its state follows the runtime, where hostings are kept."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from openbml.compute.failures import Failure
from openbml.compute.owners import Owner
from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope


class HostingNotFoundError(OpenBMLError):
    """No hosting has this id, or it is gone; details: deployment_id."""


class HostingConflictError(OpenBMLError):
    """Someone else changed the hosting, or the revision is not newer; details: deployment_id, revision."""


class HostingRefusedError(OpenBMLError):
    """The runtime will never take this hosting; details: deployment_id, reason."""


class HostingState(StrEnum):
    CREATING = "creating"
    IN_SERVICE = "in_service"
    UPDATING = "updating"
    FAILED = "failed"
    REMOVING = "removing"
    REMOVED = "removed"


class HostingRequest(BaseModel):
    """What a context asks for.

    Attributes:
        image: name of an image of the catalogue, e.g. `serving`.
        model_uri: folder in S3 that becomes `/opt/ml/model`.
        environment: variables of the containers, beside the runtime's own.
        compute_units: units of each copy: one unit is 1 core and 4 GB.
        revision: grows with every change of what is asked for.
    """

    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True)

    deployment_id: str = Field(pattern=r"^[a-z0-9](-*[a-z0-9]){0,30}$")
    owner: Owner
    scope: ProjectScope
    image: str
    model_uri: str = Field(pattern=r"^s3://")
    compute_units: int = Field(ge=1)
    copies: int = Field(ge=1)
    revision: int = Field(ge=1)
    environment: Mapping[str, str] = Field(default_factory=dict)


class EndpointStatus(StrEnum):
    """States of an endpoint, in lower case without underscores: API and events spell them differently."""

    CREATING = "creating"
    UPDATING = "updating"
    SYSTEM_UPDATING = "systemupdating"
    ROLLING_BACK = "rollingback"
    IN_SERVICE = "inservice"
    OUT_OF_SERVICE = "outofservice"
    DELETING = "deleting"
    FAILED = "failed"
    UPDATE_ROLLBACK_FAILED = "updaterollbackfailed"

    @property
    def is_changing(self) -> bool:
        return self in (
            EndpointStatus.CREATING,
            EndpointStatus.UPDATING,
            EndpointStatus.SYSTEM_UPDATING,
            EndpointStatus.ROLLING_BACK,
            EndpointStatus.DELETING,
        )


class EndpointView(BaseModel):
    """What the runtime says of an endpoint now; `revision` is the one its configuration was made from."""

    model_config = ConfigDict(frozen=True)

    status: EndpointStatus
    revision: int
    failure: Failure | None = None


class Hosting(BaseModel):
    """A hosting: what is wanted, what was passed on, what is known.

    Attributes:
        request: what is wanted last.
        removal_requested: nothing is wanted any more.
        applied_revision: the newest revision the runtime has taken; 0 before the first.
        serving_revision: the revision that answers; 0 when none does.
        made_revisions: revisions whose model and configuration exist in the runtime.
    """

    model_config = ConfigDict(frozen=True)

    request: HostingRequest
    removal_requested: bool = False
    state: HostingState = HostingState.CREATING
    applied_revision: int = 0
    serving_revision: int = 0
    made_revisions: tuple[int, ...] = ()
    failure: Failure | None = None
    created_at: AwareDatetime
    changed_at: AwareDatetime
    version: int = Field(default=1, ge=1)

    @property
    def deployment_id(self) -> str:
        return self.request.deployment_id

    @property
    def is_settled(self) -> bool:
        """Nothing is wanted and nothing is left."""
        return self.state is HostingState.REMOVED

    def wanting(self, request: HostingRequest, at: datetime) -> "Hosting":
        """Return the hosting with a newer revision wanted; the same request again changes nothing.

        Raises:
            HostingConflictError: the revision is not newer, or the removal is under way.
        """
        if request == self.request and not self.removal_requested:
            return self
        removing = self.removal_requested and not self.is_settled
        if removing or request.revision <= self.request.revision:
            raise HostingConflictError(deployment_id=self.deployment_id, revision=request.revision)
        serving = self.serving_revision > 0
        return self.changed(
            at,
            request=request,
            removal_requested=False,
            failure=None,
            state=HostingState.UPDATING if serving else HostingState.CREATING,
        )

    def unwanted(self, at: datetime) -> "Hosting":
        if self.removal_requested:
            return self
        return self.changed(at, removal_requested=True, state=HostingState.REMOVING)

    def preparing(self, at: datetime) -> "Hosting":
        """Return the hosting with its wanted revision noted as made, before anything is made."""
        made = sorted({*self.made_revisions, self.request.revision})
        return self if tuple(made) == self.made_revisions else self.changed(at, made_revisions=tuple(made))

    def applied(self, at: datetime) -> "Hosting":
        return self.changed(at, applied_revision=self.request.revision)

    def serving(self, view: EndpointView, at: datetime) -> "Hosting":
        changes = {
            "state": HostingState.IN_SERVICE,
            "serving_revision": view.revision,
            "failure": view.failure if view.revision != self.request.revision else None,
        }
        return self.changed(at, **changes)

    def failed(self, failure: Failure, at: datetime) -> "Hosting":
        return self.changed(at, state=HostingState.FAILED, serving_revision=0, failure=failure)

    def refused(self, failure: Failure, at: datetime) -> "Hosting":
        """Return the hosting whose wanted revision the runtime will not take; what serves goes on serving."""
        state = HostingState.IN_SERVICE if self.serving_revision else HostingState.FAILED
        return self.changed(at, state=state, failure=failure, applied_revision=self.request.revision)

    def removed(self, at: datetime) -> "Hosting":
        changes = {"state": HostingState.REMOVED, "serving_revision": 0, "applied_revision": 0}
        return self.changed(at, **changes, made_revisions=())

    def changed(self, at: datetime, **changes: object) -> "Hosting":
        """Return the hosting with the changes; itself when nothing differs."""
        if all(getattr(self, name) == value for name, value in changes.items()):
            return self
        return self.model_copy(update={**changes, "changed_at": at, "version": self.version + 1})


class HostingRepository(Protocol):
    """Port; `tests/contract/compute/hosting_repository_contract.py` holds what implementations owe."""

    def get(self, deployment_id: str) -> Hosting:
        """Raises HostingNotFoundError."""

    def add(self, hosting: Hosting) -> None:
        """Raises HostingConflictError when the id is taken."""

    def save(self, hosting: Hosting) -> None:
        """Raises HostingConflictError unless the stored version is the one before."""

    def open_hostings(self) -> Sequence[Hosting]:
        """Return all hostings that are not removed."""


class HostingRuntime(Protocol):
    """Port to what keeps models ready; `tests/contract/compute/hosting_runtime_contract.py`.

    Every operation may be repeated. RuntimeBusyError says: later; HostingRefusedError: never.
    """

    def create(self, request: HostingRequest) -> None:
        """Make model, configuration and endpoint of the request."""

    def update(self, request: HostingRequest) -> None:
        """Make model and configuration, then move the endpoint to them without a failed call."""

    def delete(self, deployment_id: str) -> None:
        """Delete the endpoint; one that is gone is fine."""

    def discard(self, deployment_id: str, revisions: Sequence[int]) -> None:
        """Delete the revisions' configurations and models; missing ones are fine."""

    def describe(self, deployment_id: str) -> EndpointView | None:
        """Return what is known of the endpoint, None if nothing is."""
