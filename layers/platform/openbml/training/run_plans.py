"""From a request to what a run is recorded with; a task has rules of its own."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from openbml.core.scope import ProjectScope
from openbml.training.base_runs import usable_base
from openbml.training.cautions import Caution
from openbml.training.experiments import Experiment
from openbml.training.hyper_parameter_sources import ExistingSource, ScriptSource
from openbml.training.job_files import JobFiles
from openbml.training.run_requests import RunRequest, TrainingPlan, training_plan
from openbml.training.runs import RunRepository
from openbml.training.search.request_searches import found_hyper_parameters
from openbml.training.search.searches import SearchRepository
from openbml.training.subnets import found_subnet
from openbml.training.tabular_runs import refuse_tabular, tabular_plan
from openbml.training.training_data import Selection, TrainingData, chosen_labels, merged_labels
from openbml_catalog.search import SearchPlan
from openbml_catalog.tabular.settings import TASK
from openbml_catalog.tasks import Task, tasks


class RunPlan(BaseModel):
    """What a request that keeps the rules makes of a run.

    Attributes:
        source: kind of the source of its hyper-parameters.
        script: what it trains with.
        search: one of its own. found_by: the id of an earlier one.
    """

    model_config = ConfigDict(frozen=True)

    network: str
    hyper_parameters: Mapping[str, str]
    labels: Sequence[str] = ()
    cost_estimate: Decimal
    source: str
    script: str | None = None
    search: SearchPlan | None = None
    found_by: int | None = None
    base_run_id: int | None = None
    cautions: Sequence[Caution] = ()


def run_plan(
    request: RunRequest,
    experiment: Experiment,
    *,
    paid_billing: bool,
    runs: RunRepository,
    searches: SearchRepository,
    data: TrainingData,
    files: JobFiles,
) -> RunPlan:
    """Check a request for a run of the experiment.

    Raises:
        DataNotSelectableError, TooFewLabelsError, EvaluationLabelsDifferError, BaseRunUnusableError,
        SubnetNotFoundError and what `training_plan` and `tabular_plan` raise.
        SearchNotFoundError, SearchNotReusableError: of an existing search.
    """
    if experiment.task_type == TASK:
        return _table_plan(request, experiment.scope, paid_billing=paid_billing, data=data)
    refuse_tabular(request)
    scope, task = experiment.scope, tasks()[experiment.task_type]
    subnet = (
        found_subnet(scope, request.subnet, task.code, runs=runs, files=files) if request.subnet else None
    )
    plan = training_plan(request, task_type=task.code, paid_billing=paid_billing, subnet=subnet)
    if request.base_run_id is not None:
        usable_base(scope, request.base_run_id, task_type=task.code, network=plan.network, runs=runs)
    source = request.hyper_parameter_source
    return RunPlan(
        network=plan.network,
        hyper_parameters={**plan.hyper_parameters, **_found(request, plan, experiment, searches)},
        labels=merged_labels(
            _labels(scope, request.training_data, task, data),
            _labels(scope, request.evaluation_data or (), task, data),
            fewest=task.fewest_labels,
        ),
        cost_estimate=plan.cost_estimate,
        source=source.kind,
        script=source.script if isinstance(source, ScriptSource) else None,
        search=plan.search,
        found_by=source.search_id if isinstance(source, ExistingSource) else None,
        base_run_id=subnet.run_id if subnet else request.base_run_id,
    )


def _table_plan(
    request: RunRequest, scope: ProjectScope, *, paid_billing: bool, data: TrainingData
) -> RunPlan:
    plan = tabular_plan(
        request,
        [data.describe(scope, selection) for selection in request.training_data],
        [data.describe(scope, selection) for selection in request.evaluation_data or ()],
        paid_billing=paid_billing,
    )
    return RunPlan(
        network=plan.network,
        hyper_parameters=plan.hyper_parameters,
        cost_estimate=plan.cost_estimate,
        source="script" if plan.script else "manual",
        script=plan.script,
        cautions=plan.cautions,
    )


def _found(
    request: RunRequest, plan: TrainingPlan, experiment: Experiment, searches: SearchRepository
) -> Mapping[str, str]:
    """Return what an existing search found, nothing where another source is chosen."""
    source = request.hyper_parameter_source
    if not isinstance(source, ExistingSource):
        return {}
    search = searches.get(experiment.scope, source.search_id)
    return found_hyper_parameters(search, plan, task_type=experiment.task_type)


def _labels(
    scope: ProjectScope, selections: Sequence[Selection], task: Task, data: TrainingData
) -> list[frozenset[str]]:
    return [chosen_labels(data.describe(scope, selection), selection, task) for selection in selections]
