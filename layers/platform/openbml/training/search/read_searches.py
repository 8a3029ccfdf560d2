"""Use cases that only read: finished searches, one search, its trials, what mattered."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from openbml.compute.failures import Failure
from openbml.core.pages import Page
from openbml.core.scope import ProjectScope
from openbml.training.search.importance import importance_shares, measured_trials
from openbml.training.search.searches import Search, SearchRepository
from openbml.training.search.trials import Trial
from openbml_catalog.search import SearchPlan, StrategyName, search_parameters
from openbml_catalog.tasks import tasks
from openbml_formats.searches import SearchState, TrialState

ParameterValue = bool | int | float


class BestTrialView(BaseModel):
    model_config = ConfigDict(frozen=True)

    number: int
    parameters: Mapping[str, ParameterValue]
    quality: float


class SearchView(BaseModel):
    """A search as the API shows it.

    Attributes:
        quality: name of the figure that trials are compared by.
        trials_total: trials that there will be at most.
    """

    model_config = ConfigDict(frozen=True)

    search_id: int
    run_id: int
    experiment_id: int
    name: str
    state: SearchState
    strategy: StrategyName
    config: SearchPlan
    task_type: str
    network: str
    weights_family: str
    quality: str
    best_trial: BestTrialView | None
    trials_total: int
    trials_running: int
    trials_ended: int
    failure: Failure | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, search: Search) -> "SearchView":
        shared = cls.model_fields.keys() & Search.model_fields.keys()
        best = search.best
        return cls(
            strategy=search.plan.strategy,
            config=search.plan,
            quality=tasks()[search.task_type].quality or "",
            best_trial=BestTrialView(
                number=best.number, parameters=typed(best.parameters), quality=best.quality
            )
            if best
            else None,
            trials_total=search.plan.max_trials,
            **{name: getattr(search, name) for name in shared},
        )


class TrialView(BaseModel):
    """A trial as the API shows it."""

    model_config = ConfigDict(frozen=True)

    number: int
    state: TrialState
    parameters: Mapping[str, ParameterValue]
    quality: float | None
    epochs_done: int
    generation: int | None
    parent: int | None
    failure: Failure | None
    proposed_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, trial: Trial) -> "TrialView":
        fields = cls.model_fields.keys() - {"parameters"}
        return cls(parameters=typed(trial.parameters), **{name: getattr(trial, name) for name in fields})


class ParameterImportance(BaseModel):
    model_config = ConfigDict(frozen=True)

    name: str
    label_en: str
    label_zh: str
    importance: float


class ImportanceView(BaseModel):
    """The most important first; shares that add up to 1, all 0 while too few trials have ended.

    `trials`: how many it rests on.
    """

    model_config = ConfigDict(frozen=True)

    parameters: Sequence[ParameterImportance]
    trials: int


def reusable_searches(
    scope: ProjectScope,
    *,
    searches: SearchRepository,
    experiment_id: int | None,
    network: str | None,
    weights_family: str | None,
) -> Page[SearchView]:
    """Return finished searches, the newest first, of the network and family where they are told.

    Only a search of the same pre-trained model and network can be reused (spec 03 section 2.10).
    """
    wanted = {"experiment_id": experiment_id, "network": network, "weights_family": weights_family}
    asked = {name: value for name, value in wanted.items() if value is not None}
    found = [
        search
        for search in searches.finished(scope)
        if search.best and all(getattr(search, name) == value for name, value in asked.items())
    ]
    return Page(items=[SearchView.of(search) for search in found])


def search_view(scope: ProjectScope, search_id: int, *, searches: SearchRepository) -> SearchView:
    """Raises SearchNotFoundError."""
    return SearchView.of(searches.get(scope, search_id))


def trial_list(scope: ProjectScope, search_id: int, *, searches: SearchRepository) -> Page[TrialView]:
    """Return all trials by number, at most 500 in one page. Raises SearchNotFoundError."""
    searches.get(scope, search_id)
    return Page(items=[TrialView.of(trial) for trial in searches.trials(scope, search_id)])


def importance_view(scope: ProjectScope, search_id: int, *, searches: SearchRepository) -> ImportanceView:
    """Raises SearchNotFoundError."""
    search = searches.get(scope, search_id)
    known = search_parameters(search.task_type)
    measured = measured_trials(searches.trials(scope, search_id))
    shares = importance_shares(search.plan.space, measured)
    rows = [
        ParameterImportance(
            name=name, label_en=known[name].label_en, label_zh=known[name].label_zh, importance=share
        )
        for name, share in sorted(shares.items(), key=lambda row: (-row[1], row[0]))
    ]
    return ImportanceView(parameters=rows, trials=len(measured))


def typed(parameters: Mapping[str, str]) -> dict[str, ParameterValue]:
    """Return the values of a trial as numbers and booleans; their texts are JSON."""
    return {name: json.loads(text) for name, text in parameters.items()}
