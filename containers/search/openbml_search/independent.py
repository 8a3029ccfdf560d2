"""Random and Bayesian search: each trial is drawn by one of Optuna's samplers from the trials before it.

The study is made anew from the table for every proposal, with a sampler seeded by the search and the trial's
number: a manager that takes over from a killed one proposes what that would have proposed. TPE: Bergstra et
al. 2011, "Algorithms for Hyper-Parameter Optimization"; trials that still run count as bad ones (constant
liar), so that those proposed side by side differ.
"""

import itertools
from collections.abc import Sequence

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.trial import FrozenTrial, TrialState, create_trial

from openbml_catalog.search import ParameterSpace, SearchPlan, Space, StrategyName, ValueType
from openbml_formats.searches import StudyTrial
from openbml_formats.searches import TrialState as OurState
from openbml_search.seeds import seed_of
from openbml_search.study import Study
from openbml_search.values import Values, read

_REDRAWS = 20  # of a combination that was tried already
_STATES = {
    OurState.PROPOSED: TrialState.RUNNING,
    OurState.RUNNING: TrialState.RUNNING,
    OurState.SUCCEEDED: TrialState.COMPLETE,
    OurState.FAILED: TrialState.FAIL,
    OurState.STOPPED: TrialState.FAIL,
}


def next_values(study: Study) -> tuple[Values, int]:
    """Return the values of the search's next trial and the seed that they were drawn with.

    A combination that was tried already is drawn again; of a space that can be counted, the first one that is
    left is taken in the end.
    """
    number = len(study.trials)
    seed = seed_of(study.search_id, number)
    tried = [read(trial.parameters) for trial in study.trials]
    for redraw in range(_REDRAWS):
        values = _drawn(study, seed + redraw)
        if values not in tried:
            return values, seed + redraw
    return _first_untried(study.plan.space, tried) or values, seed


def _drawn(study: Study, seed: int) -> Values:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    space = {name: distribution(one) for name, one in study.plan.space.items()}
    sampler = _sampler(study.plan, seed)
    told = optuna.create_study(direction="maximize", sampler=sampler)
    told.add_trials([_told(trial, space) for trial in study.trials])
    asked = told.ask(space)
    return {name: float(asked.params[name]) for name in space}


def _sampler(plan: SearchPlan, seed: int) -> BaseSampler:
    if plan.strategy is StrategyName.RANDOM:
        return RandomSampler(seed=seed)
    return TPESampler(n_startup_trials=plan.initial_points or 1, constant_liar=True, seed=seed)


def distribution(space: ParameterSpace) -> BaseDistribution:
    if space.type in (ValueType.DISCRETE, ValueType.BOOLEAN):
        return CategoricalDistribution(list(space.choices() or ()))
    low, high = space.bounds
    if space.type is ValueType.RANDOM_INTEGER:
        return IntDistribution(int(low), int(high))
    return FloatDistribution(low, high, log=space.type is ValueType.LOG_UNIFORM)


def _told(trial: StudyTrial, space: dict[str, BaseDistribution]) -> FrozenTrial:
    state = _STATES[trial.state]
    if state is TrialState.COMPLETE and trial.quality is None:
        state = TrialState.FAIL
    values = read(trial.parameters)
    params = {
        name: int(value) if isinstance(space[name], IntDistribution) else value
        for name, value in values.items()
    }
    return create_trial(
        state=state,
        value=trial.quality if state is TrialState.COMPLETE else None,
        params=params,
        distributions=space,
    )


def _first_untried(space: Space, tried: Sequence[Values]) -> Values | None:
    choices = [one.choices() for one in space.values()]
    if None in choices:
        return None
    for combination in itertools.product(*(values for values in choices if values)):
        values = dict(zip(space, combination, strict=True))
        if values not in tried:
            return values
    return None
