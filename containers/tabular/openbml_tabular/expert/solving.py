"""The trials of an expert search: what is fitted next, what is given up, and what is kept."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from openbml_catalog.tabular.conf import ExpertConf
from openbml_kit.faults import UserFault
from openbml_kit.progress import Progress
from openbml_kit.stopping import TIME_LIMIT
from openbml_tabular.automl.bags import Bag
from openbml_tabular.automl.board import Board
from openbml_tabular.automl.budget import Budget
from openbml_tabular.automl.checkpoints import Store
from openbml_tabular.automl.conclusion import Conclusion
from openbml_tabular.automl.fits import Candidate, Fit, Outcome, State
from openbml_tabular.automl.leaderboard import order, told
from openbml_tabular.automl.solution import Entry, Solution
from openbml_tabular.automl.task import Task
from openbml_tabular.automl.workers import Executor
from openbml_tabular.expert.study import Proposal, Search
from openbml_tabular.expert.trials import Trial, entry_of, judged
from openbml_tabular.expert.variants import Variants

_POLL_S = 0.2
# What learners that end themselves at their deadline may need to hand over what they have.
_LATE_S = 1.0
_LATE_WITHOUT_MODEL_S = 4.0
_RESERVE = 1.3  # of the time that the winner's missing parts are expected to take
_MOST_WAVES = 3
_FAILED_AT_FIRST = 5  # so many trials without a model and none with one: it is no accident


class Solving:
    """One call of `solve_expert`."""

    def __init__(
        self,
        *,
        task: Task,
        conf: ExpertConf,
        search: Search,
        variants: Variants,
        budget: Budget,
        store: Store,
        workers: Executor,
        threads: int,
        progress: Progress,
        stop: Callable[[], str | None],
    ) -> None:
        self._task, self._conf, self._search, self._variants = task, conf, search, variants
        self._budget, self._store, self._workers = budget, store, workers
        self._threads, self._progress, self._stop = threads, progress, stop
        self._parts = task.folds.parts()
        self._at_once = max(workers.free(), 1)
        self._running: dict[str, tuple[Proposal, Bag]] = {}
        self._best: Trial | None = None
        self._failed = 0
        self._ended_early: str | None = None
        self._restore()

    def solved(self) -> tuple[Solution, int]:
        """Return the solution and the number of its feature settings."""
        self._try_all()
        if self._best is not None:
            self._complete_winner(self._best)
        self._workers.close()
        self._store.note_used(self._budget.used_s)
        if self._best is None and self._ended_early is None:
            self._refuse()
        return self._solution(), 0 if self._best is None else self._best.proposal.variant

    def _try_all(self) -> None:
        while self._goes_on():
            self._fill()
            if not self._running:
                return
            self._take_finished(min(_POLL_S, self._budget.left_s))
        self._end_running()

    def _goes_on(self) -> bool:
        self._ended_early = self._stop() or (TIME_LIMIT if self._budget.left_s <= 0 else None)
        hopeless = self._best is None and self._failed >= _FAILED_AT_FIRST
        return self._ended_early is None and not hopeless

    def _fill(self) -> None:
        while self._workers.free():
            bag = self._with_waiting_part() or self._new_bag()
            if bag is None:
                return
            self._submit(bag)

    def _with_waiting_part(self) -> Bag | None:
        """Of a search, a trial's first part ends before its others begin: it may be weak."""
        for _, bag in self._running.values():
            first_is_over = bool(bag.outcomes) or not self._search.searches
            if bag.waiting and (first_is_over or not bag.in_flight):
                return bag
        return None

    def _new_bag(self) -> Bag | None:
        proposal = self._search.ask() if self._left_s() > 0 else None
        if proposal is None:
            return None
        bag = Bag(self._candidate(proposal), list(self._parts[: self._parts_of_a_trial()]))
        self._running[bag.name] = (proposal, bag)
        return bag

    def _candidate(self, proposal: Proposal) -> Candidate:
        code, level = self._conf.model_type, self._variants.level(proposal.variant)
        name = f"{code}-{proposal.number + 1}"
        return Candidate(name, code, dict(proposal.parameters), level, trial=proposal.number)

    def _parts_of_a_trial(self) -> int:
        wanted = self._conf.trial_folds if self._search.searches else 0
        return min(wanted or len(self._parts), len(self._parts))

    def _submit(self, bag: Bag) -> None:
        deadline = time.monotonic() + self._fit_limit_s(len(bag.waiting))
        part = bag.waiting.pop(0)
        bag.in_flight += 1
        self._workers.submit(Fit(bag.candidate, part, self._task.seed + part.fold, deadline, self._threads))

    def _fit_limit_s(self, parts: int) -> float:
        """A fit may take its share of what is left, so that its bag becomes whole and, of a search, another
        one has time too; or a third of it, for the first fits also wait for their processes to start."""
        waves = math.ceil(parts / self._at_once) + int(self._search.searches)
        return max(self._left_s(), 0.0) / min(waves, _MOST_WAVES)

    def _left_s(self) -> float:
        """What is left for trials: the winner's missing parts have to be fitted as well."""
        missing = len(self._parts) - self._parts_of_a_trial()
        each = 0.0 if self._best is None else self._best.bag.mean_fit_s
        return self._budget.left_s - _RESERVE * math.ceil(missing / self._at_once) * each

    def _take_finished(self, timeout_s: float) -> None:
        for outcome in self._workers.finished(timeout_s):
            self._take(outcome)

    def _take(self, outcome: Outcome) -> None:
        proposal, bag = self._running[outcome.fit.candidate.name]
        if outcome.state is State.COMPLETE:
            self._store.save(outcome)
        bag.take(outcome.without_model())
        if bag.state is State.RUNNING and len(bag.outcomes) == 1 and self._is_weak(proposal, bag):
            bag.end(State.PRUNED, "weaker than half of the others after its first part")
        if bag.state is not State.RUNNING and not bag.in_flight:
            self._finish(proposal, bag)

    def _is_weak(self, proposal: Proposal, bag: Bag) -> bool:
        score = self._judged(proposal, bag).score
        return score is not None and self._search.is_weak(proposal.number, score)

    def _judged(self, proposal: Proposal, bag: Bag) -> Trial:
        label = self._variants.label(proposal.variant)
        return judged(proposal, bag, self._task, label)

    def _finish(self, proposal: Proposal, bag: Bag) -> None:
        del self._running[bag.name]
        trial = self._judged(proposal, bag)
        self._search.tell(proposal.number, trial.document(), bag.state)
        self._failed += not bag.outcomes
        self._keep(trial)
        self._tell(trial)
        self._store.note_used(self._budget.used_s)

    def _keep(self, trial: Trial) -> None:
        """Models of trials that are not the best are of no use any more."""
        if not trial.bag.outcomes or (self._best is not None and trial.rank <= self._best.rank):
            self._store.forget(trial.bag.name)
            return
        if self._best is not None:
            self._store.forget(self._best.bag.name)
        self._best = trial

    def _tell(self, trial: Trial) -> None:
        if trial.score is None or self._best is None:
            self._progress.note("warning", f"{trial.bag.name}: {trial.bag.state}, {trial.bag.reason}")
            return
        documents = self._search.documents()
        self._progress.epoch(
            epoch=len(documents),
            score=trial.score,
            best_score=self._best.score,
            models=len(trial.bag.outcomes),
            seconds=round(self._budget.used_s, 1),
        )
        self._progress.leaderboard(told(self._entries()))

    def _end_running(self) -> None:
        """Take what learners hand over that end themselves at their deadline; the rest is ended by force."""
        for _, bag in self._running.values():
            bag.waiting = []
        until = time.monotonic() + (_LATE_WITHOUT_MODEL_S if self._best is None else _LATE_S)
        while self._running and time.monotonic() < until and self._stop() is None:
            self._take_finished(_POLL_S)
        for proposal, bag in list(self._running.values()):
            bag.end(State.OUT_OF_TIME, "was ended before all of its parts were fitted")
            self._finish(proposal, bag)

    def _complete_winner(self, winner: Trial) -> None:
        """Fit the parts that the winner's trial left out."""
        bag = winner.bag
        bag.waiting = [part for part in self._parts if part not in bag.outcomes]
        while (bag.waiting or bag.in_flight) and self._goes_on():
            while bag.waiting and self._workers.free():
                self._submit(bag)
            for outcome in self._workers.finished(min(_POLL_S, self._budget.left_s)):
                self._take_for_winner(bag, outcome)
        self._best = self._judged(winner.proposal, bag)

    def _take_for_winner(self, bag: Bag, outcome: Outcome) -> None:
        bag.in_flight -= 1
        if outcome.state is State.COMPLETE:
            self._store.save(outcome)
            bag.outcomes[outcome.fit.part] = outcome.without_model()

    def _refuse(self) -> None:
        reason = next((row["reason"] for row in reversed(self._search.documents()) if row["reason"]), "")
        raise UserFault(
            f"no trial of {self._conf.model_type} has a model; the last one said: {reason}. "
            "Check the values of model_config and hp_space, and the machine's memory"
        )

    def _solution(self) -> Solution:
        board = Board(self._task.training, self._task.problem, self._task.folds, self._task.seed)
        if self._best is not None:
            bag = self._best.bag
            first_level = replace(bag.candidate, level=1)
            board.add(replace(bag, candidate=first_level, state=State.COMPLETE, waiting=[], in_flight=0))
        conclusion = Conclusion(self._task, board, self._store, ())
        solution = conclusion.solution(ended_early=self._ended_early, notes=())
        trials = self._search.documents()
        return replace(solution, leaderboard=self._entries() or solution.leaderboard, trials=trials)

    def _entries(self) -> Sequence[Entry]:
        winner = None if self._best is None else self._best.bag.name
        return sorted((entry_of(row, winner=winner) for row in self._search.documents()), key=order)

    def _restore(self) -> None:
        """Take over the best trial of a job that was killed; what is not whole is tried again."""
        ended = {row["name"]: row for row in self._search.documents()}
        for candidate, outcomes in list(self._store.restored()):
            row = ended.get(candidate.name)
            if row is None or row["state"] != State.COMPLETE.value or candidate.trial is None:
                self._store.forget(candidate.name)
                continue
            proposal = Proposal(candidate.trial, candidate.parameters, candidate.level - 1)
            done = {outcome.fit.part: outcome for outcome in outcomes}
            self._keep(self._judged(proposal, Bag(candidate, [], done, state=State.COMPLETE)))
