"""Routes of tabular prediction (contracts, section 4): one use case each."""

from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from openbml.core.http import principal_of
from openbml.core.scope import ProjectScope
from openbml.identity.wiring import authorizer
from openbml.training import read_runs
from openbml.training.leaderboards import Leaderboard
from openbml.training.table_columns import TableColumns, table_columns
from openbml.training.training_data import Selection
from openbml.training.wiring import progress_store, runs, training_data
from openbml_catalog.tabular.settings import AlgorithmType

router = Router()
_PROJECT = "/v1/training/projects/<project_id>"
Id = Annotated[int, Path(ge=1, lt=2**53)]
DatasetId = Annotated[int, Query(ge=1, lt=2**53)]
Number = Annotated[int, Query(ge=1, lt=1_000_000)]
Target = Annotated[str | None, Query(min_length=1, max_length=128)]


def _scope(project_id: int) -> ProjectScope:
    principal = principal_of(router.current_event)
    return authorizer().require(principal, project_id, "training.read").scope


@router.get(f"{_PROJECT}/runs/<run_id>/leaderboard")
def get_leaderboard(project_id: Id, run_id: Id) -> Leaderboard:
    return read_runs.run_leaderboard(_scope(project_id), run_id, runs=runs(), store=progress_store())


@router.get(f"{_PROJECT}/table-columns")
def get_table_columns(
    project_id: Id,
    dataset_id: DatasetId,
    version_number: Number,
    target: Target = None,
    algorithm_type: Annotated[AlgorithmType, Query()] = AlgorithmType.AUTOMATIC,
) -> TableColumns:
    """Look at the first rows of a table as a training would; `target` names the column to predict."""
    selection = Selection(dataset_id=dataset_id, version_number=version_number)
    return table_columns(_scope(project_id), selection, target, algorithm_type, data=training_data())
