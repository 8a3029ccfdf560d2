"""Services: one model behind one address, with one or two of its versions online (spec 03 section 9)."""

from datetime import datetime, timedelta
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from openbml.compute.failures import Failure
from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope
from openbml.services.actions import ALLOWED, Action
from openbml.services.configurations import Configuration
from openbml.services.departures import GRACE, Departure
from openbml.services.deployments import Deployment, EndedSpan, HostingReport, ServiceState
from openbml.services.policies import Limits, Recording, Traffic
from openbml.services.sleep_policies import SleepPolicy
from openbml.services.stored_services import with_main_deployment


class ServiceNotFoundError(OpenBMLError):
    """The project has no such service; details: service_id."""


class ServiceStateError(OpenBMLError):
    """The service's state does not allow it; details: service_id, state, action."""


class ServiceConflictError(OpenBMLError):
    """Someone else changed the service; details: service_id. Read again, then repeat."""


class Service(BaseModel):
    """A service.

    Attributes:
        main: the deployment whose state is the service's; challenger: the second version of an A/B test.
        leaving: hostings on their way out; an id comes back into use when its hosting is gone.
        revisions: the number given out last; grows over both deployments, since their hostings swap roles.
        ended: the spans that the last change closed, for whoever reports the usage.
        warmed_at: when a schedule last kept the service awake.
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
    main: Deployment
    challenger: Deployment | None = None
    leaving: tuple[Departure, ...] = ()
    revisions: int = Field(default=1, ge=1)
    limits: Limits = Limits()
    traffic: Traffic = Traffic()
    recording: Recording = Recording()
    sleep_policy: SleepPolicy | None = None
    warmed_at: AwareDatetime | None = None
    ended: tuple[EndedSpan, ...] = ()
    created_at: AwareDatetime
    version: int = Field(default=1, ge=1)

    @model_validator(mode="before")
    @classmethod
    def _stored(cls, document: Any) -> Any:
        return with_main_deployment(document)

    @property
    def state(self) -> ServiceState:
        return self.main.state

    @property
    def failure(self) -> Failure | None:
        return self.main.failure

    @property
    def deployments(self) -> tuple[Deployment, ...]:
        return (self.main, self.challenger) if self.challenger else (self.main,)

    @property
    def model_versions(self) -> set[int]:
        """What it runs, or will when it starts again."""
        used = [row for each in self.deployments for row in (each.wanted, each.serving) if row]
        return {row.model_version for row in used}

    @property
    def is_asleep(self) -> bool:
        """A call wakes it up, or has done so."""
        return self.state in (ServiceState.SLEEPING, ServiceState.WAKING)

    @property
    def is_unsettled(self) -> bool:
        """Something is left to do without anybody's wish."""
        return bool(self.leaving) or any(row.state.is_changing for row in self.deployments)

    @property
    def actions(self) -> tuple[Action, ...]:
        return tuple(action for action in Action if self.allows(action))

    def allows(self, action: Action) -> bool:
        if action is Action.ADD_VERSION and self.challenger:
            return False
        return self.state in ALLOWED[action]

    def require(self, action: Action, told: str) -> None:
        """Raises ServiceStateError, which tells what cannot be done."""
        if not self.allows(action):
            raise self.refusal(told)

    def refusal(self, told: str) -> ServiceStateError:
        return ServiceStateError(service_id=self.service_id, state=self.state, action=told)

    def is_leaving(self, deployment_id: str) -> bool:
        return any(row.deployment_id == deployment_id for row in self.leaving)

    def changed(self, wanted: Configuration, at: datetime) -> "Service":
        """Return the service with another version or size wanted.

        A running one updates; one without machines that is given them is deployed; a stopped, failed or
        sleeping one keeps it for its next start. The same again is fine.

        Raises:
            ServiceStateError: it is changing already.
        """
        if wanted == self.main.wanted:
            return self
        if self.state is ServiceState.UNCONFIGURED:
            draft = self.main.wanting(wanted, self.main.revision)
            return self.deployed(draft, at) if wanted.has_machines else self._with(main=draft)
        self.require(Action.CHANGE, "changed")
        if self.state is ServiceState.RUNNING:
            return self.deployed(self.main, at, state=ServiceState.UPDATING, wanted=wanted)
        revision = self.revisions + 1  # what a sleeping one may have back is of the old kind
        return self._with(main=self.main.wanting(wanted, revision), revisions=revision)

    def restarted(self, at: datetime) -> "Service":
        """Return a stopped or failed service on its way again; one that is on its way stays as it is.

        Raises:
            ServiceStateError: it runs, sleeps, is being stopped, or has no machines yet.
        """
        if self.state is ServiceState.DEPLOYING:
            return self
        self.require(Action.RESTART, "restarted")
        return self.deployed(self.main, at)

    def stopped_by_user(self, at: datetime) -> "Service":
        """Return the service as it is after a wish to stop: nothing is billed from that moment on.

        An A/B test ends with it. One that is stopping or stopped stays as it is.

        Raises:
            ServiceStateError: it has never had machines.
        """
        if self.state in (ServiceState.STOPPING, ServiceState.STOPPED):
            return self
        if self.state is ServiceState.UNCONFIGURED:
            raise self.refusal("stopped")
        others = self._leaving_but(self.main.deployment_id)
        return self.alone(at, main=self.main.stopping(at), leaving=others, grace=timedelta())

    def asleep(self, at: datetime) -> "Service":
        """Return a settled running service asleep: calls wake it, its machines go when the last is answered.

        Raises:
            ServiceStateError: it does not run, or one of its versions is changing.
        """
        if self.state is not ServiceState.RUNNING or any(row.state.is_changing for row in self.deployments):
            raise self.refusal("put to sleep")
        goes = (Departure(deployment_id=row.deployment_id, due_at=at + GRACE) for row in self.deployments)
        challenger = self.challenger
        if challenger and challenger.state is ServiceState.RUNNING:
            challenger = challenger.asleep(at)
        return self._with(main=self.main.asleep(at), challenger=challenger, leaving=(*self.leaving, *goes))

    def woken(self, at: datetime) -> "Service":
        """Return a sleeping service waking, with both versions of an A/B test.

        Machines whose removal has not begun are taken back as they are. One that is awake, waking or about to
        be stays as it is.

        Raises:
            ServiceStateError: it is stopped, failed, or has no machines.
        """
        if self.state.wants_hosting or self.state is ServiceState.RUNNING:
            return self
        self.require(Action.WAKE, "woken up")
        woken = self
        for row in self.deployments:
            if row.state is ServiceState.SLEEPING:
                woken = woken._woken(row, at)
        return woken.model_copy(update={"version": self.version + 1})

    def with_settings(
        self, **settings: Limits | Recording | SleepPolicy | Traffic | datetime | None
    ) -> "Service":
        """Return the service with other settings; hostings go on, and what ended may still be untold."""
        if all(getattr(self, name) == value for name, value in settings.items()):
            return self
        return self.model_copy(update={**settings, "version": self.version + 1})

    def observed(self, report: HostingReport) -> "Service":
        """Return the service as its hostings now stand (see `Deployment.observed`).

        A failed second version leaves the first alone; a failed first one ends the test.
        """
        if self.is_leaving(report.deployment_id):
            return self._left(report)
        main = self.main
        if report.deployment_id == main.deployment_id:
            after = main.observed(report)
            if after is main:
                return self
            if after.state is ServiceState.FAILED and self.challenger:
                return self.alone(report.at, main=after)
            return self._with(main=after)
        if self.challenger is None or report.deployment_id != self.challenger.deployment_id:
            return self
        seen = self.challenger.observed(report)
        return self if seen is self.challenger else self._with(challenger=seen)

    def removed(self, at: datetime) -> "Service":
        """Return a stopping service whose hosting is gone."""
        after = self.main.removed(at)
        return self if after is self.main else self._with(main=after)

    def departing(self, at: datetime) -> "Service":
        """Return the service with the removals begun that are due; from here on they are not taken back."""
        begun = tuple(row.begun(at) for row in self.leaving)
        return self if begun == self.leaving else self._with(leaving=begun)

    def departed(self, deployment_id: str) -> "Service":
        """Return the service without a hosting that is gone."""
        return self._with(leaving=self._leaving_but(deployment_id))

    def deployed(
        self,
        deployment: Deployment,
        at: datetime,
        *,
        state: ServiceState = ServiceState.DEPLOYING,
        **changes: object,
    ) -> "Service":
        """Return the service with one of its deployments on its way as the next revision."""
        revision = self.revisions + 1
        after = deployment.deploying(state, revision, at, **changes)
        return self._with(**{self._role(deployment): after}, revisions=revision)

    def with_challenger(self, challenger: Deployment, traffic: Traffic) -> "Service":
        return self._with(challenger=challenger, traffic=traffic, revisions=challenger.revision)

    def alone(
        self,
        at: datetime,
        *,
        main: Deployment | None = None,
        leaving: tuple[Departure, ...] | None = None,
        grace: timedelta = GRACE,
    ) -> "Service":
        """Return the service without its second version, which leaves after the grace."""
        main, leaving = main or self.main, self.leaving if leaving is None else leaving
        if self.challenger is None:
            return self._with(main=main, leaving=leaving)
        goes = Departure(deployment_id=self.challenger.deployment_id, due_at=at + grace)
        if not self.is_leaving(goes.deployment_id):
            leaving = (*leaving, goes)
        return self._with(
            main=main,
            challenger=None,
            traffic=Traffic(),
            leaving=leaving,
            left=self.challenger.ending(at),
        )

    def _left(self, report: HostingReport) -> "Service":
        for row in self.leaving:
            if row.deployment_id == report.deployment_id and row.is_ended_by(report.state, report.at):
                return self.departed(row.deployment_id)
        return self

    def _woken(self, deployment: Deployment, at: datetime) -> "Service":
        """Return one deployment waking; its hosting is taken back unless its removal has begun."""
        there = any(
            row.deployment_id == deployment.deployment_id and row.begun_at is None for row in self.leaving
        )
        if not there:
            return self.deployed(deployment, at, state=ServiceState.WAKING)
        waking = deployment.deploying(ServiceState.WAKING, deployment.revision, at)
        leaving = self._leaving_but(deployment.deployment_id)
        return self._with(**{self._role(deployment): waking}, leaving=leaving)

    def _leaving_but(self, deployment_id: str) -> tuple[Departure, ...]:
        return tuple(row for row in self.leaving if row.deployment_id != deployment_id)

    def _role(self, deployment: Deployment) -> str:
        return "main" if deployment.deployment_id == self.main.deployment_id else "challenger"

    def _with(self, *, left: Deployment | None = None, **changes: object) -> "Service":
        """Return the changed service with the spans that the change closed."""
        ended = tuple(
            EndedSpan(row.deployment_id, row.ended)
            for row in (changes.get("main"), changes.get("challenger"), left)
            if isinstance(row, Deployment) and row not in self.deployments and row.ended
        )
        return self.model_copy(update={**changes, "ended": ended, "version": self.version + 1})
