"""Routes of searches: what is finished, how one goes on, its trials, what mattered. One use case each."""

from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from openbml.core.http import principal_of
from openbml.core.pages import Page
from openbml.core.scope import ProjectScope
from openbml.identity.wiring import authorizer
from openbml.training.search import read_searches
from openbml.training.search.read_searches import ImportanceView, SearchView, TrialView
from openbml.training.wiring import searches

router = Router()
_SEARCHES = "/v1/training/projects/<project_id>/searches"
Id = Annotated[int, Path(ge=1, lt=2**53)]
OptionalId = Annotated[int | None, Query(ge=1, lt=2**53)]
Name = Annotated[str | None, Query(max_length=100)]


def _scope(project_id: int) -> ProjectScope:
    return authorizer().require(principal_of(router.current_event), project_id, "training.read").scope


@router.get(_SEARCHES)
def get_searches(
    project_id: Id, experiment_id: OptionalId = None, network: Name = None, weights_family: Name = None
) -> Page[SearchView]:
    return read_searches.reusable_searches(
        _scope(project_id),
        searches=searches(),
        experiment_id=experiment_id,
        network=network,
        weights_family=weights_family,
    )


@router.get(f"{_SEARCHES}/<search_id>")
def get_search(project_id: Id, search_id: Id) -> SearchView:
    return read_searches.search_view(_scope(project_id), search_id, searches=searches())


@router.get(f"{_SEARCHES}/<search_id>/trials")
def get_trials(project_id: Id, search_id: Id) -> Page[TrialView]:
    return read_searches.trial_list(_scope(project_id), search_id, searches=searches())


@router.get(f"{_SEARCHES}/<search_id>/importance")
def get_importance(project_id: Id, search_id: Id) -> ImportanceView:
    return read_searches.importance_view(_scope(project_id), search_id, searches=searches())
