"""Services: one model behind one address, how its state follows its hosting, what of it is billed."""

from datetime import datetime
from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from openbml.compute.failures import Failure
from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope
from openbml.services.policies import Limits, Recording, Traffic

# The file whose quality the report tells.
EVALUATED_VARIANT = "fp32"


class ServiceNotFoundError(OpenBMLError):
    """The project has no such service; details: service_id."""


class ServiceStateError(OpenBMLError):
    """The service's state does not allow it; details: service_id, state, action."""


class ServiceConflictError(OpenBMLError):
    """Someone else changed the service; details: service_id. Read again, then repeat."""


class ServiceState(StrEnum):
    DEPLOYING = "deploying"
    RUNNING = "running"
    UPDATING = "updating"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def is_changing(self) -> bool:
        return self in (ServiceState.DEPLOYING, ServiceState.UPDATING, ServiceState.STOPPING)


class Configuration(BaseModel):
    """Which version runs on what: one compute unit is 1 core and 4 GB (spec 08 section 2.1).

    Attributes:
        image: the image of the catalogue that serves the version.
        variant: which of the version's files answers.
    """

    model_config = ConfigDict(frozen=True)

    model_version: int = Field(ge=1)
    model_uri: str
    image: str = "serving"
    compute_units: int = Field(ge=1)
    instances: int = Field(ge=2)
    variant: str = EVALUATED_VARIANT

    @property
    def billed_units(self) -> int:
        return self.compute_units * self.instances


class HostingReport(BaseModel):
    """What compute says of a service's hosting; `revision` is the one that answers, 0: none."""

    model_config = ConfigDict(frozen=True)

    state: str
    revision: int
    failure: Failure | None = None
    at: AwareDatetime


class RunningInterval(BaseModel):
    """A span that is billed: from running to stopped, with the same units throughout (spec 01, D2)."""

    model_config = ConfigDict(frozen=True)

    start: AwareDatetime
    end: AwareDatetime | None = None
    units: int = Field(ge=1)

    def closed(self, at: datetime) -> "RunningInterval":
        return self.model_copy(update={"end": max(at, self.start)})


