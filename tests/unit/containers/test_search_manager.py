"""The manager of a search: what it proposes rests on the table alone, whoever asks and whoever was killed."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbml_catalog.search import ParameterSpace, SearchConfig, search_plan
from openbml_formats.searches import SearchState, StudyTrial, TrialState, proposals_wanted
from openbml_search.population import drawn, varied
from openbml_search.seeds import seed_of
from openbml_search.study import Study
from openbml_search.turns import next_trial
from openbml_search.values import read
from tests.fakes.compute_memory import NOON, Ticking
from tests.fakes.search_world import turn

SPACE = {
    "learning_rate": {"type": "log_uniform", "low": 0.0001, "high": 0.1},
    "batch_size": {"type": "random_integer", "low": 4, "high": 32},
    "mix_up": {"type": "boolean"},
}


def study(strategy: str, trials: Sequence[StudyTrial] = (), **config: Any) -> Study:
    wish = SearchConfig.model_validate({"strategy": strategy, "space": SPACE, **config})
    plan = search_plan(wish, task="image_classification", network="ResNet18_vd")
    return Study(77, "image_classification", SearchState.RUNNING, plan, trials)


def quality(trial: StudyTrial) -> float:
    """A figure that is best at a learning rate of 0.01."""
    rate = read(trial.parameters).get("learning_rate", 0.001)
    return 1 / (1 + 4 * (math.log10(rate) + 2) ** 2)


@dataclass
class Table:
    """A journal in memory that a manager may be killed at any write of."""

    now: Study
    writes_left: int = 10_000
    written: list[StudyTrial] = field(default_factory=list)

    def read(self) -> Study:
        return replace(self.now, trials=list(self.now.trials))

    def propose(self, trial: StudyTrial) -> bool:
        if self.writes_left == 0:
            raise KeyboardInterrupt
        self.writes_left -= 1
        if trial.number != len(self.now.trials) or self.now.state is not SearchState.RUNNING:
            return False
        self.written.append(trial)
        self.now = replace(self.now, trials=[*self.now.trials, trial])
        return True

    def end(self, number: int, state: TrialState = TrialState.SUCCEEDED) -> None:
        trials = list(self.now.trials)
        result = quality(trials[number]) if state is TrialState.SUCCEEDED else None
        trials[number] = trials[number].model_copy(update={"state": state, "quality": result})
        self.now = replace(self.now, trials=trials)

    def open_numbers(self) -> list[int]:
        return [trial.number for trial in self.now.trials if trial.state.is_open]


def take(table: Table) -> int:
    return turn(table, Ticking())


def played(table: Table) -> list[StudyTrial]:
    """Let managers and trials take turns to the end, the trials ending in their order."""
    while True:
        take(table)
        if not table.open_numbers():
            return list(table.now.trials)
        table.end(table.open_numbers()[0])


def played_with_kills(table: Table, lives: Sequence[int]) -> list[StudyTrial]:
    """The same with managers that die after so many writes; another one goes on from the table."""
    for writes in lives:
        table.writes_left = writes
        try:
            take(table)
        except KeyboardInterrupt:
            continue
        if table.open_numbers():
            table.end(table.open_numbers()[0])
    table.writes_left = 10_000
    return played(table)


@pytest.mark.parametrize("strategy", ["random", "bayesian", "evolutionary"])
@given(lives=st.lists(st.integers(0, 4), max_size=6))
@settings(deadline=None, max_examples=8)
def test_a_killed_manager_is_followed_by_one_that_fills_the_same_table(
    strategy: str, lives: list[int]
) -> None:
    config: dict[str, Any] = {"max_trials": 8}
    if strategy == "evolutionary":
        config |= {"population": 3, "rounds": 5}
    if strategy == "bayesian":
        config |= {"initial_points": 2, "max_concurrent": 1}
    undisturbed = played(Table(study(strategy, **config)))
    killed = played_with_kills(Table(study(strategy, **config)), lives)
    assert killed == undisturbed


@pytest.mark.parametrize("strategy", ["random", "bayesian", "evolutionary"])
def test_the_same_table_gives_the_same_next_proposal(strategy: str) -> None:
    trials = played(Table(study(strategy, max_trials=6)))
    for count in range(len(trials)):
        again = [next_trial(study(strategy, trials[:count]), Ticking()) for _ in range(2)]
        assert again[0] == again[1]


def test_other_searches_draw_other_values() -> None:
    one, other = study("random"), replace(study("random"), search_id=78)
    assert next_trial(one, Ticking()).parameters != next_trial(other, Ticking()).parameters
    assert len({seed_of(77, number) for number in range(200)}) == 200


def test_two_managers_at_once_never_double_a_trial_and_never_exceed_the_room() -> None:
    table = Table(study("random", max_trials=9))

    @dataclass
    class Slow:
        """Reads, then sleeps while the other manager takes a whole turn."""

        interfere: Callable[[], int] | None

        def read(self) -> Study:
            seen = table.read()
            if self.interfere:
                meanwhile, self.interfere = self.interfere, None
                meanwhile()
            return seen

        def propose(self, trial: StudyTrial) -> bool:
            return table.propose(trial)

    turn(Slow(lambda: take(table)), Ticking())
    assert [trial.number for trial in table.written] == [0, 1, 2, 3, 4]
    assert len(table.open_numbers()) == 5


def test_tpe_comes_nearer_to_the_best_than_its_random_beginning() -> None:
    trials = played(Table(study("bayesian", max_trials=40, initial_points=10, max_concurrent=1)))
    first, last = trials[:10], trials[-10:]
    assert sum(map(quality, last)) > sum(map(quality, first)) + 1


def test_a_manager_leaves_when_nothing_is_wanted_and_when_the_search_no_longer_runs() -> None:
    slept: list[float] = []
    table = Table(study("random", max_trials=20))
    assert turn(table, Ticking(), sleep=slept.append, linger_s=6) == 5
    assert sum(slept) == 6
    table.now = replace(table.now, state=SearchState.STOPPING)
    table.end(0)
    assert take(table) == 0


def test_a_result_that_comes_while_the_manager_lingers_is_answered_in_the_same_turn() -> None:
    table = Table(study("random", max_trials=7))
    assert turn(table, Ticking(), sleep=lambda seconds: table.end(table.open_numbers()[0]), linger_s=60) == 7


def test_a_space_that_can_be_counted_is_tried_once_each() -> None:
    space = {
        "mix_up": {"type": "boolean"},
        "batch_size": {"type": "discrete", "values": [4, 8, 16]},
    }
    for strategy in ("random", "bayesian"):
        trials = played(Table(study(strategy, space=space, max_trials=50)))
        assert len({tuple(sorted(trial.parameters.items())) for trial in trials}) == len(trials) == 6


def evolved(qualities: Sequence[float | None], **config: Any) -> tuple[Study, list[StudyTrial]]:
    """Return a study with one round of these qualities (None: failed), and the round that follows it."""
    size = len(qualities)
    table = Table(study("evolutionary", population=size, rounds=5, **config))
    assert take(table) == size
    trials = [
        trial.model_copy(
            update={
                "state": TrialState.FAILED if value is None else TrialState.SUCCEEDED,
                "quality": value,
            }
        )
        for trial, value in zip(table.now.trials, qualities, strict=True)
    ]
    table.now = replace(table.now, trials=trials)
    before = table.now
    take(table)
    return before, list(table.now.trials[size:])


def test_the_worst_half_takes_over_from_the_best_half_and_those_go_on_alone() -> None:
    before, after = evolved([0.9, 0.1, 0.8, 0.2])
    assert [trial.generation for trial in after] == [1, 1, 1, 1]
    assert (after[0].parent, after[2].parent) == (0, 2)
    assert after[0].parameters == before.trials[0].parameters
    assert after[1].parent in (0, 2)
    assert after[3].parent in (0, 2)
    assert after[1].parameters != before.trials[1].parameters


def test_a_smaller_share_replaces_fewer() -> None:
    _, after = evolved([0.9, 0.1, 0.8, 0.2], quantile_fraction=0.25)
    assert [trial.parent for trial in after] == [0, 0, 2, 3]


def test_who_failed_takes_over_from_the_best_and_if_all_failed_they_begin_anew() -> None:
    _, after = evolved([None, 0.5, None, 0.4])
    assert after[0].parent in (1, 3)
    assert after[2].parent in (1, 3)
    _, anew = evolved([None, None])
    assert [trial.parent for trial in anew] == [None, None]


def test_a_single_individual_goes_on_from_itself() -> None:
    before, after = evolved([0.5])
    assert (after[0].parent, after[0].parameters) == (0, before.trials[0].parameters)


def test_a_round_waits_for_the_whole_round_before_it() -> None:
    table = Table(study("evolutionary", population=4, rounds=5))
    take(table)
    for number in range(3):
        table.end(number)
        assert take(table) == 0
    table.end(3)
    assert take(table) == 4


def test_a_population_trains_all_its_rounds_and_no_more() -> None:
    trials = played(Table(study("evolutionary", population=3, rounds=5)))
    assert len(trials) == 15
    assert {trial.generation for trial in trials} == set(range(5))


SPACES = st.sampled_from(
    [
        ParameterSpace(type="log_uniform", low=0.0001, high=0.1),
        ParameterSpace(type="uniform", low=0.0, high=0.5),
        ParameterSpace(type="random_integer", low=2, high=9),
        ParameterSpace(type="discrete", values=(4.0, 8.0, 16.0)),
        ParameterSpace(type="boolean"),
    ]
)


@given(SPACES, st.randoms(use_true_random=False))
def test_what_is_drawn_or_varied_stays_in_its_space(space: ParameterSpace, source: Any) -> None:
    for value in (first := drawn(space, source), varied(first, space, source)):
        choices = space.choices()
        if choices is not None:
            assert value in choices
        else:
            low, high = space.bounds
            assert low <= value <= high


@given(
    st.sampled_from(["random", "bayesian", "evolutionary"]),
    st.lists(st.sampled_from([TrialState.SUCCEEDED, TrialState.FAILED]), max_size=30),
    st.randoms(use_true_random=False),
)
@settings(deadline=None, max_examples=60)
def test_no_order_of_ends_makes_more_proposals_than_there_is_room_for(
    strategy: str, ends: list[TrialState], source: Any
) -> None:
    plan = study(strategy, max_trials=12).plan
    trials: list[StudyTrial] = []
    for end in ends:
        for _ in range(proposals_wanted(plan, trials)):
            trials.append(
                StudyTrial(number=len(trials), parameters={}, seed=0, proposed_at=NOON),
            )
        open_trials = [place for place, trial in enumerate(trials) if trial.state.is_open]
        assert len(open_trials) <= plan.max_concurrent
        assert len(trials) <= plan.max_trials
        if open_trials:
            place = source.choice(open_trials)
            trials[place] = trials[place].model_copy(update={"state": end})
