"""Proposes configurations: the portfolio in its order, then those that a search finds promising.

Source: tree-structured Parzen estimator, Bergstra et al. 2011, by Optuna; one study for each kind of model.
"""

import contextlib
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import optuna
from optuna.distributions import BaseDistribution
from optuna.exceptions import ExperimentalWarning
from optuna.trial import Trial, TrialState, create_trial

from openbml_tabular.automl.bags import Bag
from openbml_tabular.automl.fits import Candidate, State
from openbml_tabular.models.learner import Learner, Parameters

Space = Mapping[str, BaseDistribution]
_RANDOM_TRIALS = 4
_SEARCHED_KINDS = 4  # the best so many kinds of models are searched


@dataclass(frozen=True)
class Zoo:
    """What AutoML may use.

    Attributes:
        learners: by their codes.
        portfolio: configurations that do well on most tables, the first ones first.
        spaces: of each code that can be searched.
        stackers: configurations of the second level.
        modules: what workers import before they begin.
    """

    learners: Mapping[str, Learner]
    portfolio: Sequence[tuple[str, Parameters]]
    spaces: Mapping[str, Space]
    stackers: Sequence[tuple[str, Parameters]] = ()
    modules: Sequence[str] = ("openbml_tabular.automl.fits",)


class Names:
    """Unique names of candidates: the code, and a number from the second on."""

    def __init__(self, taken: Sequence[str] = ()) -> None:
        self._taken = set(taken)

    def new(self, code: str, level: int = 1) -> str:
        stem = code if level == 1 else f"{code}-L{level}"
        number = 1
        while (name := stem if number == 1 else f"{stem}-{number}") in self._taken:
            number += 1
        self._taken.add(name)
        return name


class Search:
    """Asks one study for each kind of model; kinds that did well are asked more often."""

    def __init__(self, spaces: Mapping[str, Space], names: Names, seed: int) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._spaces = spaces
        self._names = names
        self._random = np.random.default_rng(seed)
        self._studies = {code: _study(seed + place) for place, code in enumerate(sorted(spaces))}
        self._asked: dict[str, tuple[str, Trial]] = {}
        self._count = 0

    def proposed(self, scores: Mapping[str, float]) -> Candidate | None:
        """Return a configuration of one of the best kinds.

        Args:
            scores: the best score of each kind that may be asked.
        """
        ranked = sorted((code for code in scores if code in self._spaces), key=lambda code: -scores[code])
        if not ranked:
            return None
        ranked = ranked[:_SEARCHED_KINDS]
        chances = 1 / np.arange(1, len(ranked) + 1)
        code = str(self._random.choice(ranked, p=chances / chances.sum()))
        return self._asked_of(code)

    def tell(self, bag: Bag, score: float | None) -> None:
        """Report how a proposed configuration did; other bags teach the study where they lie in its space."""
        if bag.name in self._asked:
            code, trial = self._asked.pop(bag.name)
            state = TrialState.COMPLETE if score is not None else _untold(bag)
            self._studies[code].tell(trial, score, state)
        elif score is not None:
            self._learn(bag, score)

    def _asked_of(self, code: str) -> Candidate:
        trial = self._studies[code].ask(dict(self._spaces[code]))
        name = self._names.new(code)
        self._asked[name] = (code, trial)
        self._count += 1
        return Candidate(name, code, trial.params, trial=self._count)

    def _learn(self, bag: Bag, score: float) -> None:
        space = self._spaces.get(bag.candidate.code, {})
        parameters = dict(bag.candidate.parameters)
        if not space or set(parameters) != set(space):
            return
        with contextlib.suppress(ValueError):  # it lies outside the space
            trial = create_trial(params=parameters, distributions=dict(space), value=score)
            self._studies[bag.candidate.code].add_trial(trial)


def _study(seed: int) -> optuna.Study:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        sampler = optuna.samplers.TPESampler(
            seed=seed, n_startup_trials=_RANDOM_TRIALS, multivariate=True, constant_liar=True
        )
        return optuna.create_study(direction="maximize", sampler=sampler)


def _untold(bag: Bag) -> TrialState:
    return TrialState.PRUNED if bag.state is State.PRUNED else TrialState.FAIL


def candidates(
    offers: Sequence[tuple[str, Parameters]], names: Names, done: Sequence[Candidate]
) -> Iterator[Candidate]:
    """Yield the offers that earlier starts have not met."""
    met = [(candidate.code, dict(candidate.parameters)) for candidate in done]
    for code, parameters in offers:
        if (code, dict(parameters)) not in met:
            yield Candidate(names.new(code), code, dict(parameters))
