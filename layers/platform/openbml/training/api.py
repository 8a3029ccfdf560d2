"""Routes of the training API (contracts, section 4): one use case each."""

from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from openbml.compute.wiring import compute_gateway
from openbml.core.clock import utc_now
from openbml.core.http import principal_of
from openbml.core.ids import new_id
from openbml.core.pages import Page
from openbml.core.scope import ProjectScope
from openbml.core.wiring import cursor_codec, event_publisher
from openbml.identity.wiring import account_repository, authorizer
from openbml.training import create_runs, read_runs
from openbml.training.augmentation_previews import (
    AugmentationPreview,
    AugmentationPreviewRequest,
    preview_augmentation,
)
from openbml.training.create_runs import ExperimentRequest
from openbml.training.experiments import Experiment
from openbml.training.read_runs import LogPage, RunView, ScriptText
from openbml.training.run_progress import Progress
from openbml.training.run_requests import RunRequest
from openbml.training.training_catalog import TrainingCatalog, preset_script_text, training_catalog
from openbml.training.wiring import (
    experiments,
    job_files,
    progress_store,
    runs,
    search_ports,
    searches,
    training_data,
)
from openbml_catalog.tabular.settings import AlgorithmType, TrainingWay

router = Router()
_PROJECT = "/v1/training/projects/<project_id>"
Id = Annotated[int, Path(ge=1, lt=2**53)]
Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=2000)]
Code = Annotated[str, Query(min_length=1, max_length=100)]
After = Annotated[str | None, Query(max_length=200)]


def _scope(project_id: int, permission: str) -> ProjectScope:
    principal = principal_of(router.current_event)
    return authorizer().require(principal, project_id, permission).scope


@router.get("/v1/training/catalog")
def get_catalog() -> TrainingCatalog:
    principal_of(router.current_event)
    return training_catalog()


@router.get("/v1/training/preset-script")
def get_preset_script(
    task_type: Code,
    network: Code,
    algorithm_type: Annotated[AlgorithmType | None, Query()] = None,
    training_way: Annotated[TrainingWay, Query()] = TrainingWay.SINGLE,
) -> ScriptText:
    principal_of(router.current_event)
    return preset_script_text(task_type, network, algorithm_type=algorithm_type, training_way=training_way)


@router.get(f"{_PROJECT}/experiments")
def get_experiments(project_id: Id, limit: Limit = 50, cursor: Cursor = None) -> Page[Experiment]:
    return read_runs.list_experiments(
        _scope(project_id, "training.read"),
        limit=limit,
        cursor=cursor,
        experiments=experiments(),
        cursors=cursor_codec(),
    )


@router.post(f"{_PROJECT}/experiments", status_code=HTTPStatus.CREATED)
def post_experiment(project_id: Id, request: ExperimentRequest) -> Experiment:
    return create_runs.create_experiment(
        request,
        scope=_scope(project_id, "training.write"),
        experiments=experiments(),
        new_id=new_id,
        now=utc_now,
    )


@router.get(f"{_PROJECT}/experiments/<experiment_id>")
def get_experiment(project_id: Id, experiment_id: Id) -> Experiment:
    return experiments().get(_scope(project_id, "training.read"), experiment_id)


@router.get(f"{_PROJECT}/experiments/<experiment_id>/runs")
def get_runs(project_id: Id, experiment_id: Id, limit: Limit = 50, cursor: Cursor = None) -> Page[RunView]:
    return read_runs.list_runs(
        _scope(project_id, "training.read"),
        experiment_id,
        limit=limit,
        cursor=cursor,
        experiments=experiments(),
        runs=runs(),
        store=progress_store(),
        cursors=cursor_codec(),
    )


@router.post(f"{_PROJECT}/experiments/<experiment_id>/runs", status_code=HTTPStatus.CREATED)
def post_run(project_id: Id, experiment_id: Id, request: RunRequest) -> RunView:
    scope = _scope(project_id, "training.write")
    run = create_runs.create_run(
        request,
        scope=scope,
        experiment_id=experiment_id,
        paid_billing=account_repository().get(scope.account_id).paid_billing,
        experiments=experiments(),
        runs=runs(),
        searches=searches(),
        data=training_data(),
        files=job_files(),
        events=event_publisher(),
        new_id=new_id,
        now=utc_now,
    )
    return RunView.of(run, Progress())


@router.get(f"{_PROJECT}/runs/<run_id>")
def get_run(project_id: Id, run_id: Id) -> RunView:
    return read_runs.run_view(
        _scope(project_id, "training.read"), run_id, runs=runs(), store=progress_store()
    )


@router.post(f"{_PROJECT}/runs/<run_id>/stop", status_code=HTTPStatus.ACCEPTED)
def post_stop(project_id: Id, run_id: Id) -> RunView:
    scope = _scope(project_id, "training.write")
    run = create_runs.stop_run(
        run_id,
        scope=scope,
        runs=runs(),
        jobs=compute_gateway(),
        searching=search_ports(),
        events=event_publisher(),
        now=utc_now,
    )
    return RunView.of(run, progress_store().progress(scope, run_id))


@router.get(f"{_PROJECT}/runs/<run_id>/metrics")
def get_metrics(project_id: Id, run_id: Id) -> dict[str, list[dict[str, Any]]]:
    return read_runs.run_metrics(
        _scope(project_id, "training.read"), run_id, runs=runs(), store=progress_store()
    )


@router.get(f"{_PROJECT}/runs/<run_id>/logs")
def get_logs(project_id: Id, run_id: Id, after: After = None) -> LogPage:
    return read_runs.run_log(
        _scope(project_id, "training.read"), run_id, after=after, runs=runs(), store=progress_store()
    )


@router.get(f"{_PROJECT}/runs/<run_id>/script")
def get_script(project_id: Id, run_id: Id) -> ScriptText:
    return read_runs.run_script(_scope(project_id, "training.read"), run_id, runs=runs(), files=job_files())


@router.post(f"{_PROJECT}/augmentation-preview")
def post_augmentation_preview(project_id: Id, request: AugmentationPreviewRequest) -> AugmentationPreview:
    return preview_augmentation(request, scope=_scope(project_id, "training.read"), data=training_data())
