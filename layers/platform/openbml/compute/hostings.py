"""Hostings: a model kept ready to answer, how its state follows the runtime, where hostings are kept."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from openbml.compute.failures import Failure
from openbml.compute.owners import Owner
from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope

# Longer than a caller may remember where a service answers (10 s), the news of a change travel, and a call
# lasts (29 s): so long an older revision stays beside the one that took over.
STALE_AFTER = timedelta(seconds=60)


class HostingNotFoundError(OpenBMLError):
    """No hosting has this id, or it is gone; details: deployment_id."""


class HostingConflictError(OpenBMLError):
    """Someone else changed the hosting, or the revision is not newer; details: deployment_id, revision."""


class HostingRefusedError(OpenBMLError):
    """The runtime will never take this hosting; details: deployment_id, reason."""


class HostingMode(StrEnum):
    """What a hosting is in SageMaker (docs/reference/hosting.md).

    `endpoints`: machines of its own. `components`: copies on the machines that its project's hostings share.
    """

    ENDPOINTS = "endpoints"
    COMPONENTS = "components"


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
    """What the runtime says of a hosting now; `revision` is the one whose wishes it meets, 0: none."""

    model_config = ConfigDict(frozen=True)

    status: EndpointStatus
    revision: int
    failure: Failure | None = None


class Hosting(BaseModel):
    """A hosting: what is wanted, what was passed on, what is known.

    Attributes:
        request: what is wanted last.
        mode: what it is made as; it stays so until it is removed.
        removal_requested: nothing is wanted any more.
        content_revision: the newest revision that changed more than the number of copies; 0 in hostings from
            before there were changes in place: the wanted revision.
        applied_revision: the newest revision the runtime has taken; 0 before the first.
        serving_revision: the revision that answers; 0 when none does.
        serving_since: when other content began to answer.
        made_revisions: content revisions of which something exists in the runtime.
    """

    model_config = ConfigDict(frozen=True)

    request: HostingRequest
    mode: HostingMode = HostingMode.ENDPOINTS
    removal_requested: bool = False
    state: HostingState = HostingState.CREATING
    content_revision: int = 0
    applied_revision: int = 0
    serving_revision: int = 0
    serving_since: AwareDatetime | None = None
    made_revisions: tuple[int, ...] = ()
    failure: Failure | None = None
    created_at: AwareDatetime
    changed_at: AwareDatetime
    version: int = Field(default=1, ge=1)

    @property
    def deployment_id(self) -> str:
        return self.request.deployment_id

    @property
    def made_from(self) -> int:
        """The revision whose model and environment are wanted; newer ones differ in copies only."""
        return self.content_revision or self.request.revision

    @property
    def is_resized_only(self) -> bool:
        """What is wanted answers already, in another number of copies."""
        return self.made_from != self.request.revision

    @property
    def is_settled(self) -> bool:
        """Nothing is wanted and nothing is left."""
        return self.state is HostingState.REMOVED

    @property
    def is_changing(self) -> bool:
        return self.state in (HostingState.CREATING, HostingState.UPDATING, HostingState.REMOVING)

    def met(self, made_from: int, copies: int) -> int:
        """Return the revision that a runtime meets which keeps so many copies of a revision's content."""
        is_wanted = (made_from, copies) == (self.made_from, self.request.copies)
        return self.request.revision if is_wanted else made_from

    def stale_revisions(self, at: datetime) -> Sequence[int]:
        """Return what is made and answers no more, once no call can be on its way to it."""
        if self.serving_since is not None and at - self.serving_since < STALE_AFTER:
            return ()
        return [revision for revision in self.made_revisions if revision != self.made_from]

    def wanting(self, request: HostingRequest, at: datetime, mode: HostingMode | None = None) -> "Hosting":
        """Return the hosting with a newer revision wanted; the same request again changes nothing.

        Args:
            mode: what it is made as where nothing of it is left; None: what it was.

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
            mode=mode if mode and self.is_settled else self.mode,
            content_revision=self.made_from if self._is_only_resized_by(request) else request.revision,
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
        made = sorted({*self.made_revisions, self.made_from})
        return self if tuple(made) == self.made_revisions else self.changed(at, made_revisions=tuple(made))

    def applied(self, at: datetime) -> "Hosting":
        return self.changed(at, applied_revision=self.request.revision)

    def serving(self, view: EndpointView, at: datetime) -> "Hosting":
        is_wanted = view.revision == self.request.revision
        is_new = is_wanted and self.serving_revision < self.made_from
        changes = {
            "state": HostingState.IN_SERVICE,
            "serving_revision": view.revision,
            "serving_since": at if is_new else self.serving_since,
            "failure": None if is_wanted else view.failure,
        }
        if all(getattr(self, name) == value for name, value in changes.items() if name != "serving_since"):
            return self
        return self.changed(at, **changes)

    def failed(self, failure: Failure, at: datetime) -> "Hosting":
        return self.changed(at, state=HostingState.FAILED, serving_revision=0, failure=failure)

    def refused(self, failure: Failure, at: datetime) -> "Hosting":
        """Return the hosting whose wanted revision the runtime will not take; what serves goes on serving."""
        state = HostingState.IN_SERVICE if self.serving_revision else HostingState.FAILED
        return self.changed(at, state=state, failure=failure, applied_revision=self.request.revision)

    def removed(self, at: datetime) -> "Hosting":
        changes = {"state": HostingState.REMOVED, "serving_revision": 0, "applied_revision": 0}
        return self.changed(at, **changes, serving_since=None, made_revisions=())

    def _is_only_resized_by(self, request: HostingRequest) -> bool:
        same = {"copies": self.request.copies, "revision": self.request.revision}
        is_equal = request.model_copy(update=same) == self.request
        return is_equal and not self.is_settled and self.serving_revision >= self.made_from

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

    def create(self, hosting: Hosting) -> None:
        """Make what is wanted, where nothing of it is."""

    def update(self, hosting: Hosting) -> None:
        """Bring what is wanted beside what answers, or resize it, without a failed call."""

    def delete(self, hosting: Hosting) -> None:
        """Delete what answers; what is gone is fine."""

    def discard(self, hosting: Hosting, revisions: Sequence[int]) -> None:
        """Delete all that was made from the revisions; what is missing is fine."""

    def describe(self, hosting: Hosting) -> EndpointView | None:
        """Return what is known of the hosting, None if nothing is."""

    def tidy(self) -> None:
        """Give back machines that nothing stands on any more."""
