"""Use cases: follow a run's job, keep what it reports, tell what it used."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, JsonValue

from openbml.compute.failures import Failure, Fault
from openbml.compute.intervals import Interval
from openbml.compute.jobs import JobNotFoundError
from openbml.compute.owners import Owner
from openbml.core.events import EventPublisher
from openbml.core.observability import logger
from openbml.core.scope import ProjectScope
from openbml.training.events import RunProgressed, RunStateChanged, UsageReported
from openbml.training.job_files import JobFiles, ReportUnreadableError
from openbml.training.jobs import OWNER_CONTEXT, TrainingJobs
from openbml.training.run_progress import LogEntry, RunProgressStore, sorted_records
from openbml.training.runs import (
    Observation,
    Outcome,
    Run,
    RunConflictError,
    RunNotFoundError,
    RunRepository,
    RunState,
)

_ATTEMPTS = 4  # of one change beside others
_STATES = {
    "queued": RunState.QUEUED,
    "running": RunState.RUNNING,
    "stopping": RunState.STOPPING,
    "completed": RunState.SUCCEEDED,
    "failed": RunState.FAILED,
    "stopped": RunState.STOPPED,
}


class JobChange(BaseModel):
    """`JobStateChanged` as this context reads it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    scope: ProjectScope
    owner: Owner
    state: Literal["queued", "running", "stopping", "completed", "failed", "stopped"]
    failure: Failure | None = None
    intervals: Sequence[Interval] = ()
    model_uri: str | None = None
    data_uri: str | None = None
    at: AwareDatetime


class LogLine(BaseModel):
    """A plain line of a job; `id` tells a repeat and the order within a millisecond."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    at: AwareDatetime
    text: str

    @property
    def entry(self) -> LogEntry:
        return LogEntry(id=f"{int(self.at.timestamp() * 1000):015d}-{self.id}", at=self.at, message=self.text)


class JobOutput(BaseModel):
    """`JobProgressed` as this context reads it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    scope: ProjectScope
    owner: Owner
    records: Sequence[Mapping[str, JsonValue]] = ()
    lines: Sequence[LogLine] = ()


def track_run(
    change: JobChange,
    *,
    runs: RunRepository,
    jobs: TrainingJobs,
    files: JobFiles,
    events: EventPublisher,
) -> Run | None:
    """Copy a job's change into its run; at the end read the report and tell the usage.

    Events are published before the state is saved that would skip them. `usage_id` is derived from the run,
    so a repeat is the same ledger entry.

    Raises:
        RunConflictError
    """
    if change.owner.context != OWNER_CONTEXT:
        return None
    for _ in range(_ATTEMPTS - 1):
        try:
            return _tracked(change, runs=runs, jobs=jobs, files=files, events=events)
        except RunConflictError:  # a stop or another change was faster: look again
            logger.info("run changed while tracking", run_id=change.owner.id)
    return _tracked(change, runs=runs, jobs=jobs, files=files, events=events)


def _tracked(
    change: JobChange,
    *,
    runs: RunRepository,
    jobs: TrainingJobs,
    files: JobFiles,
    events: EventPublisher,
) -> Run | None:
    try:
        run = runs.get(change.scope, int(change.owner.id))
    except RunNotFoundError:
        logger.warning("change of an unknown run's job", run_id=change.owner.id)
        return None
    state = _STATES[change.state]
    if run.state.is_final:
        if not state.is_final:  # cancelled while its job was being submitted
            _stop_leftover(run, jobs)
        return run
    if not run.state.may_become(state):
        return run
    after = run.observed(_observation(change, state, files))
    usage = UsageReported.of(after)
    events.publish([RunStateChanged.of(after), *([usage] if usage else [])])
    runs.save(after)
    return after


def record_progress(output: JobOutput, *, store: RunProgressStore, events: EventPublisher) -> int:
    """Keep what a run's job printed and pass it on; return how many lines and records there were."""
    if output.owner.context != OWNER_CONTEXT:
        return 0
    run_id = int(output.owner.id)
    reported = sorted_records(output.records)
    lines = [line.entry for line in output.lines]
    store.record(output.scope, run_id, reported=reported, lines=lines)
    events.publish(
        [
            RunProgressed(
                scope=output.scope,
                run_id=run_id,
                progress=store.progress(output.scope, run_id),
                epochs=[row.flat() for row in reported.epochs],
                notes=reported.notes,
                leaderboard=reported.leaderboard,
                lines=lines,
            )
        ]
    )
    return len(output.records) + len(output.lines)


def _observation(change: JobChange, state: RunState, files: JobFiles) -> Observation:
    failure, outcome = change.failure, None
    if state in (RunState.SUCCEEDED, RunState.STOPPED) and change.data_uri:
        outcome, complaint = _outcome(change.data_uri, files)
        if state is RunState.SUCCEEDED and outcome is None:
            state, failure = RunState.FAILED, Failure(fault=Fault.PLATFORM, message=complaint)
    return Observation(
        state=state,
        intervals=_ended(change.intervals, change.at) if state.is_final else change.intervals,
        failure=failure,
        outcome=outcome,
        model_uri=change.model_uri,
        data_uri=change.data_uri,
        at=change.at,
    )


def _outcome(data_uri: str, files: JobFiles) -> tuple[Outcome | None, str]:
    try:
        report = files.report(data_uri)
    except ReportUnreadableError as error:
        return None, f"the job's report cannot be read: {error.details['reason']}"
    if report is None:
        return None, "the job ended without a report; its log says why"
    return report.outcome, ""


def _ended(intervals: Sequence[Interval], at: datetime) -> list[Interval]:
    return [span.closed(at) for span in intervals]


def _stop_leftover(run: Run, jobs: TrainingJobs) -> None:
    logger.warning("the job of an ended run is alive", run_id=run.run_id)
    try:
        jobs.stop_training(run.job_id)
    except JobNotFoundError:
        logger.warning("an ended run has no job", run_id=run.run_id)
