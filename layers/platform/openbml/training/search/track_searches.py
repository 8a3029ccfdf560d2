"""Use cases: follow the jobs of searches and keep what trials report."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

from pydantic import JsonValue

from openbml.compute.failures import Failure, Fault
from openbml.compute.jobs import JobNotFoundError
from openbml.core.observability import logger
from openbml.training.job_files import Report, ReportUnreadableError
from openbml.training.run_progress import sorted_records
from openbml.training.search.advance_searches import advance_search
from openbml.training.search.search_events import SearchProgressed
from openbml.training.search.search_jobs import SearchJob, search_job_of, trial_job_id
from openbml.training.search.search_ports import SearchPorts
from openbml.training.search.searches import Search, SearchConflictError, SearchNotFoundError
from openbml.training.search.trials import Trial
from openbml.training.track_runs import JobChange, JobOutput
from openbml_catalog.tasks import tasks
from openbml_formats.searches import TrialState

_ATTEMPTS = 8  # of one change beside others
_ENDS = ("completed", "failed", "stopped")


def track_search_job(change: JobChange, *, ports: SearchPorts) -> Search | None:
    """Copy the change of a trial's or a manager's job into the search, and go on from there.

    Raises:
        SearchConflictError, RunConflictError
    """
    job = search_job_of(change.owner)
    if job is None:
        return None
    try:
        if job.kind == "trial":
            _repeated(lambda: _track_trial(job, change, ports))
        else:
            _repeated(lambda: _track_turn(job, change, ports))
        return advance_search(change.scope, job.search_id, ports=ports)
    except SearchNotFoundError:
        logger.warning("change of an unknown search's job", search_id=job.search_id)
        return None


def record_search_output(output: JobOutput, *, ports: SearchPorts) -> Search | None:
    """Keep the epochs that a trial tells; a manager that tells anything has proposed trials.

    Raises:
        SearchConflictError, RunConflictError
    """
    job = search_job_of(output.owner)
    if job is None or not output.records:
        return None
    try:
        if job.kind == "turn" or _repeated(lambda: _record_epochs(job, output, ports)):
            return advance_search(output.scope, job.search_id, ports=ports)
        return None
    except SearchNotFoundError:
        logger.warning("output of an unknown search's job", search_id=job.search_id)
        return None


def _repeated(attempt: Callable[[], bool]) -> bool:
    """Make one change of one trial or search beside others that change it too."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return attempt()
        except SearchConflictError:  # it changed meanwhile: look at the truth again
            logger.info("search changed while tracking")
    return attempt()


def _track_turn(job: SearchJob, change: JobChange, ports: SearchPorts) -> bool:
    if change.state not in _ENDS:
        return False
    search = ports.searches.get(change.scope, job.search_id)
    trials = ports.searches.trials(change.scope, job.search_id)
    failure = change.failure if change.state == "failed" else None
    after = search.turn_ended(job.number, len(trials), failure, change.at)
    if after is search:
        return False
    if failure:
        logger.warning("search manager failed", search_id=job.search_id, reason=failure.message)
    ports.searches.save(search, after)
    return True


def _track_trial(job: SearchJob, change: JobChange, ports: SearchPorts) -> bool:
    search = ports.searches.get(change.scope, job.search_id)
    trial = _trial(search, job.number, ports)
    if trial is None:
        logger.warning("change of an unknown trial's job", search_id=job.search_id, number=job.number)
        return False
    if not trial.state.is_open:
        if change.state in ("queued", "running"):  # it was given up while its job was being submitted
            _stop_leftover(trial, ports)
        return False
    after = _after(search, trial, change, ports)
    if after is trial:
        return False
    ports.events.publish([SearchProgressed.of(search, [after])])
    ports.searches.save_trial(after)
    return True


def _after(search: Search, trial: Trial, change: JobChange, ports: SearchPorts) -> Trial:
    if change.state == "running":
        return trial.training(change.intervals, change.at)
    if change.state not in _ENDS:
        return trial
    figure = tasks()[search.task_type].quality or ""
    report, complaint = (None, "") if change.state == "failed" else _report(change.data_uri, ports)
    quality = best_quality(report, figure) if report else None
    state, failure = _end(change, complaint if report is None else _without(figure, quality))
    return trial.finished(
        state,
        change.at,
        intervals=change.intervals,
        quality=quality,
        epochs_done=_epochs(report),
        failure=failure,
        model_uri=change.model_uri if report else None,
        data_uri=change.data_uri if report else None,
    )


def _end(change: JobChange, complaint: str) -> tuple[TrialState, Failure | None]:
    if change.state == "failed":
        unknown = Failure(fault=Fault.PLATFORM, message="the trial's job failed without a reason")
        return TrialState.FAILED, change.failure or unknown
    if change.state == "stopped":
        return TrialState.STOPPED, change.failure
    if complaint:
        return TrialState.FAILED, Failure(fault=Fault.PLATFORM, message=complaint)
    return TrialState.SUCCEEDED, None


def best_quality(report: Report, figure: str) -> float | None:
    """Return the figure of the report's best epoch, None where no epoch has it."""
    values = [row.get(figure) for row in _history(report)]
    numbers = [float(value) for value in values if isinstance(value, int | float)]
    return max((value for value in numbers if math.isfinite(value)), default=None)


def _report(data_uri: str | None, ports: SearchPorts) -> tuple[Report | None, str]:
    try:
        report = ports.files.report(data_uri) if data_uri else None
    except ReportUnreadableError as error:
        return None, f"the trial's report cannot be read: {error.details['reason']}"
    return report, "the trial ended without a report"


def _without(figure: str, quality: float | None) -> str:
    return "" if quality is not None else f"the trial's report has no figure {figure}"


def _history(report: Report | None) -> Iterable[Mapping[str, JsonValue]]:
    rows = report.document.get("history") if report else None
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _epochs(report: Report | None) -> int:
    return sum(row.get("complete") is not False for row in _history(report))


def _record_epochs(job: SearchJob, output: JobOutput, ports: SearchPorts) -> bool:
    """Return whether the trial has reached the target, so that the search has to look at it."""
    search = ports.searches.get(output.scope, job.search_id)
    trial = _trial(search, job.number, ports)
    epochs = sorted_records(output.records).epochs
    if trial is None or not epochs:
        return False
    figure = tasks()[search.task_type].quality or ""
    values = [row.figures.get(figure) for row in epochs]
    known = [value for value in values if value is not None and math.isfinite(value)]
    after = trial.progressed(max(row.epoch for row in epochs), max(known, default=None))
    if after is trial:
        return False
    ports.events.publish([SearchProgressed.of(search, [after])])
    ports.searches.save_trial(after)
    target = search.plan.target
    return target is not None and after.quality is not None and after.quality >= target


def _trial(search: Search, number: int, ports: SearchPorts) -> Trial | None:
    trials: Sequence[Trial] = ports.searches.trials(search.scope, search.search_id)
    return next((trial for trial in trials if trial.number == number), None)


def _stop_leftover(trial: Trial, ports: SearchPorts) -> None:
    logger.warning("the job of an ended trial is alive", search_id=trial.search_id, number=trial.number)
    try:
        ports.jobs.stop_training(trial_job_id(trial.search_id, trial.number))
    except JobNotFoundError:
        logger.warning("an ended trial has no job", search_id=trial.search_id, number=trial.number)
