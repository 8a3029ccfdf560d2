"""Routes of rebuilds (provenance): one use case each."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Path

from openbml.core.clock import utc_now
from openbml.core.http import principal_of
from openbml.core.ids import new_id
from openbml.core.scope import ProjectScope
from openbml.core.wiring import event_publisher
from openbml.identity.wiring import account_repository, authorizer
from openbml.training import rebuild_runs
from openbml.training.read_runs import RunView
from openbml.training.rebuild_runs import RebuildComparison
from openbml.training.run_progress import Progress
from openbml.training.wiring import experiments, job_files, runs, training_data

router = Router()
_RUN = "/v1/training/projects/<project_id>/runs/<run_id>"
Id = Annotated[int, Path(ge=1, lt=2**53)]


def _scope(project_id: int, permission: str) -> ProjectScope:
    principal = principal_of(router.current_event)
    return authorizer().require(principal, project_id, permission).scope


@router.post(f"{_RUN}/rebuilds", status_code=HTTPStatus.CREATED)
def post_rebuild(project_id: Id, run_id: Id) -> RunView:
    """Train the run once more: same data, hyper-parameters, script, weights and machine."""
    scope = _scope(project_id, "training.write")
    run = rebuild_runs.rebuild_run(
        run_id,
        scope=scope,
        paid_billing=account_repository().get(scope.account_id).paid_billing,
        experiments=experiments(),
        runs=runs(),
        data=training_data(),
        files=job_files(),
        events=event_publisher(),
        new_id=new_id,
        now=utc_now,
    )
    return RunView.of(run, Progress())


@router.get(f"{_RUN}/rebuild-comparison")
def get_rebuild_comparison(project_id: Id, run_id: Id) -> RebuildComparison:
    """Tell how alike a rebuild and its original are: data, code, image, graph, figures."""
    return rebuild_runs.compare_rebuild(
        _scope(project_id, "training.read"), run_id, runs=runs(), files=job_files()
    )
