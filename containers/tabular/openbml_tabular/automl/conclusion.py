"""The end: which bags are the ensemble, how it is calibrated, and all that is told of them."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from openbml_catalog.tabular.settings import Metric, Objective
from openbml_tabular.automl.bags import Bag, covered
from openbml_tabular.automl.board import Board, Selection
from openbml_tabular.automl.calibration import chosen_calibration
from openbml_tabular.automl.checkpoints import Store
from openbml_tabular.automl.ensemble import BagModel, EnsemblePredictor, Finish, Member
from openbml_tabular.automl.fallback import CODE
from openbml_tabular.automl.fits import State
from openbml_tabular.automl.leaderboard import ENSEMBLE, entries
from openbml_tabular.automl.solution import Entry, Predictor, Solution
from openbml_tabular.automl.stacking import stacked_is_better
from openbml_tabular.automl.task import Task
from openbml_tabular.examples import Floats
from openbml_tabular.models.guarded import constant_model

_MARGIN = 0.1  # of the target's range, beyond which a value is not believed
_LEAST_COUNT = 1e-6
_TIMED_ROWS = 3


@dataclass(frozen=True)
class Conclusion:
    """Attributes:
    bases: what the second level saw.
    """

    task: Task
    board: Board
    store: Store
    bases: Sequence[str]

    def solution(self, *, ended_early: str | None, notes: Sequence[tuple[str, str]]) -> Solution:
        """Return what there is; the best constant where no model was finished."""
        self._end_open_bags()
        selection = self._selection()
        if selection is None:
            return self._without_models(ended_early, notes)
        finish = self._finish(selection)
        predictor = self._predictor(selection, finish)
        held_out = _finished(selection.held_out, finish)
        return Solution(
            problem=self.board.problem,
            predictor=predictor,
            leaderboard=[
                self._ensemble_entry(predictor, held_out),
                *entries(self.board, selection, detailed=True),
            ],
            held_out=held_out,
            fold_of=self.board.folds.numbers[:, 0],
            ended_early=ended_early,
            trials=self._trials(),
            notes=notes,
        )

    def _end_open_bags(self) -> None:
        for bag in self.board.running():
            bag.end(State.OUT_OF_TIME, "the time was over before all its folds were fitted")

    def _selection(self) -> Selection | None:
        """Return the ensemble; without a complete bag the best of what was begun."""
        plain = self.board.selected(self.board.complete(level=1))
        if plain is None:
            return self._best_begun()
        if not self.board.complete(level=2):
            return plain
        stacked = self.board.selected(self.board.complete())
        if stacked is not None and stacked_is_better(self.board, stacked, plain, self._constant_score()):
            return stacked
        return plain

    def _constant_score(self) -> float:
        told = constant_model(self.task.training, self.board.problem).predict(self.task.training.x)
        return self.board.score_of(told)

    def _best_begun(self) -> Selection | None:
        begun = [bag for bag in self.board.bags.values() if bag.outcomes and bag.candidate.level == 1]
        scores = {bag.name: self.board.score(bag) or 0.0 for bag in begun}
        if not scores:
            return None
        best = max(scores, key=lambda name: scores[name])
        return Selection({best: 1.0}, self.board.prediction(self.board.bags[best]), scores[best])

    def _finish(self, selection: Selection) -> Finish:
        problem = self.board.problem
        if problem.is_classification:
            rows = covered(selection.held_out)
            y, weights = self.board.targets(rows)
            biased = problem.metric is Metric.LOG_LOSS
            told = selection.held_out[rows]
            return Finish(
                chosen_calibration(np.asarray(y), told, weights=weights, biased=biased, seed=self.task.seed)
            )
        low, high = self._limits()
        return Finish(quantiles=len(problem.quantiles), low=low, high=high)

    def _limits(self) -> tuple[float, float]:
        """Return between which values an answer is believed; a trend in time may leave the target's range."""
        y = self.task.training.y
        lowest, highest = float(y.min()), float(y.max())
        if self.board.problem.objective is Objective.COUNT:
            return _LEAST_COUNT, np.inf
        if self.board.folds.ordered:
            return (0.0 if lowest >= 0 else -np.inf), np.inf
        margin = _MARGIN * (highest - lowest)
        return (max(0.0, lowest - margin) if lowest >= 0 else lowest - margin), highest + margin

    def _predictor(self, selection: Selection, finish: Finish) -> EnsemblePredictor:
        levels = {name: self.board.bags[name].candidate.level for name in selection.weights}
        stacked = [name for name, level in levels.items() if level == 2]
        bases = list(self.bases) if stacked else []
        first = [name for name, level in levels.items() if level == 1]
        return EnsemblePredictor(
            problem=self.board.problem,
            members=self._members(
                [*first, *(name for name in bases if name not in first)], selection.weights
            ),
            finish=finish,
            bases=bases,
            stacked=self._members(stacked, selection.weights),
        )

    def _members(self, names: Sequence[str], weights: Mapping[str, float]) -> Sequence[Member]:
        return [Member(name, weights.get(name, 0.0), self._models(self.board.bags[name])) for name in names]

    def _models(self, bag: Bag) -> BagModel:
        return self.store.model(bag.name, list(bag.outcomes))

    def _ensemble_entry(self, predictor: Predictor, held_out: Floats) -> Entry:
        return Entry(
            name=ENSEMBLE,
            model=ENSEMBLE,
            parameters={},
            score=self.board.score_of(held_out),
            figures=self.board.figures_of(held_out),
            weight=1.0,
            fit_s=round(sum(bag.fit_s for bag in self.board.bags.values()), 3),
            predict_ms=self._predict_ms(predictor),
            size_bytes=predictor.size_bytes,
        )

    def _predict_ms(self, predictor: Predictor) -> float:
        rows = [self.task.training.x[row : row + 1] for row in range(_TIMED_ROWS)]
        seconds = []
        for row in rows:
            started = time.perf_counter()
            predictor.predict(row)
            seconds.append(time.perf_counter() - started)
        return round(min(seconds) * 1000, 3)

    def _without_models(self, ended_early: str | None, notes: Sequence[tuple[str, str]]) -> Solution:
        prior = constant_model(self.task.training, self.board.problem)
        told = prior.predict(self.task.training.x)
        line = Entry(CODE, CODE, {}, self.board.score_of(told), self.board.figures_of(told), 1.0)
        reasons = sorted({bag.reason for bag in self.board.bags.values() if bag.reason})
        why = "; ".join(reasons[:3]) or "the time was over before one was fitted"
        return Solution(
            problem=self.board.problem,
            predictor=prior,
            leaderboard=[line, *entries(self.board, None)],
            held_out=told,
            fold_of=self.board.folds.numbers[:, 0],
            ended_early=ended_early,
            trials=self._trials(),
            notes=[*notes, ("warning", f"no model was finished, the answer is the best constant: {why}")],
        )

    def _trials(self) -> Sequence[Mapping[str, object]]:
        return [
            {
                "number": bag.candidate.trial,
                "name": bag.name,
                "model": bag.candidate.code,
                "parameters": dict(bag.candidate.parameters),
                "score": self.board.score(bag),
                "state": bag.state.value,
                "fit_s": round(bag.fit_s, 3),
            }
            for bag in self.board.bags.values()
            if bag.candidate.trial is not None
        ]


def _finished(held_out: Floats, finish: Finish) -> Floats:
    """Return what the ensemble says of held-out rows; NaN stays where there is none."""
    rows = covered(held_out)
    told = np.full_like(held_out, np.nan)
    told[rows] = finish.apply(held_out[rows])
    return told
