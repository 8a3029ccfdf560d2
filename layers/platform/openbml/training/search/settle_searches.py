"""What becomes of a run when its search has ended (spec 03 section 2.11)."""

from collections.abc import Sequence

from openbml.compute.failures import Failure, Fault
from openbml.compute.jobs import JobNotFoundError
from openbml.core.observability import logger
from openbml.training.events import RunStateChanged, UsageReported
from openbml.training.job_files import ReportUnreadableError
from openbml.training.jobs import JobPlaces, job_request
from openbml.training.runs import Observation, Outcome, Run, RunConflictError, RunState
from openbml.training.search.search_events import SearchProgressed
from openbml.training.search.search_ports import SearchPorts
from openbml.training.search.searches import Search
from openbml.training.search.trials import Trial
from openbml_catalog.search import StrategyName, hyper_parameters_of
from openbml_formats.searches import SearchState


def settle_search(search: Search, trials: Sequence[Trial], run: Run | None, *, ports: SearchPorts) -> Search:
    """Let the run go on from its ended search, then note that nothing is left to do.

    A random or Bayesian search hands its best values to the run's own training on all data; the result of an
    evolutionary one is its best model. What the trials used is the run's use, once, whatever the end.

    Raises:
        RunConflictError, SearchConflictError: decided again from what is there then.
    """
    if run and run.searching and not run.state.is_final:
        run = _with_use(run, trials, ports)
        if search.state is SearchState.FINISHED and run.state is not RunState.STOPPING:
            _finished(search, trials, run, ports)
        elif search.state is SearchState.FAILED and run.state is not RunState.STOPPING:
            _end(run, run.broken(_failure(search), ports.now()), ports)
        else:
            _stopped(search, trials, run, ports)
    settled = search.settled_at(ports.now())
    if settled is not search:
        ports.events.publish([SearchProgressed.of(settled)])
        ports.searches.save(search, settled)
    logger.info("search settled", search_id=search.search_id, state=search.state)
    return settled


def _with_use(run: Run, trials: Sequence[Trial], ports: SearchPorts) -> Run:
    """Keep the trials' spans with the run before anything that could end it."""
    spans = sorted((span for trial in trials for span in trial.billed_intervals), key=lambda span: span.start)
    used = run.searched({}, spans)
    if used is not run:
        ports.runs.save(used)
    return used


def _finished(search: Search, trials: Sequence[Trial], run: Run, ports: SearchPorts) -> None:
    if search.plan.strategy is StrategyName.EVOLUTIONARY:
        _end(run, _with_model(search, trials, run, RunState.SUCCEEDED, ports), ports)
        return
    if search.best is None or search.places is None:
        raise ValueError(f"search {search.search_id} finished without a result")
    tuned = run.searched(hyper_parameters_of(search.best.parameters, run.task_type), run.search_intervals)
    if tuned is not run:
        ports.runs.save(tuned)
    _hand_over(tuned, search.places, ports)


def _hand_over(run: Run, places: JobPlaces, ports: SearchPorts) -> None:
    ports.jobs.submit_training(job_request(run, places))
    training = run.search_over(ports.now())
    ports.events.publish([RunStateChanged.of(training)])
    try:
        ports.runs.save(training)
    except RunConflictError:
        if ports.runs.get(run.scope, run.run_id).searching:  # stopped meanwhile: settled another way
            raise


def _stopped(search: Search, trials: Sequence[Trial], run: Run, ports: SearchPorts) -> None:
    """A run that was stopped keeps the best model of a population; of other searches it has none.

    Its own job may have been submitted already; then the run follows that to its end.
    """
    try:
        ports.jobs.stop_training(run.job_id)
    except JobNotFoundError:
        _end(run, _with_model(search, trials, run, RunState.STOPPED, ports), ports)
        return
    ports.runs.save(run.search_over(ports.now()))


def _with_model(
    search: Search, trials: Sequence[Trial], run: Run, state: RunState, ports: SearchPorts
) -> Run:
    """Return the run ended with the model of a population's best trial, if that has one."""
    best = next((trial for trial in trials if search.best and trial.number == search.best.number), None)
    evolutionary = search.plan.strategy is StrategyName.EVOLUTIONARY
    at = ports.now()
    if not evolutionary or best is None or best.data_uri is None:
        return run.observed(Observation(state=state, at=at))
    outcome = _outcome(best.data_uri, ports)
    if outcome is None:
        lost = Failure(fault=Fault.PLATFORM, message=f"the report of trial {best.number} cannot be read")
        return run.broken(lost, at)
    seen = Observation(state=state, outcome=outcome, model_uri=best.model_uri, data_uri=best.data_uri, at=at)
    return run.observed(seen)


def _outcome(data_uri: str, ports: SearchPorts) -> Outcome | None:
    try:
        report = ports.files.report(data_uri)
    except ReportUnreadableError as error:
        logger.warning("report of the best trial is unreadable", reason=error.details["reason"])
        return None
    return report.outcome if report else None


def _end(run: Run, ended: Run, ports: SearchPorts) -> None:
    if ended is run:
        return
    usage = UsageReported.of(ended)
    ports.events.publish([RunStateChanged.of(ended), *([usage] if usage else [])])
    ports.runs.save(ended)


def _failure(search: Search) -> Failure:
    return search.failure or Failure(fault=Fault.PLATFORM, message="the search failed without a reason")
