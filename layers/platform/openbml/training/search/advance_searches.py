"""Use cases: take a search one step on. Whoever has seen something change calls it; a repeat is harmless.

The step is decided from the table alone and saved under the search's revision, so that two callers cannot
both start the last trial that there is room for. Jobs are submitted after that: a caller that dies between
leaves a running trial without a job, which `resume_searches` submits.
"""

from collections.abc import Sequence
from datetime import timedelta

from openbml.compute.jobs import JobConflictError, JobNotFoundError
from openbml.core.errors import OpenBMLError
from openbml.core.observability import logger
from openbml.core.scope import ProjectScope
from openbml.training.events import RunStateChanged
from openbml.training.jobs import JobPlaces
from openbml.training.runs import Run, RunConflictError, RunNotFoundError, RunState
from openbml.training.search.search_events import SearchProgressed
from openbml.training.search.search_jobs import (
    trial_job_id,
    trial_request,
    turn_job_id,
    turn_request,
)
from openbml.training.search.search_ports import SearchPorts
from openbml.training.search.searches import Search, SearchConflictError
from openbml.training.search.settle_searches import settle_search
from openbml.training.search.steps import Step, next_step
from openbml.training.search.trials import Trial
from openbml_formats.searches import SearchState, TrialState

_ATTEMPTS = 8  # of one step beside others
_ORPHANED = timedelta(hours=1)  # a search whose run was not recorded by then never had one
_LEFT_BEHIND = timedelta(minutes=1)  # younger ones are on their way


def begin_search(run: Run, places: JobPlaces, *, ports: SearchPorts) -> Run:
    """Begin the search of a run whose data is frozen; repeating it is harmless.

    Raises:
        SearchNotFoundError, RunConflictError, SearchConflictError
    """
    search_id = _search_id(run)
    search = ports.searches.get(run.scope, search_id)
    begun = search.begun(places, run.name, ports.now())
    if begun is not search:
        ports.searches.save(search, begun)
    searching = run.search_begun(ports.now())
    if searching is not run:
        ports.events.publish([RunStateChanged.of(searching)])
        ports.runs.save(searching)
    advance_search(run.scope, search_id, ports=ports)
    return searching


def advance_search(scope: ProjectScope, search_id: int, *, ports: SearchPorts) -> Search:
    """Take the step that is due, if any: start trials and turns of the manager, stop them, or end.

    Raises:
        SearchNotFoundError
        SearchConflictError, RunConflictError: others kept changing it; the next look goes on.
    """
    for _ in range(_ATTEMPTS - 1):
        try:
            return _advanced(scope, search_id, ports)
        except (SearchConflictError, RunConflictError):
            logger.info("search changed while advancing", search_id=search_id)
    return _advanced(scope, search_id, ports)


def resume_searches(*, ports: SearchPorts) -> int:
    """Push on every search that is not settled: what a killed function or a lost event left undone.

    Jobs that should be there are submitted once more, which is harmless for those that are, and ends that
    were told while nobody listened are told again. One that cannot be pushed on does not hold up the others.
    """
    unsettled = ports.searches.unsettled()
    for scope, search_id in unsettled:
        try:
            _resumed(scope, search_id, ports)
        except (OpenBMLError, ValueError):
            logger.exception("search could not be pushed on", search_id=search_id)
    return len(unsettled)


def _resumed(scope: ProjectScope, search_id: int, ports: SearchPorts) -> None:
    search = advance_search(scope, search_id, ports=ports)
    if search.settled or ports.now() - search.changed_at < _LEFT_BEHIND:
        return
    run = _run_of(search, ports)
    trials = ports.searches.trials(scope, search_id)
    running = [trial for trial in trials if trial.state is TrialState.RUNNING]
    if run and search.state is SearchState.RUNNING:
        _submit(run, search, trials, [trial for trial in running if not trial.started_at], ports)
        if search.turn_open:
            ports.jobs.submit_processing(turn_request(search, ports.table_name))
    elif search.state is SearchState.STOPPING:
        _stop(search, running, ports)
    for trial in running:
        _announce(trial_job_id(search_id, trial.number), ports)
    if search.turn_open:
        _announce(turn_job_id(search_id, search.turn), ports)


