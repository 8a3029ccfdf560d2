"""Use cases: make experiments, ask for runs, stop them."""

from pydantic import BaseModel, ConfigDict, Field

from openbml.core.clock import Clock
from openbml.core.errors import InvalidRequestError
from openbml.core.events import EventPublisher
from openbml.core.ids import IdFactory
from openbml.core.observability import logger
from openbml.core.scope import ProjectScope
from openbml.training.events import RunStateChanged
from openbml.training.experiments import Experiment, ExperimentRepository
from openbml.training.job_files import JobFiles
from openbml.training.jobs import TrainingJobs
from openbml.training.run_plans import run_plan
from openbml.training.run_requests import RunRequest, image_for
from openbml.training.runs import Run, RunConflictError, RunRepository, RunState
from openbml.training.search.advance_searches import advance_search
from openbml.training.search.request_searches import search_of
from openbml.training.search.search_ports import SearchPorts
from openbml.training.search.searches import SearchRepository
from openbml.training.training_data import TrainingData
from openbml_catalog.tasks import tasks

_ATTEMPTS = 8  # of taking the next version number beside others


class ExperimentRequest(BaseModel):
    """Fields of the manual's form (spec 03 section 2.2); the personal part is kept, nothing depends on it."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    name: str = Field(min_length=1, max_length=100)
    direction: str = Field(max_length=50)
    task_type: str = Field(max_length=50)
    description: str = Field(default="", max_length=2000)
    ownership: str = Field(default="", max_length=100)
    industry: str = Field(default="", max_length=100)
    contact: str = Field(default="", max_length=200)
    scenario: str = Field(default="", max_length=500)


def create_experiment(
    request: ExperimentRequest,
    *,
    scope: ProjectScope,
    experiments: ExperimentRepository,
    new_id: IdFactory,
    now: Clock,
) -> Experiment:
    """Raises InvalidRequestError, TaskNotAvailableError, ExperimentNameTakenError."""
    task = tasks().get(request.task_type)
    if task is None:
        raise InvalidRequestError(field="task_type", reason=f"must be one of {', '.join(tasks())}")
    if task.direction != request.direction:
        raise InvalidRequestError(field="direction", reason=f"is {task.direction} for {task.code}")
    image_for(task.code)
    experiment = Experiment(scope=scope, experiment_id=new_id(), created_at=now(), **request.model_dump())
    experiments.add(experiment)
    return experiment


def create_run(
    request: RunRequest,
    *,
    scope: ProjectScope,
    experiment_id: int,
    paid_billing: bool,
    experiments: ExperimentRepository,
    runs: RunRepository,
    searches: SearchRepository,
    data: TrainingData,
    files: JobFiles,
    events: EventPublisher,
    new_id: IdFactory,
    now: Clock,
) -> Run:
    """Check the request and record the run; `start_run` takes it from there.

    The run is announced after it is recorded. If the announcement is lost, `resume_runs` finds the run. Its
    search is recorded before it: one without a run is given up later, a run without its search never began.

    Raises:
        ExperimentNotFoundError and what `run_plan` raises.
    """
    experiment = experiments.get(scope, experiment_id)
    plan = run_plan(
        request,
        experiment,
        paid_billing=paid_billing,
        runs=runs,
        searches=searches,
        data=data,
        files=files,
    )
    at = now()
    search_id = new_id() if plan.search else plan.found_by
    draft = Run(
        scope=scope,
        run_id=new_id(),
        experiment_id=experiment_id,
        experiment_name=experiment.name,
        version_number=1,
        task_type=experiment.task_type,
        training_data=tuple(request.training_data),
        evaluation_data=tuple(request.evaluation_data or ()),
        labels=tuple(plan.labels),
        network=plan.network,
        hyper_parameters=plan.hyper_parameters,
        machine_type=request.machine_type,
        node_count=request.node_count,
        max_training_minutes=request.max_training_minutes,
        remark=request.remark or "",
        cost_estimate=plan.cost_estimate,
        hyper_parameter_source=plan.source,
        search_id=search_id,
        base_run_id=plan.base_run_id,
        cautions=tuple(plan.cautions),
        auto_publish=request.auto_publish,
        created_at=at,
        changed_at=at,
    )
    if plan.script is not None:
        files.write_script(scope, draft.run_id, plan.script)
    if plan.search and search_id:
        searches.add(search_of(draft, plan.search, search_id))
    run = record_run(draft, experiment, experiments=experiments, runs=runs)
    events.publish([RunStateChanged.of(run)])
    logger.info("run created", run_id=run.run_id, experiment_id=experiment_id)
    return run


def stop_run(
    run_id: int,
    *,
    scope: ProjectScope,
    runs: RunRepository,
    jobs: TrainingJobs,
    searching: SearchPorts,
    events: EventPublisher,
    now: Clock,
) -> Run:
    """Stop the run in whatever state it is; if it ends by itself meanwhile, the true end stands.

    The job is told first, so that a run marked as stopping always has a job that was told. A run whose search
    is going on has none yet: its search stops once the run is marked, and ends the run with its last trial.

    Raises:
        RunNotFoundError, RunEndedError, RunConflictError
    """
    run = runs.get(scope, run_id)
    if run.state is not RunState.PREPARING and not run.state.is_final and not run.searching:
        jobs.stop_training(run.job_id)
        run = runs.get(scope, run_id)
        if run.state.is_final:
            return run
    stopped = run.cancelled(now())
    if stopped is run:
        return run
    events.publish([RunStateChanged.of(stopped)])
    try:
        runs.save(stopped)
    except RunConflictError:
        current = runs.get(scope, run_id)
        if current.state is RunState.STOPPING or current.state.is_final:
            return current
        raise
    if run.has_search and run.search_id and (run.searching or run.state is RunState.PREPARING):
        advance_search(scope, run.search_id, ports=searching)
        return runs.get(scope, run_id)
    return stopped


def record_run(
    draft: Run, experiment: Experiment, *, experiments: ExperimentRepository, runs: RunRepository
) -> Run:
    """Store the draft under the experiment's next version number, which others take at the same time."""
    for _ in range(_ATTEMPTS - 1):
        run = draft.model_copy(update={"version_number": experiment.last_version + 1})
        try:
            runs.add(run, experiment)
        except RunConflictError:
            experiment = experiments.get(draft.scope, draft.experiment_id)
        else:
            return run
    run = draft.model_copy(update={"version_number": experiment.last_version + 1})
    runs.add(run, experiment)
    return run
