"""Fields, ranges and value types of searches are exactly the manual's (spec 03 section 2.12)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbml_catalog.networks import hyper_parameters, networks, parse_hyper_parameters
from openbml_catalog.search import (
    SearchConfig,
    SearchConfigError,
    SearchPlan,
    default_space,
    hyper_parameters_of,
    search_parameters,
    search_plan,
    strategies,
)

TASK, NETWORK = "image_classification", "ResNet18_vd"


def plan(strategy: str = "random", **fields: Any) -> SearchPlan:
    config = SearchConfig.model_validate({"strategy": strategy, **fields})
    return search_plan(config, task=TASK, network=NETWORK)


def refused(strategy: str = "random", **fields: Any) -> SearchConfigError:
    with pytest.raises(SearchConfigError) as told:
        plan(strategy, **fields)
    return told.value


@pytest.mark.parametrize(
    ("strategy", "field", "allowed", "beyond"),
    [
        ("bayesian", "initial_points", (1, 20), (0, 21)),
        ("bayesian", "max_concurrent", (1, 20), (0, 21)),
        ("evolutionary", "rounds", (5, 50), (4, 51)),
        ("evolutionary", "perturb_interval", (1, 20), (0, 21)),
        ("evolutionary", "quantile_fraction", (0.001, 0.5), (0, 0.501)),
        ("evolutionary", "explore_probability", (0.001, 0.5), (0, 0.501)),
        ("evolutionary", "population", (1, 10), (0, 11)),
        ("random", "max_trials", (1, 500), (0, 501)),
        ("random", "sampling_percent", (1, 100), (0, 101)),
        ("random", "target", (0.001, 1), (0, 1.001)),
    ],
)
def test_a_field_takes_its_range_with_both_ends_and_refuses_what_lies_beyond(
    strategy: str, field: str, allowed: tuple[float, float], beyond: tuple[float, float]
) -> None:
    for value in allowed:
        assert getattr(plan(strategy, **{field: value}), field) == value
    for value in beyond:
        error = refused(strategy, **{field: value})
        assert error.field == field
        assert f"not {value:g}" in str(error)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_numbers_that_are_none_are_out_of_range(value: float) -> None:
    assert refused("bayesian", initial_points=value).field == "initial_points"
    assert refused("random", target=value).field == "target"


def test_whole_numbers_are_wanted_where_things_are_counted() -> None:
    assert "whole number" in refused("evolutionary", rounds=5.5).reason


def test_what_is_left_out_is_the_manuals_default() -> None:
    bayesian, evolutionary = plan("bayesian"), plan("evolutionary")
    assert plan("random").max_trials == 10
    assert (bayesian.initial_points, bayesian.max_concurrent, bayesian.max_trials) == (5, 5, 10)
    assert (evolutionary.rounds, evolutionary.perturb_interval, evolutionary.population) == (10, 10, 8)
    assert (evolutionary.quantile_fraction, evolutionary.explore_probability) == (0.5, 0.25)
    assert (evolutionary.max_trials, evolutionary.max_concurrent) == (80, 8)
    assert plan("random").target is None
    assert plan("random").sampling_percent == 100


def test_a_population_never_tries_more_than_its_rounds_or_the_maximum() -> None:
    assert plan("evolutionary", rounds=5, population=2, max_trials=100).max_trials == 10
    assert plan("evolutionary", rounds=5, population=2, max_trials=7).max_trials == 7


@pytest.mark.parametrize(
    ("strategy", "field"),
    [
        ("random", "initial_points"),
        ("random", "max_concurrent"),
        ("bayesian", "rounds"),
        ("evolutionary", "initial_points"),
        ("evolutionary", "max_concurrent"),
    ],
)
def test_a_field_of_another_strategy_is_refused(strategy: str, field: str) -> None:
    assert "not a field" in refused(strategy, **{field: 5}).reason


VALUE_TYPES = {
    "batch_size": {"discrete", "random_integer"},
    "learning_rate": {"discrete", "uniform", "log_uniform"},
    "weight_decay": {"discrete", "uniform", "log_uniform"},
    "mix_up": {"boolean"},
    "label_smoothing": {"boolean"},
    "anchor_scale": {"discrete", "random_integer"},
    "anchor_ratio": {"discrete", "random_integer"},
}
SPACES: dict[str, dict[str, Any]] = {
    "discrete": {"type": "discrete", "values": [0.01, 0.1]},
    "random_integer": {"type": "random_integer", "low": 4, "high": 64},
    "uniform": {"type": "uniform", "low": 0.01, "high": 0.1},
    "log_uniform": {"type": "log_uniform", "low": 0.01, "high": 0.1},
    "boolean": {"type": "boolean"},
}
WHOLE = {"type": "discrete", "values": [8, 16]}


@pytest.mark.parametrize("kind", SPACES)
@pytest.mark.parametrize("name", ["batch_size", "learning_rate", "weight_decay", "mix_up", "label_smoothing"])
def test_a_hyper_parameter_takes_its_listed_value_types_only(name: str, kind: str) -> None:
    space = WHOLE if (name, kind) == ("batch_size", "discrete") else SPACES[kind]
    if kind in VALUE_TYPES[name]:
        assert plan(space={name: space}).space[name].type == kind
    else:
        assert refused(space={name: space}).field == f"space.{name}.type"


def test_the_catalogue_lists_the_manuals_names_with_their_types() -> None:
    for task in ("image_classification", "object_detection"):
        for name, row in search_parameters(task).items():
            assert set(row.value_types) == VALUE_TYPES[name]
            assert all((row.label_en, row.label_zh, row.help_en, row.help_zh))
            assert row.parameter in hyper_parameters(task)
    assert set(strategies()) == {"random", "bayesian", "evolutionary"}


@pytest.mark.parametrize(
    ("space", "field", "reason"),
    [
        ({"learning_rate": {"type": "uniform", "low": 0.1, "high": 0.01}}, "low", "below high"),
        ({"learning_rate": {"type": "uniform", "low": 0.1, "high": 0.1}}, "low", "below high"),
        ({"learning_rate": {"type": "uniform", "low": 0.1}}, "learning_rate", "needs low and high"),
        (
            {"learning_rate": {"type": "uniform", "values": [1], "low": 0.1, "high": 1}},
            "learning_rate",
            "nothing else",
        ),
        ({"learning_rate": {"type": "discrete", "values": [2.0]}}, "values", "between"),
        ({"learning_rate": {"type": "discrete", "values": []}}, "values", "different values"),
        ({"learning_rate": {"type": "discrete", "values": [0.1, 0.1]}}, "values", "different values"),
        ({"weight_decay": {"type": "log_uniform", "low": 0, "high": 0.1}}, "low", "above 0"),
        ({"batch_size": {"type": "random_integer", "low": 2.5, "high": 8}}, "low", "whole number"),
        ({"batch_size": {"type": "discrete", "values": [8.5]}}, "values", "whole number"),
        ({"batch_size": {"type": "random_integer", "low": 1, "high": 8}}, "low", "between 2 and 512"),
        ({"mix_up": {"type": "boolean", "values": [1]}}, "mix_up", "neither"),
        ({"anchor_scale": {"type": "random_integer", "low": 2, "high": 8}}, "anchor_scale", "cannot be"),
        ({"dropout": {"type": "boolean"}}, "dropout", "cannot be searched here"),
        ({}, "space", "at least one"),
    ],
)
def test_a_range_that_cannot_be_drawn_from_is_refused(space: Any, field: str, reason: str) -> None:
    error = refused(space=space)
    assert field in error.field
    assert reason in error.reason


def test_what_changes_the_structure_cannot_be_evolved() -> None:
    network = next(row.name for row in networks("object_detection").values() if row.anchors)
    if "anchor_scale" not in search_parameters("object_detection"):
        pytest.skip("no network of this catalogue has anchors to search")
    space = {"anchor_scale": {"type": "random_integer", "low": 4, "high": 16}}
    config = SearchConfig.model_validate({"strategy": "random", "space": space})
    assert search_plan(config, task="object_detection", network=network).max_trials == 10
    evolved = config.model_copy(update={"strategy": "evolutionary"})
    with pytest.raises(SearchConfigError, match="structure"):
        search_plan(evolved, task="object_detection", network=network)


def test_a_space_that_can_be_counted_limits_the_trials() -> None:
    assert plan(space={"mix_up": {"type": "boolean"}, "batch_size": WHOLE}).max_trials == 4
    assert plan(space={"batch_size": {"type": "random_integer", "low": 2, "high": 4}}).max_trials == 3


@pytest.mark.parametrize("task", ["image_classification", "object_detection", "semantic_segmentation"])
def test_every_network_has_a_default_space_that_keeps_the_rules(task: str) -> None:
    for network in networks(task).values():
        space = default_space(task, network, fixed_structure=True)
        assert "learning_rate" in space
        config = SearchConfig.model_validate({"strategy": "evolutionary", "space": space})
        assert search_plan(config, task=task, network=network.name).space == space


@given(st.floats(0.000001, 1.0), st.integers(2, 512), st.booleans())
def test_whatever_a_trial_tries_is_what_training_takes(rate: float, batch: int, mixed: bool) -> None:
    known, declared = search_parameters(TASK), hyper_parameters(TASK)
    values = {"learning_rate": rate, "batch_size": batch, "mix_up": mixed}
    texts = {
        name: known[name].text_of(float(value), declared[known[name].parameter])
        for name, value in values.items()
    }
    given_values = {"task": TASK, "network": NETWORK, "labels": '["a", "b"]'}
    parsed = parse_hyper_parameters(TASK, {**given_values, **hyper_parameters_of(texts, TASK)})
    assert (parsed["learning_rate"], parsed["batch_size"]) == (rate, batch)
    assert parsed["mixup_alpha"] == (0.2 if mixed else 0.0)
