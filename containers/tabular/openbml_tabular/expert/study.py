"""The search: which configurations are tried, which of them are given up early, and when it is over.

Tree-structured Parzen estimators propose (Bergstra et al. 2011, "Algorithms for Hyper-Parameter
Optimization"); trials that still run count as bad ones, so that those which run side by side differ. Weak
trials end after their first part by the median rule (Golovin et al. 2017, "Google Vizier", section 3.2.1).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import CategoricalDistribution
from optuna.pruners import MedianPruner
from optuna.samplers import TPESampler
from optuna.storages import BaseStorage, InMemoryStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.trial import FrozenTrial, TrialState

from openbml_catalog.tabular.conf import ExpertConf
from openbml_catalog.tabular.models import models
from openbml_tabular.automl.fits import State
from openbml_tabular.expert.dependence import effective, is_drawn, order
from openbml_tabular.expert.spaces import distributions, sampled, within
from openbml_tabular.models.learner import Parameters

FEATURES = "feature_engineering"  # the name of the choice among feature settings; no model has such a key
_STARTUP_TRIALS = 8  # random ones before results are predicted
_UNPRUNED_TRIALS = 4
_REPEATS_IN_A_ROW = 25  # of configurations that were tried already: the space has hardly another one
_TOLD = "told"


@dataclass(frozen=True)
class Proposal:
    """Attributes:
    number: of the trial, from 0.
    parameters: what the model trains with.
    variant: number of the feature settings.
    """

    number: int
    parameters: Parameters
    variant: int


class Search:
    """Asks an Optuna study; without a search it proposes `model_config` and nothing else."""

    def __init__(
        self, conf: ExpertConf, *, variants: int = 1, seed: int, journal: Path | None = None
    ) -> None:
        """Args:
        variants: how many feature settings there are to choose from.
        journal: where the study is kept; one that a killed job left is continued.
        """
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._conf = conf
        searched = conf.hp_space if conf.hyperparameter_tune else {}
        self._space = dict(distributions(models()[conf.model_type], searched))
        if variants > 1:
            self._space[FEATURES] = CategoricalDistribution(tuple(range(variants)))
        self._most = conf.max_trials if self._space else 1
        self._study = optuna.create_study(
            study_name="expert",
            storage=_storage(journal),
            load_if_exists=True,
            direction="maximize",
            pruner=MedianPruner(n_startup_trials=_UNPRUNED_TRIALS),
            sampler=TPESampler(
                seed=seed,
                multivariate=True,
                constant_liar=True,
                n_startup_trials=_STARTUP_TRIALS,
            ),
        )
        self._asked: dict[int, optuna.Trial] = {}
        self._known: dict[frozenset[tuple[str, object]], int] = {}
        self._continue()

    @property
    def searches(self) -> bool:
        """Whether there is more than one configuration to try."""
        return self._most > 1

    def ask(self) -> Proposal | None:
        """Return the next configuration that nobody has tried, None when the search is over."""
        for _ in range(_REPEATS_IN_A_ROW):
            if self._is_over():
                return None
            proposal = self._asked_for()
            key = _key(proposal)
            if key not in self._known:
                self._known[key] = proposal.number
                return proposal
            self._end_unseen(proposal.number)
        return None

    def is_weak(self, number: int, score: float) -> bool:
        """Tell whether a trial with this score of its first part is not worth going on with."""
        trial = self._asked[number]
        trial.report(score, 1)
        return trial.should_prune()

    def tell(self, number: int, document: Mapping[str, Any], state: State) -> None:
        """Note how a trial ended; one that was not fitted to its end teaches nothing."""
        trial = self._asked.pop(number)
        trial.set_user_attr(_TOLD, dict(document))
        if state is State.COMPLETE:
            self._study.tell(trial, document["score"])
        else:
            self._study.tell(trial, state=TrialState.PRUNED if state is State.PRUNED else TrialState.FAIL)

    def documents(self) -> Sequence[Mapping[str, Any]]:
        """Return what was told of all trials that have ended, in their order, those of a killed job too."""
        return [
            trial.user_attrs[_TOLD] for trial in self._study.get_trials(deepcopy=False) if _is_told(trial)
        ]

    def _end_unseen(self, number: int) -> None:
        self._study.tell(self._asked.pop(number), state=TrialState.FAIL)

    def _asked_for(self) -> Proposal:
        trial = self._study.ask()
        self._asked[trial.number] = trial
        drawn: dict[str, bool | int | float | str] = {}
        for name in order(self._conf.model_type, self._space):
            if is_drawn(self._conf.model_type, name, drawn):
                drawn[name] = sampled(trial, name, self._space[name])
        variant = int(drawn.pop(FEATURES, 0))
        merged = {**self._conf.model_config, **drawn}
        return Proposal(trial.number, effective(self._conf.model_type, merged), variant)

    def _is_over(self) -> bool:
        tried = [trial for trial in self._study.get_trials(deepcopy=False) if _counts(trial)]
        if len(tried) >= self._most:
            return True
        told = [trial for trial in tried if trial.state in (TrialState.COMPLETE, TrialState.PRUNED)]
        return bool(self._conf.patience) and self._since_best(told) >= self._conf.patience

    def _since_best(self, told: Sequence[FrozenTrial]) -> int:
        complete = [trial for trial in told if trial.state is TrialState.COMPLETE]
        if not complete:
            return 0
        best = max(complete, key=lambda trial: (trial.values[0], -trial.number))
        return sum(trial.number > best.number for trial in told)

    def _continue(self) -> None:
        """Try again what a killed job was at; of a new study, begin with what the script fixes."""
        earlier = self._study.get_trials(deepcopy=False)
        for trial in earlier:
            if trial.state is TrialState.RUNNING:
                self._study.tell(trial.number, state=TrialState.FAIL)
                self._study.enqueue_trial(trial.params)
            elif _counts(trial):
                self._remember(trial)
        if not earlier and self._space:
            self._study.enqueue_trial(self._first())

    def _remember(self, trial: FrozenTrial) -> None:
        drawn = dict(trial.params)
        variant = int(drawn.pop(FEATURES, 0))
        parameters = effective(self._conf.model_type, {**self._conf.model_config, **drawn})
        self._known[_key(Proposal(trial.number, parameters, variant))] = trial.number

    def _first(self) -> Mapping[str, object]:
        start = within(self._conf.hp_space, self._conf.model_config)
        return {**start, **({FEATURES: 0} if FEATURES in self._space else {})}


def _is_told(trial: FrozenTrial) -> bool:
    return _TOLD in trial.user_attrs


def _counts(trial: FrozenTrial) -> bool:
    """Repeats and what a killed job was at do not count as tried."""
    return trial.state is TrialState.RUNNING or _is_told(trial)


def _storage(journal: Path | None) -> BaseStorage:
    if journal is None:
        return InMemoryStorage()
    journal.parent.mkdir(parents=True, exist_ok=True)
    file = str(journal)
    Path(f"{file}.lock").unlink(missing_ok=True)  # of a process that was killed; there is one at a time
    return JournalStorage(JournalFileBackend(file, lock_obj=JournalFileOpenLock(file)))


def _key(proposal: Proposal) -> frozenset[tuple[str, object]]:
    return frozenset([*proposal.parameters.items(), (FEATURES, proposal.variant)])
