"""Routes of evaluation reports (contracts, section 4): one use case each."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from openbml.core.http import principal_of
from openbml.core.scope import ProjectScope
from openbml.identity.wiring import authorizer
from openbml.training import read_reports, read_runs
from openbml.training.read_reports import Comparison, ReportDownload, ReportQuery
from openbml.training.read_runs import ShownSamples
from openbml.training.report_examples import MistakeKind
from openbml.training.wiring import job_files, progress_store, runs, training_data

router = Router()
_PROJECT = "/v1/training/projects/<project_id>"
Id = Annotated[int, Path(ge=1, lt=2**53)]
RunIds = Annotated[str, Query(min_length=1, max_length=200, description="ids with commas between")]
Label = Annotated[str | None, Query(min_length=1, max_length=200)]
Kind = Annotated[MistakeKind | None, Query()]
After = Annotated[int, Query(ge=0, le=1_000_000)]
Limit = Annotated[int, Query(ge=1, le=200)]


def _scope(project_id: int) -> ProjectScope:
    principal = principal_of(router.current_event)
    return authorizer().require(principal, project_id, "training.read").scope


@router.get(f"{_PROJECT}/runs/<run_id>/report")
def get_report(
    project_id: Id, run_id: Id, label: Label = None, kind: Kind = None, after: After = 0, limit: Limit = 200
) -> dict[str, Any]:
    return read_reports.run_report(
        _scope(project_id),
        run_id,
        ReportQuery(label=label, kind=kind, after=after, limit=limit),
        runs=runs(),
        files=job_files(),
        data=training_data(),
    )


@router.get(f"{_PROJECT}/runs/<run_id>/report/download")
def get_report_download(project_id: Id, run_id: Id) -> ReportDownload:
    return read_reports.report_download(_scope(project_id), run_id, runs=runs(), files=job_files())


@router.get(f"{_PROJECT}/runs/<run_id>/samples")
def get_samples(project_id: Id, run_id: Id) -> ShownSamples:
    return read_runs.run_samples(
        _scope(project_id), run_id, runs=runs(), store=progress_store(), data=training_data()
    )


@router.get(f"{_PROJECT}/experiments/<experiment_id>/comparison")
def get_comparison(project_id: Id, experiment_id: Id, run_ids: RunIds) -> Comparison:
    return read_reports.compare_runs(_scope(project_id), experiment_id, run_ids, runs=runs())
