"""A run's wish for a search of its own, or for what an earlier one found (spec 03 section 2.10)."""

from collections.abc import Mapping

from openbml.training.run_requests import TrainingPlan
from openbml.training.runs import Run
from openbml.training.search.searches import Search, SearchNotReusableError
from openbml_catalog.search import SearchPlan, hyper_parameters_of
from openbml_formats.searches import SearchState


def search_of(run: Run, plan: SearchPlan, search_id: int) -> Search:
    """Return the new search of a run that is about to be recorded."""
    return Search(
        scope=run.scope,
        search_id=search_id,
        run_id=run.run_id,
        experiment_id=run.experiment_id,
        name=run.experiment_name,
        task_type=run.task_type,
        network=run.network,
        weights_family=weights_family(run.hyper_parameters),
        plan=plan,
        created_at=run.created_at,
        changed_at=run.created_at,
    )


def found_hyper_parameters(search: Search, plan: TrainingPlan, *, task_type: str) -> dict[str, str]:
    """Return the best values of a search that suits the run.

    Raises:
        SearchNotReusableError: it has not finished, or is of another task, network or pre-trained model.
    """
    family = weights_family(plan.hyper_parameters)
    wanted = {"task": task_type, "network": plan.network, "pre-trained model": family}
    had = {
        "task": search.task_type,
        "network": search.network,
        "pre-trained model": search.weights_family,
    }
    reason = None
    if search.state is not SearchState.FINISHED or search.best is None:
        reason = f"it has not finished with a result, it is {search.state}"
    different = [name for name, value in wanted.items() if had[name] != value]
    if different:
        name = different[0]
        reason = f"its {name} is {had[name]}, the run's is {wanted[name]}"
    if reason or search.best is None:
        raise SearchNotReusableError(search_id=search.search_id, reason=reason)
    return hyper_parameters_of(search.best.parameters, task_type)


def weights_family(hyper_parameters: Mapping[str, str]) -> str:
    """Return which pre-trained weights training begins with: a family, a tag of one's own, or `none`."""
    if hyper_parameters.get("weights") == "none":
        return "none"
    return hyper_parameters.get("weights_tag") or hyper_parameters.get("weights_family", "none")
