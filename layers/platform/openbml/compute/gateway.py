"""The use cases with their collaborators bound: what other contexts take as their `compute`."""

from collections.abc import Callable

from openbml.compute import model_hosting, run_jobs
from openbml.compute.hostings import Hosting, HostingMode, HostingRepository, HostingRequest, HostingRuntime
from openbml.compute.jobs import Job, JobRepository, JobRuntimes, ProcessingJobRequest, TrainingJobRequest
from openbml.compute.model_hosting import HostingLook
from openbml.core.clock import Clock
from openbml.core.events import EventPublisher
from openbml.core.queues import MessageQueue


class ComputeGateway:
    def __init__(
        self,
        *,
        jobs: JobRepository,
        runtimes: JobRuntimes,
        hostings: HostingRepository,
        hosting: HostingRuntime,
        events: EventPublisher,
        now: Clock,
        hosting_mode: HostingMode = HostingMode.ENDPOINTS,
    ) -> None:
        self._jobs = jobs
        self._runtimes = runtimes
        self._hostings = hostings
        self._hosting = hosting
        self._events = events
        self._now = now
        self._hosting_mode = hosting_mode

    def submit_training(self, request: TrainingJobRequest) -> Job:
        return run_jobs.submit_job(
            request, jobs=self._jobs, runtimes=self._runtimes, events=self._events, now=self._now
        )

    def stop_training(self, job_id: str) -> Job:
        return run_jobs.stop_job(
            job_id, jobs=self._jobs, runtimes=self._runtimes, events=self._events, now=self._now
        )

    def submit_processing(self, request: ProcessingJobRequest) -> Job:
        return run_jobs.submit_job(
            request, jobs=self._jobs, runtimes=self._runtimes, events=self._events, now=self._now
        )

    def stop_processing(self, job_id: str) -> Job:
        return run_jobs.stop_job(
            job_id, jobs=self._jobs, runtimes=self._runtimes, events=self._events, now=self._now
        )

    def follow_job(self, job_id: str) -> Job:
        return run_jobs.follow_job(
            job_id, jobs=self._jobs, runtimes=self._runtimes, events=self._events, now=self._now
        )

    def announce_end(self, job_id: str) -> Job:
        return run_jobs.announce_end(
            job_id, jobs=self._jobs, runtimes=self._runtimes, events=self._events, now=self._now
        )

    def reconcile_jobs(self) -> int:
        return run_jobs.reconcile_jobs(
            jobs=self._jobs, runtimes=self._runtimes, events=self._events, now=self._now
        )

    def deploy(self, request: HostingRequest) -> Hosting:
        return model_hosting.deploy(
            request,
            mode=self._hosting_mode,
            hostings=self._hostings,
            runtime=self._hosting,
            events=self._events,
            now=self._now,
        )

    def update_hosting(self, request: HostingRequest) -> Hosting:
        return model_hosting.update_hosting(
            request,
            mode=self._hosting_mode,
            hostings=self._hostings,
            runtime=self._hosting,
            events=self._events,
            now=self._now,
        )

    def undeploy(self, deployment_id: str) -> Hosting:
        return model_hosting.undeploy(
            deployment_id, hostings=self._hostings, runtime=self._hosting, events=self._events, now=self._now
        )

    def follow_hosting(self, deployment_id: str) -> Hosting:
        return model_hosting.follow_hosting(
            deployment_id, hostings=self._hostings, runtime=self._hosting, events=self._events, now=self._now
        )

    def reconcile_hostings(self) -> int:
        return model_hosting.reconcile_hostings(
            hostings=self._hostings, runtime=self._hosting, events=self._events, now=self._now
        )

    def follow_project(self, project_id: int) -> int:
        return model_hosting.follow_project(
            project_id, hostings=self._hostings, runtime=self._hosting, events=self._events, now=self._now
        )

    def watch_hosting(
        self, look: HostingLook, *, looks: MessageQueue, pause: Callable[[float], None]
    ) -> Hosting:
        return model_hosting.watch_hosting(
            look,
            hostings=self._hostings,
            runtime=self._hosting,
            events=self._events,
            looks=looks,
            now=self._now,
            pause=pause,
        )
