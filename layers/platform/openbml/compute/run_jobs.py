"""Use cases of jobs, whichever runtime runs them: submit, stop, follow."""

from datetime import timedelta

from openbml.compute.events import JobStateChanged
from openbml.compute.failures import Failure, Fault
from openbml.compute.jobs import (
    Job,
    JobConflictError,
    JobNotFoundError,
    JobRefusedError,
    JobRepository,
    JobRequest,
    JobRuntimes,
    JobState,
    RuntimeBusyError,
)
from openbml.core.clock import Clock
from openbml.core.events import EventPublisher
from openbml.core.observability import logger

# A create that was cut off may still reach the runtime, and a fresh job may not be listed yet, for this long.
_SETTLING = timedelta(minutes=2)
# A job that the runtime has no room for waits this long.
_PATIENCE = timedelta(hours=24)
_ATTEMPTS = 4  # of one change beside others


def submit_job(
    request: JobRequest,
    *,
    jobs: JobRepository,
    runtimes: JobRuntimes,
    events: EventPublisher,
    now: Clock,
) -> Job:
    """Record the job, then hand it to the runtime; the same request again is the same job.

    A job that the runtime has no room for stays `queued` and is handed over again by reconciling.

    Raises:
        JobConflictError: the id is taken by a different request.
    """
    at = now()
    job = Job(request=request, created_at=at, changed_at=at)
    try:
        jobs.add(job)
    except JobConflictError:
        job = jobs.get(request.job_id)
        if job.request != request:
            raise
    if job.submitted or job.stop_requested_at or job.state.is_final:
        return job
    return _hand_over(job, jobs=jobs, runtimes=runtimes, events=events, now=now)


def stop_job(
    job_id: str, *, jobs: JobRepository, runtimes: JobRuntimes, events: EventPublisher, now: Clock
) -> Job:
    """Ask the job to stop. One that has ended, or ends meanwhile, keeps its true end.

    Raises:
        JobNotFoundError, JobConflictError
    """
    job = jobs.get(job_id)
    job = _settle(job, job.stopping(now()), jobs=jobs, events=events)
    if job.state.is_final:
        return job
    return follow_job(job_id, jobs=jobs, runtimes=runtimes, events=events, now=now)


def follow_job(
    job_id: str, *, jobs: JobRepository, runtimes: JobRuntimes, events: EventPublisher, now: Clock
) -> Job:
    """Copy what the runtime now says of the job into our record, and push on what was left undone.

    Raises:
        JobNotFoundError, JobConflictError
    """
    for _ in range(_ATTEMPTS - 1):
        try:
            return _followed(job_id, jobs=jobs, runtimes=runtimes, events=events, now=now)
        except JobConflictError:  # another follower was faster: look at the truth again
            logger.info("job followed by two at once", job_id=job_id)
    return _followed(job_id, jobs=jobs, runtimes=runtimes, events=events, now=now)


def announce_end(
    job_id: str, *, jobs: JobRepository, runtimes: JobRuntimes, events: EventPublisher, now: Clock
) -> Job:
    """Follow the job and, if it has ended, tell its end once more: for an owner that has not heard of it.

    Raises:
        JobNotFoundError, JobConflictError
    """
    job = follow_job(job_id, jobs=jobs, runtimes=runtimes, events=events, now=now)
    if job.state.is_final:
        events.publish([JobStateChanged.of(job)])
    return job


def _followed(
    job_id: str, *, jobs: JobRepository, runtimes: JobRuntimes, events: EventPublisher, now: Clock
) -> Job:
    job = jobs.get(job_id)
    if job.state.is_final:
        return job
    try:
        report = runtimes.describe(job)
        if report is None:
            return _missing(job, jobs=jobs, runtimes=runtimes, events=events, now=now)
        if job.stop_requested_at and report.state in (JobState.QUEUED, JobState.RUNNING):
            runtimes.stop(job)
    except RuntimeBusyError as error:
        logger.warning("job runtime is busy", job_id=job_id, reason=error.details)
        return job
    return _settle(job, job.observed(report, now()), jobs=jobs, events=events)


def reconcile_jobs(*, jobs: JobRepository, runtimes: JobRuntimes, events: EventPublisher, now: Clock) -> int:
    """Follow every job that is not final; return how many there are. State-change events may get lost."""
    open_jobs = jobs.open_jobs()
    for job in open_jobs:
        try:
            follow_job(job.job_id, jobs=jobs, runtimes=runtimes, events=events, now=now)
        except (JobConflictError, JobNotFoundError):
            logger.info("job changed while reconciling", job_id=job.job_id)
    return len(open_jobs)


def _missing(
    job: Job, *, jobs: JobRepository, runtimes: JobRuntimes, events: EventPublisher, now: Clock
) -> Job:
    at = now()
    if job.submitted:
        if at - job.changed_at < _SETTLING:
            return job
        gone = Failure(fault=Fault.PLATFORM, message="the runtime no longer knows the job")
        return _settle(job, job.given_up(gone, at), jobs=jobs, events=events)
    if job.stop_requested_at:
        settled = at - job.stop_requested_at >= _SETTLING
        return _settle(job, job.never_started(at), jobs=jobs, events=events) if settled else job
    if at - job.created_at >= _PATIENCE:
        no_room = Failure(fault=Fault.PLATFORM, message="no machine became free within 24 hours")
        return _settle(job, job.given_up(no_room, at), jobs=jobs, events=events)
    return _hand_over(job, jobs=jobs, runtimes=runtimes, events=events, now=now)


def _hand_over(
    job: Job, *, jobs: JobRepository, runtimes: JobRuntimes, events: EventPublisher, now: Clock
) -> Job:
    try:
        runtimes.submit(job)
    except JobRefusedError as error:
        refusal = Failure(fault=Fault.PLATFORM, message=f"the job was refused: {error.details['reason']}")
        return _settle(job, job.given_up(refusal, now()), jobs=jobs, events=events)
    except RuntimeBusyError as error:
        logger.warning("job runtime is busy", job_id=job.job_id, reason=error.details)
        return job
    taken = job.taken(now())
    try:
        jobs.save(taken)
    except JobConflictError:
        current = jobs.get(job.job_id)
        if current.stop_requested_at:
            runtimes.stop(job)
        return current
    return taken


def _settle(before: Job, after: Job, *, jobs: JobRepository, events: EventPublisher) -> Job:
    """Publish, then save: a crash between the two repeats the event instead of losing it."""
    if after is before:
        return before
    events.publish([JobStateChanged.of(after)])
    jobs.save(after)
    return after