def _advanced(scope: ProjectScope, search_id: int, ports: SearchPorts) -> Search:
    before = ports.searches.get(scope, search_id)
    if before.settled:
        return before
    run = _run_of(before, ports)
    if run is None and ports.now() - before.created_at < _ORPHANED:
        return before
    trials = ports.searches.trials(scope, search_id)
    step = next_step(before, trials, unwanted=_unwanted(run), at=ports.now())
    if step.search is not before:
        ports.events.publish([SearchProgressed.of(step.search, step.changed)])
        ports.searches.save(before, step.search, step.changed)
        _act(before, step, run, ports)
    if step.search.state.is_final:
        return settle_search(step.search, step.trials, run, ports=ports)
    return step.search


def _act(before: Search, step: Step, run: Run | None, ports: SearchPorts) -> None:
    """Do what the saved step has decided."""
    search = step.search
    if run and search.state is SearchState.RUNNING:
        started = [trial for trial in step.changed if trial.state is TrialState.RUNNING]
        _submit(run, search, step.trials, started, ports)
        if search.turn != before.turn:
            ports.jobs.submit_processing(turn_request(search, ports.table_name))
            logger.info("search manager started", search_id=search.search_id, turn=search.turn)
    if search.state is not before.state and search.state is not SearchState.RUNNING:
        running = [trial for trial in step.trials if trial.state is TrialState.RUNNING]
        if _stop(before, running, ports):
            advance_search(search.scope, search.search_id, ports=ports)


def _submit(
    run: Run, search: Search, trials: Sequence[Trial], started: Sequence[Trial], ports: SearchPorts
) -> None:
    if search.places is None:
        return
    by_number = {trial.number: trial for trial in trials}
    for trial in started:
        parent = by_number[trial.parent] if trial.parent is not None else None
        try:
            ports.jobs.submit_training(trial_request(run, search, search.places, trial, parent))
        except JobConflictError:  # submitted before, by a version of this code that asked otherwise
            logger.warning("trial has a job already", search_id=search.search_id, number=trial.number)
        else:
            logger.info("trial submitted", search_id=search.search_id, number=trial.number)


def _stop(search: Search, running: Sequence[Trial], ports: SearchPorts) -> bool:
    """Stop the jobs; return whether some trial had none and is ended by that."""
    ended = False
    if search.turn_open:
        try:
            ports.jobs.stop_processing(turn_job_id(search.search_id, search.turn))
        except JobNotFoundError:
            logger.info("turn was never submitted", search_id=search.search_id, turn=search.turn)
    for trial in running:
        try:
            ports.jobs.stop_training(trial_job_id(search.search_id, trial.number))
        except JobNotFoundError:
            ended = _ended_without_job(trial, ports) or ended
    return ended


def _ended_without_job(trial: Trial, ports: SearchPorts) -> bool:
    logger.info("trial was never submitted", search_id=trial.search_id, number=trial.number)
    try:
        ports.searches.save_trial(trial.finished(TrialState.STOPPED, ports.now()))
    except SearchConflictError:  # it has moved on: its job tells the rest
        return False
    return True


def _announce(job_id: str, ports: SearchPorts) -> None:
    try:
        ports.jobs.announce_end(job_id)
    except JobNotFoundError:
        logger.warning("job of a search is not known", job_id=job_id)


def _run_of(search: Search, ports: SearchPorts) -> Run | None:
    try:
        return ports.runs.get(search.scope, search.run_id)
    except RunNotFoundError:
        return None


def _unwanted(run: Run | None) -> bool:
    return run is None or run.state is RunState.STOPPING or run.state.is_final


def _search_id(run: Run) -> int:
    if run.search_id is None:
        raise ValueError(f"run {run.run_id} has no search")
    return run.search_id
