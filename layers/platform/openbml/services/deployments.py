"""Deployments: a model version inside a service, how its state follows its hosting, what is billed of it."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from openbml.compute.failures import Failure, Fault
from openbml.services.configurations import Configuration

_GONE = Failure(fault=Fault.PLATFORM, message="the model's machines have disappeared; start it again")


class ServiceState(StrEnum):
    """States of a service: those of its main deployment (spec 03 section 9.2, and ours between them).

    `waking` is a deployment that a call or a schedule asked for.
    """

    UNCONFIGURED = "unconfigured"
    DEPLOYING = "deploying"
    RUNNING = "running"
    UPDATING = "updating"
    SLEEPING = "sleeping"
    WAKING = "waking"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def is_changing(self) -> bool:
        return self.wants_hosting or self is ServiceState.STOPPING

    @property
    def wants_hosting(self) -> bool:
        """Compute is to bring about what is wanted."""
        return self in (ServiceState.DEPLOYING, ServiceState.WAKING, ServiceState.UPDATING)

    @property
    def serves(self) -> bool:
        return self in (ServiceState.RUNNING, ServiceState.UPDATING)

    @property
    def uses_machines(self) -> bool:
        return self.is_changing or self.serves


class HostingReport(BaseModel):
    """What compute says of a hosting; `revision` is the one that answers, 0: none."""

    model_config = ConfigDict(frozen=True)

    deployment_id: str
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


class EndedSpan(NamedTuple):
    deployment_id: str
    span: RunningInterval


class Deployment(BaseModel):
    """A deployment.

    Attributes:
        wanted: what was asked for last; serving: what answers now, None when nothing does, and
            serving_revision the revision of it.
        revision: number of what is wanted; grows with every deployment.
        requested_at: when that was asked for; reports from before it are about something else.
        observed_at: time of the newest report taken; older ones and repeats are left out.
        interval: the open billed span; ended: the one that the last change closed.
    """

    model_config = ConfigDict(frozen=True)

    deployment_id: str
    wanted: Configuration
    serving: Configuration | None = None
    serving_revision: int = Field(default=1, ge=1)
    revision: int = Field(default=1, ge=1)
    state: ServiceState = ServiceState.DEPLOYING
    failure: Failure | None = None
    interval: RunningInterval | None = None
    ended: RunningInterval | None = None
    requested_at: AwareDatetime
    observed_at: AwareDatetime | None = None

    @property
    def answers(self) -> bool:
        """Calls are passed on: an update keeps the old version answering until the new one does."""
        return self.serving is not None and self.state.serves

    @property
    def running_since(self) -> datetime | None:
        return self.interval.start if self.interval else None

    def wanting(self, wanted: Configuration, revision: int) -> "Deployment":
        """Return one that does not run with something else to run, some time."""
        return self._with(wanted=wanted, revision=revision)

    def deploying(self, state: ServiceState, revision: int, at: datetime, **changes: object) -> "Deployment":
        return self._with(state=state, revision=revision, requested_at=at, failure=None, **changes)

    def asleep(self, at: datetime) -> "Deployment":
        return self._quiet(at, state=ServiceState.SLEEPING, requested_at=at)

    def stopping(self, at: datetime) -> "Deployment":
        return self._quiet(at, state=ServiceState.STOPPING, requested_at=at)

    def ending(self, at: datetime) -> "Deployment":
        """Return one that is left behind by its service."""
        return self._quiet(at, state=ServiceState.STOPPED, requested_at=at)

    def removed(self, at: datetime) -> "Deployment":
        """Return a stopping deployment whose hosting is gone."""
        if self.state is not ServiceState.STOPPING:
            return self
        return self._with(state=ServiceState.STOPPED, observed_at=self._observed(at))

    def observed(self, report: HostingReport) -> "Deployment":
        """Return the deployment as its hosting now stands.

        Reports come at least once and out of order. One that is not newer than the newest taken is left out,
        and a failure or removal only counts against what was asked for before it.
        """
        if self.observed_at is not None and report.at <= self.observed_at:
            return self
        if self.state is ServiceState.STOPPING and report.state == "removed":
            return self.removed(report.at) if report.at >= self.requested_at else self
        if not (self.state.wants_hosting or self.state in (ServiceState.RUNNING, ServiceState.FAILED)):
            return self
        if report.state == "in_service":
            return self._in_service(report)
        if report.state == "failed" and report.at >= self.requested_at:
            return self._failed(report.failure, report.at)
        if report.state == "removed" and self.state.serves and report.at >= self.requested_at:
            return self._failed(_GONE, report.at)
        return self

    def _in_service(self, report: HostingReport) -> "Deployment":
        if report.revision == self.revision:
            return self._serving(self.wanted, None, report)
        refused = report.failure is not None and report.at >= self.requested_at
        if self.state is ServiceState.UPDATING and refused and self.serving is not None:
            return self._serving(self.serving, report.failure, report)
        return self

    def _serving(
        self, serving: Configuration, failure: Failure | None, report: HostingReport
    ) -> "Deployment":
        """Return the deployment running; a change of units ends the billed span and begins the next."""
        at = report.at
        changes: dict[str, object] = {
            "state": ServiceState.RUNNING,
            "wanted": serving,
            "serving": serving,
            "serving_revision": max(report.revision, 1),
            "failure": failure,
            "observed_at": at,
        }
        if self.interval is None or self.interval.units != serving.billed_units:
            begins = max(at, self.interval.start) if self.interval else at
            changes["interval"] = RunningInterval(start=begins, units=serving.billed_units)
            changes["ended"] = self.interval.closed(begins) if self.interval else None
        return self._with(**changes)

    def _failed(self, failure: Failure | None, at: datetime) -> "Deployment":
        return self._quiet(at, state=ServiceState.FAILED, failure=failure, observed_at=at)

    def _quiet(self, at: datetime, **changes: object) -> "Deployment":
        ended = self.interval.closed(at) if self.interval else None
        return self._with(**changes, serving=None, interval=None, ended=ended)

    def _observed(self, at: datetime) -> datetime:
        return max(at, self.observed_at) if self.observed_at else at

    def _with(self, **changes: object) -> "Deployment":
        return self.model_copy(update={"ended": None, **changes})
