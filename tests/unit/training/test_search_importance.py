"""Importance is the share of the quality that a hyper-parameter alone explains."""

import random

from hypothesis import given
from hypothesis import strategies as st

from openbml.training.search.importance import importance_shares, measured_trials
from openbml.training.search.read_searches import importance_view
from openbml.training.search.trials import Trial
from openbml_catalog.search import ParameterSpace
from openbml_formats.searches import TrialState
from tests.fakes.compute_memory import NOON
from tests.fakes.compute_samples import SCOPE
from tests.fakes.search_world import SearchWorld

SPACE = {
    "learning_rate": ParameterSpace(type="log_uniform", low=0.0001, high=0.1),
    "weight_decay": ParameterSpace(type="log_uniform", low=0.0001, high=0.1),
    "mix_up": ParameterSpace(type="boolean"),
}


def trial(number: int, quality: float, *, rate: float, decay: float, mixed: bool) -> Trial:
    return Trial(
        scope=SCOPE,
        search_id=1,
        number=number,
        state=TrialState.SUCCEEDED,
        parameters={
            "learning_rate": repr(rate),
            "weight_decay": repr(decay),
            "mix_up": "true" if mixed else "false",
        },
        seed=1,
        quality=quality,
        proposed_at=NOON,
    )


def trials(count: int, seed: int = 3) -> list[Trial]:
    """The learning rate decides, mix-up matters a little, weight decay does not."""
    source = random.Random(seed)
    made = []
    for number in range(count):
        rate, decay, mixed = 10 ** source.uniform(-4, -1), 10 ** source.uniform(-4, -1), source.random() < 0.5
        made.append(trial(number, 5 * rate + 0.05 * mixed, rate=rate, decay=decay, mixed=mixed))
    return made


def test_what_decides_comes_first_and_the_shares_add_up_to_one() -> None:
    shares = importance_shares(SPACE, trials(40))
    assert max(shares, key=lambda name: shares[name]) == "learning_rate"
    assert shares["learning_rate"] > 0.6
    assert shares["weight_decay"] < 0.2
    assert abs(sum(shares.values()) - 1) < 1e-9


def test_a_switch_that_decides_alone_has_all_of_it() -> None:
    made = [
        trial(number, 0.9 if number % 2 else 0.3, rate=0.01, decay=0.01, mixed=bool(number % 2))
        for number in range(8)
    ]
    assert importance_shares(SPACE, made) == {"learning_rate": 0.0, "weight_decay": 0.0, "mix_up": 1.0}


def test_too_few_trials_or_equal_qualities_say_nothing() -> None:
    assert set(importance_shares(SPACE, trials(4)).values()) == {0.0}
    equal = [row.model_copy(update={"quality": 0.5}) for row in trials(12)]
    assert set(importance_shares(SPACE, equal).values()) == {0.0}


def test_only_trials_that_were_trained_to_their_end_count() -> None:
    made = trials(6)
    made[0] = made[0].model_copy(update={"state": TrialState.STOPPED})
    made[1] = made[1].model_copy(update={"quality": None})
    assert len(measured_trials(made)) == 4


@given(st.integers(5, 30), st.integers(0, 1000))
def test_shares_are_never_negative_and_the_scale_of_a_value_does_not_matter(count: int, seed: int) -> None:
    made = trials(count, seed)
    shares = importance_shares(SPACE, made)
    assert all(share >= 0 for share in shares.values())
    scaled = []
    for row in made:
        rate = float(row.parameters["learning_rate"]) / 7
        scaled.append(row.model_copy(update={"parameters": {**row.parameters, "learning_rate": str(rate)}}))
    assert importance_shares(SPACE, scaled) == shares


def test_the_api_names_every_hyper_parameter_of_the_search() -> None:
    world = SearchWorld("random", {"max_trials": 6}).begin()
    for number in range(6):
        world.propose()
        world.succeeds(number, 0.1 * number)
    view = importance_view(SCOPE, world.search_id, searches=world.world.searches)
    assert [row.name for row in view.parameters] == ["learning_rate"]
    assert (view.trials, view.parameters[0].label_zh) == (6, "学习率")
