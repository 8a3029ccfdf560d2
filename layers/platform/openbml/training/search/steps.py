"""What a search does next, from what is known of its trials: a pure decision, whoever asks and however often.

Never more trials run than the plan's concurrency, never more are tried than its maximum, and a search ends at
its target (spec 03 section 2.12; checklist 24, 27, 28).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from openbml.compute.failures import Failure, Fault
from openbml.training.search.searches import BestTrial, Search
from openbml.training.search.trials import Trial
from openbml_catalog.search import StrategyName
from openbml_formats.searches import SearchState, TrialState, proposals_wanted

MOST_IDLE_TURNS = 5  # a manager that fails or proposes nothing so often in a row never will
_HOPELESS = 5  # trials that failed while none succeeded


@dataclass(frozen=True)
class Step:
    """The search and its trials as they shall be; `changed` are the trials that the step moves.

    A step that changes anything changes the search, so that of two steps from one state only one is saved.
    """

    search: Search
    trials: Sequence[Trial]
    changed: Sequence[Trial]


def next_step(search: Search, trials: Sequence[Trial], *, unwanted: bool, at: datetime) -> Step:
    """Return what shall become of a search.

    Args:
        unwanted: its run is to stop, or has ended without it.
    """
    if search.state.is_final:
        return Step(search, trials, ())
    after = search.stopping(SearchState.STOPPED, None, at) if unwanted else _judged(search, trials, at)
    moved = _moved(after, trials, at)
    now = [moved.get(trial.number, trial) for trial in trials]
    if after.state is SearchState.STOPPING and not any(trial.state.is_open for trial in now):
        after = after.ended(at)
    elif after.state is SearchState.RUNNING and not after.turn_open and proposals_wanted(after.plan, now):
        after = after.next_turn(len(now), at)
    running = sum(trial.state is TrialState.RUNNING for trial in now)
    ended = sum(not trial.state.is_open for trial in now)
    after = after.counted(best_trial(search, now), running, ended, at)
    return Step(after, now, list(moved.values()))


def best_trial(search: Search, trials: Sequence[Trial]) -> BestTrial | None:
    """Return the trial of the highest quality, the first of equals.

    The result of an evolutionary search is the trial's model, so that one counts once its model is there.
    """
    needs_model = search.plan.strategy is StrategyName.EVOLUTIONARY
    candidates = [trial for trial in trials if trial.counts and not (needs_model and trial.data_uri is None)]
    if not candidates:
        return None
    best = max(candidates, key=lambda trial: (trial.quality or 0.0, -trial.number))
    return BestTrial(number=best.number, parameters=best.parameters, quality=best.quality or 0.0)


def _judged(search: Search, trials: Sequence[Trial], at: datetime) -> Search:
    """Return the search stopping where it has reached its target or its end, or cannot go on."""
    if search.state is not SearchState.RUNNING:
        return search
    best = best_trial(search, trials)
    target = search.plan.target
    if best and target is not None and best.quality >= target:
        return search.stopping(SearchState.FINISHED, None, at)
    failed = [trial for trial in trials if trial.state is TrialState.FAILED]
    ended = sum(not trial.state.is_open for trial in trials)
    if ended >= search.plan.max_trials or (len(failed) >= _HOPELESS and best is None):
        if best:
            return search.stopping(SearchState.FINISHED, None, at)
        return search.stopping(SearchState.FAILED, _no_result(failed), at)
    if search.idle_turns >= MOST_IDLE_TURNS and not search.turn_open:
        return search.stopping(SearchState.FAILED, _no_manager(search), at)
    return search


def _moved(search: Search, trials: Sequence[Trial], at: datetime) -> dict[int, Trial]:
    proposed = [trial for trial in trials if trial.state is TrialState.PROPOSED]
    if search.state is not SearchState.RUNNING:
        return {trial.number: trial.dropped(at) for trial in proposed}
    running = sum(trial.state is TrialState.RUNNING for trial in trials)
    room = max(0, search.plan.max_concurrent - running)
    allowed = [trial for trial in proposed if trial.number < search.plan.max_trials]
    return {trial.number: trial.submitted() for trial in allowed[:room]}


def _no_result(failed: Sequence[Trial]) -> Failure:
    """All trials failed: the first one's reason stands for them, and whose fault it was."""
    first = next((trial.failure for trial in failed if trial.failure), None)
    if first is None:
        return Failure(fault=Fault.PLATFORM, message="no trial of the search gave a result")
    return Failure(
        fault=first.fault, message=f"all {len(failed)} trials of the search failed: {first.message}"
    )


def _no_manager(search: Search) -> Failure:
    why = f": {search.turn_failure.message}" if search.turn_failure else ""
    return Failure(
        fault=Fault.PLATFORM,
        message=f"the search manager ended {search.idle_turns} times without a proposal{why}",
    )
