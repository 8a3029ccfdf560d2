"""Fakes of compute's ports, held to the same contract suites as the adapters."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from openbml.compute.hostings import (
    EndpointStatus,
    EndpointView,
    Hosting,
    HostingConflictError,
    HostingNotFoundError,
)
from openbml.compute.jobs import (
    Job,
    JobConflictError,
    JobNotFoundError,
    JobReport,
    JobRequest,
    JobState,
    RuntimeBusyError,
)
from openbml.core.events import Event

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Ticking:
    """A clock that stands still until it is told to go on."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def pass_time(self, **span: float) -> None:
        self.at += timedelta(**span)


class RecordedEvents:
    """A bus that keeps what was published; `refusing` makes it fail like an unreachable one."""

    def __init__(self) -> None:
        self.published: list[Event] = []
        self.refusing = False

    def publish(self, events: Sequence[Event]) -> None:
        if self.refusing:
            raise ConnectionError("the bus is unreachable")
        self.published.extend(events)

    def of(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.published if isinstance(event, kind)]


class InMemoryJobRepository:
    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self.before_save: Callable[[Job], None] = lambda job: None

    def get(self, job_id: str) -> Job:
        if job_id not in self._jobs:
            raise JobNotFoundError(job_id=job_id)
        return self._jobs[job_id]

    def add(self, job: Job) -> None:
        if job.job_id in self._jobs:
            raise JobConflictError(job_id=job.job_id)
        self._jobs[job.job_id] = job

    def save(self, job: Job) -> None:
        self.before_save(job)
        stored = self._jobs.get(job.job_id)
        if stored is None or stored.version != job.version - 1:
            raise JobConflictError(job_id=job.job_id)
        self._jobs[job.job_id] = job

    def open_jobs(self) -> Sequence[Job]:
        return [job for job in self._jobs.values() if not job.state.is_final]


class InMemoryHostingRepository:
    def __init__(self) -> None:
        self._hostings: dict[str, Hosting] = {}

    def get(self, deployment_id: str) -> Hosting:
        if deployment_id not in self._hostings:
            raise HostingNotFoundError(deployment_id=deployment_id)
        return self._hostings[deployment_id]

    def add(self, hosting: Hosting) -> None:
        if hosting.deployment_id in self._hostings:
            raise self._conflict(hosting)
        self._hostings[hosting.deployment_id] = hosting

    def save(self, hosting: Hosting) -> None:
        stored = self._hostings.get(hosting.deployment_id)
        if stored is None or stored.version != hosting.version - 1:
            raise self._conflict(hosting)
        self._hostings[hosting.deployment_id] = hosting

    def open_hostings(self) -> Sequence[Hosting]:
        return [hosting for hosting in self._hostings.values() if not hosting.is_settled]

    def _conflict(self, hosting: Hosting) -> HostingConflictError:
        return HostingConflictError(deployment_id=hosting.deployment_id, revision=hosting.request.revision)


class InMemoryJobRuntime:
    """Jobs that go on when the test says so."""

    def __init__(self) -> None:
        self.reports: dict[str, JobReport] = {}
        self.submitted: list[JobRequest] = []
        self.stopped: list[str] = []
        self.busy = False

    def submit(self, request: JobRequest) -> None:
        self._answer()
        if request.job_id not in self.reports:
            self.submitted.append(request)
            self.reports[request.job_id] = JobReport(state=JobState.QUEUED)

    def stop(self, job_id: str) -> None:
        self._answer()
        self.stopped.append(job_id)
        report = self.reports.get(job_id)
        if report and not report.state.is_final:
            self.reports[job_id] = report.model_copy(update={"state": JobState.STOPPING})

    def describe(self, job_id: str) -> JobReport | None:
        self._answer()
        return self.reports.get(job_id)

    def _answer(self) -> None:
        if self.busy:
            raise RuntimeBusyError(reason="throttled")


class InMemoryHostingRuntime:
    """Hostings that go on when the test says so; `log` tells what was asked for, in order."""

    def __init__(self) -> None:
        self.views: dict[str, EndpointView] = {}
        self.made: set[tuple[str, int]] = set()
        self.log: list[str] = []
        self._next: dict[str, int] = {}

    def create(self, hosting: Hosting) -> None:
        revision = hosting.request.revision
        self.log.append(f"create r{revision}")
        self.made.add((hosting.deployment_id, hosting.made_from))
        view = EndpointView(status=EndpointStatus.CREATING, revision=revision)
        self.views.setdefault(hosting.deployment_id, view)

    def update(self, hosting: Hosting) -> None:
        revision = hosting.request.revision
        self.log.append(f"{'resize' if hosting.is_resized_only else 'update'} r{revision}")
        self.made.add((hosting.deployment_id, hosting.made_from))
        view = self.views[hosting.deployment_id]
        if view.status.is_changing:
            raise RuntimeBusyError(reason="cannot update in-progress endpoint")
        self._next[hosting.deployment_id] = revision
        self.views[hosting.deployment_id] = view.model_copy(update={"status": EndpointStatus.UPDATING})

    def delete(self, hosting: Hosting) -> None:
        self.log.append("delete")
        view = self.views.get(hosting.deployment_id)
        if view and view.status is EndpointStatus.CREATING:
            raise RuntimeBusyError(reason="cannot delete in-progress endpoint")
        self.views.pop(hosting.deployment_id, None)

    def discard(self, hosting: Hosting, revisions: Sequence[int]) -> None:
        self.log.append(f"discard {list(revisions)}")
        self.made -= {(hosting.deployment_id, revision) for revision in revisions}

    def describe(self, hosting: Hosting) -> EndpointView | None:
        return self.views.get(hosting.deployment_id)

    def tidy(self) -> None:
        self.log.append("tidy")

    def finish(self, deployment_id: str) -> None:
        """Let a creation or update succeed."""
        view = self.views[deployment_id]
        revision = self._next.pop(deployment_id, view.revision)
        self.views[deployment_id] = EndpointView(status=EndpointStatus.IN_SERVICE, revision=revision)

    def roll_back(self, deployment_id: str) -> None:
        """Let an update fail: the old revision goes on answering."""
        self._next.pop(deployment_id, None)
        view = self.views[deployment_id]
        self.views[deployment_id] = view.model_copy(update={"status": EndpointStatus.IN_SERVICE})
