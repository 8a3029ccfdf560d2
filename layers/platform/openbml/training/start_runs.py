"""Use cases: take runs from `preparing` to their job. Every step may be repeated and continued by another."""

from datetime import timedelta

from openbml.compute.failures import Failure, Fault
from openbml.core.clock import Clock
from openbml.core.errors import InvalidRequestError
from openbml.core.events import EventPublisher
from openbml.core.observability import logger
from openbml.core.scope import ProjectScope
from openbml.training.events import RunStateChanged
from openbml.training.job_files import JobFiles
from openbml.training.jobs import JobPlaces, TrainingJobs, job_request
from openbml.training.runs import Run, RunConflictError, RunNotFoundError, RunRepository, RunState
from openbml.training.search.advance_searches import begin_search
from openbml.training.search.search_ports import SearchPorts
from openbml.training.tabular_data import check_columns, run_table
from openbml.training.training_data import (
    DataNotSelectableError,
    SnapshotState,
    SnapshotView,
    TrainingData,
)
from openbml_catalog.networks import wanted_weights

_PATIENCE = timedelta(hours=12)  # a snapshot that is not ready by then never will be
_LEFT_BEHIND = timedelta(minutes=1)  # younger ones are on their way


def start_run(
    scope: ProjectScope,
    run_id: int,
    *,
    runs: RunRepository,
    data: TrainingData,
    jobs: TrainingJobs,
    files: JobFiles,
    searching: SearchPorts,
    events: EventPublisher,
    now: Clock,
) -> Run:
    """Freeze the run's data, and once that is done hand the run to compute, or begin its search.

    Asking for a snapshot that is being packed, or a job that was submitted, is harmless, so any caller may
    come at any time: the run's creation, a finished snapshot, the minute's look at runs left behind.

    Raises:
        RunNotFoundError, RunConflictError
    """
    run = runs.get(scope, run_id)
    if run.state is not RunState.PREPARING:
        return run
    if now() - run.created_at > _PATIENCE:
        late = Failure(fault=Fault.PLATFORM, message="the data was not frozen within 12 hours")
        return _broken(run, late, runs=runs, events=events, now=now)
    try:
        train, evaluation = _snapshots(run, data)
    except DataNotSelectableError as error:
        return _broken(run, _data_failure(error), runs=runs, events=events, now=now)
    except InvalidRequestError as error:
        return _broken(run, _columns_failure(error), runs=runs, events=events, now=now)
    frozen = run.frozen_data(train.snapshot_id, evaluation.snapshot_id if evaluation else None)
    if frozen is not run:
        runs.save(frozen)
        run = frozen
    snapshots = [view for view in (train, evaluation) if view]
    obstacle = _obstacle(run, snapshots)
    if obstacle:
        return _broken(run, obstacle, runs=runs, events=events, now=now)
    if any(view.state is not SnapshotState.READY for view in snapshots):
        return run
    places = JobPlaces(
        train_uri=train.uri,
        train_parts_uri=train.parts_uri,
        eval_uri=evaluation.uri if evaluation else None,
        eval_parts_uri=evaluation.parts_uri if evaluation else None,
        weights_uri=_weights_uri(run, files),
        runs_uri=files.runs_uri(scope),
        base_uri=_base_uri(run, runs),
    )
    if run.has_search:
        return begin_search(run, places, ports=searching)
    return _handed_over(run, places, runs=runs, jobs=jobs, events=events, now=now)


def announce_waiting_runs(
    scope: ProjectScope, snapshot_id: str, *, runs: RunRepository, events: EventPublisher
) -> int:
    """Announce the project's runs that wait for the snapshot; each is started by a message of its own."""
    waiting = [_found(scope, run_id, runs) for _, run_id in runs.preparing(scope)]
    ready = [run for run in waiting if run and snapshot_id in (run.snapshot_id, run.evaluation_snapshot_id)]
    events.publish([RunStateChanged.of(run) for run in ready])
    return len(ready)


def resume_runs(*, runs: RunRepository, events: EventPublisher, now: Clock) -> int:
    """Announce again the runs that a lost event or a killed function left behind.

    They are not started here, so that one run that cannot be started does not hold up the others.
    """
    waiting = [_found(scope, run_id, runs) for scope, run_id in runs.preparing()]
    left = [run for run in waiting if run and now() - run.created_at >= _LEFT_BEHIND]
    events.publish([RunStateChanged.of(run) for run in left])
    return len(left)