class Service(BaseModel):
    """A service.

    Attributes:
        wanted: what was asked for last; serving: what answers now, None when nothing does, and
            serving_revision the revision of it.
        revision: number of what is wanted; grows with every deployment.
        requested_at: when that was asked for; reports from before it are about something else.
        observed_at: time of the newest report taken; older ones and repeats are left out.
        interval: the open billed span.
        ended: the span that the last change closed, for whoever reports the usage.
        version: grows with every save; the slower of two writers is refused.
    """

    model_config = ConfigDict(frozen=True)

    scope: ProjectScope
    service_id: int
    name: str = Field(min_length=1, max_length=50)
    suffix: str
    segment: str
    task_type: str
    model_id: int
    machine_type: str
    wanted: Configuration
    serving: Configuration | None = None
    serving_revision: int = Field(default=1, ge=1)
    revision: int = Field(default=1, ge=1)
    state: ServiceState = ServiceState.DEPLOYING
    failure: Failure | None = None
    limits: Limits = Limits()
    traffic: Traffic = Traffic()
    recording: Recording = Recording()
    interval: RunningInterval | None = None
    ended: RunningInterval | None = None
    created_at: AwareDatetime
    requested_at: AwareDatetime
    observed_at: AwareDatetime | None = None
    version: int = Field(default=1, ge=1)

    @property
    def answers(self) -> bool:
        """Calls are passed on: an update keeps the old version answering until the new one does."""
        return self.serving is not None and self.state in (ServiceState.RUNNING, ServiceState.UPDATING)

    @property
    def running_since(self) -> datetime | None:
        return self.interval.start if self.interval else None

    @property
    def deployment_id(self) -> str:
        return str(self.service_id)

    def changed(self, wanted: Configuration, at: datetime) -> "Service":
        """Return the service with another version or size wanted.

        A running one updates; a stopped or failed one keeps it for its restart. The same again is fine.

        Raises:
            ServiceStateError: it is changing already.
        """
        if wanted == self.wanted:
            return self
        if self.state.is_changing:
            raise ServiceStateError(service_id=self.service_id, state=self.state, action="changed")
        if self.state is not ServiceState.RUNNING:
            return self._with(wanted=wanted, ended=None)
        return self._with(
            wanted=wanted,
            state=ServiceState.UPDATING,
            failure=None,
            revision=self.revision + 1,
            requested_at=at,
            ended=None,
        )

    def restarted(self, at: datetime) -> "Service":
        """Return a stopped or failed service on its way again; one that is on its way stays as it is.

        Raises:
            ServiceStateError: it runs, or is being stopped.
        """
        if self.state is ServiceState.DEPLOYING:
            return self
        if self.state not in (ServiceState.STOPPED, ServiceState.FAILED):
            raise ServiceStateError(service_id=self.service_id, state=self.state, action="restarted")
        return self._with(
            state=ServiceState.DEPLOYING,
            failure=None,
            revision=self.revision + 1,
            requested_at=at,
            ended=None,
        )

    def stopped_by_user(self, at: datetime) -> "Service":
        """Return the service as it is after a wish to stop: nothing is billed from that moment on.

        One that is stopping or stopped stays as it is.
        """
        if self.state in (ServiceState.STOPPING, ServiceState.STOPPED):
            return self
        return self._quiet(at, state=ServiceState.STOPPING, requested_at=at)

    def removed(self, at: datetime) -> "Service":
        """Return a stopping service whose hosting is gone."""
        if self.state is not ServiceState.STOPPING:
            return self
        return self._with(state=ServiceState.STOPPED, observed_at=self._observed(at), ended=None)

    def observed(self, report: HostingReport) -> "Service":
        """Return the service as its hosting now stands.

        Reports come at least once and out of order. One that is not newer than the newest taken is left out,
        and a failure only counts against what was asked for before it.
        """
        if self.observed_at is not None and report.at <= self.observed_at:
            return self
        if report.state == "removed":
            return self.removed(report.at)
        if self.state in (ServiceState.STOPPING, ServiceState.STOPPED):
            return self
        if report.state == "in_service":
            return self._in_service(report)
        if report.state == "failed" and report.at >= self.requested_at:
            return self._quiet(
                report.at, state=ServiceState.FAILED, failure=report.failure, observed_at=report.at
            )
        return self

    def _in_service(self, report: HostingReport) -> "Service":
        if report.revision == self.revision:
            return self._serving(self.wanted, None, report)
        refused = report.failure is not None and report.at >= self.requested_at
        if self.state is ServiceState.UPDATING and refused and self.serving is not None:
            return self._serving(self.serving, report.failure, report)
        return self

    def _serving(self, serving: Configuration, failure: Failure | None, report: HostingReport) -> "Service":
        """Return the service running; a change of units ends the billed span and begins the next."""
        at = report.at
        changes: dict[str, object] = {
            "state": ServiceState.RUNNING,
            "wanted": serving,
            "serving": serving,
            "serving_revision": max(report.revision, 1),
            "failure": failure,
            "observed_at": at,
            "ended": None,
        }
        if self.interval is None or self.interval.units != serving.billed_units:
            begins = max(at, self.interval.start) if self.interval else at
            changes["interval"] = RunningInterval(start=begins, units=serving.billed_units)
            changes["ended"] = self.interval.closed(begins) if self.interval else None
        return self._with(**changes)

    def _quiet(self, at: datetime, **changes: object) -> "Service":
        ended = self.interval.closed(at) if self.interval else None
        return self._with(**changes, serving=None, interval=None, ended=ended)

    def _observed(self, at: datetime) -> datetime:
        return max(at, self.observed_at) if self.observed_at else at

    def _with(self, **changes: object) -> "Service":
        return self.model_copy(update={**changes, "version": self.version + 1})