def _weights_uri(run: Run, files: JobFiles) -> str | None:
    """The one file a job may start from, so that it does not download the others."""
    if run.tabular is not None:
        return None
    tag = wanted_weights(run.task_type, run.network, run.hyper_parameters)
    return None if tag is None else files.weights_uri(tag)


def _base_uri(run: Run, runs: RunRepository) -> str | None:
    return None if run.base_run_id is None else runs.get(run.scope, run.base_run_id).data_uri


def _found(scope: ProjectScope, run_id: int, runs: RunRepository) -> Run | None:
    try:
        run = runs.get(scope, run_id)
    except RunNotFoundError:
        return None
    return run if run.state is RunState.PREPARING else None


def _obstacle(run: Run, snapshots: list[SnapshotView]) -> Failure | None:
    for view in snapshots:
        if view.state is SnapshotState.FAILED:
            return Failure(fault=Fault.USER, message=f"the data could not be frozen: {view.failure}")
        if view.state is SnapshotState.READY and tuple(sorted(view.labels)) != run.labels:
            return Failure(
                fault=Fault.USER,
                message="the data changed after the run was asked for: its labels are now "
                + ", ".join(sorted(view.labels)),
            )
    return None


def _snapshots(run: Run, data: TrainingData) -> tuple[SnapshotView, SnapshotView | None]:
    """Return the frozen training and evaluation data; a rebuild's are the ones of the run it repeats.

    Raises:
        DataNotSelectableError, InvalidRequestError
    """
    if run.rebuild_of is not None:
        return _kept(run, run.snapshot_id, data), (
            _kept(run, run.evaluation_snapshot_id, data) if run.evaluation_snapshot_id else None
        )
    train = data.request_snapshot(run.scope, run.task_type, run.training_data)
    evaluation = (
        data.request_snapshot(run.scope, run.task_type, run.evaluation_data) if run.evaluation_data else None
    )
    _check_table(run, data)
    return train, evaluation


def _kept(run: Run, snapshot_id: str | None, data: TrainingData) -> SnapshotView:
    view = data.kept_snapshot(run.scope, snapshot_id) if snapshot_id else None
    if view is None:
        first = run.training_data[0]
        raise DataNotSelectableError(
            dataset_id=first.dataset_id,
            version_number=first.version_number,
            reason=f"the data {snapshot_id} of the run that is repeated is no longer kept",
        )
    return view


def _check_table(run: Run, data: TrainingData) -> None:
    """Check once more that the columns are there which the settings name: another import may have come.

    Raises:
        DataNotSelectableError, InvalidRequestError
    """
    if run.tabular is None:
        return
    training = [data.describe(run.scope, selection) for selection in run.training_data]
    evaluation = [data.describe(run.scope, selection) for selection in run.evaluation_data]
    check_columns(run.tabular, run_table(training, evaluation).columns)


def _columns_failure(error: InvalidRequestError) -> Failure:
    message = f"the data changed after the run was asked for: {error.details['reason']}"
    return Failure(fault=Fault.USER, message=message)


def _data_failure(error: DataNotSelectableError) -> Failure:
    details = error.details
    version = f"dataset {details['dataset_id']} V{details['version_number']}"
    return Failure(fault=Fault.USER, message=f"{version} cannot be used: {details['reason']}")


def _handed_over(
    run: Run,
    places: JobPlaces,
    *,
    runs: RunRepository,
    jobs: TrainingJobs,
    events: EventPublisher,
    now: Clock,
) -> Run:
    jobs.submit_training(job_request(run, places))
    queued = run.submitted(now())
    events.publish([RunStateChanged.of(queued)])
    try:
        runs.save(queued)
    except RunConflictError:
        current = runs.get(run.scope, run.run_id)
        if current.state is RunState.STOPPED:  # stopped between our reading and the submission
            jobs.stop_training(run.job_id)
        return current
    logger.info("run submitted", run_id=run.run_id)
    return queued


def _broken(run: Run, failure: Failure, *, runs: RunRepository, events: EventPublisher, now: Clock) -> Run:
    broken = run.broken(failure, now())
    events.publish([RunStateChanged.of(broken)])
    runs.save(broken)
    return broken
