"""Shapley values: their axioms hold, and few columns are valued as by hand."""

from itertools import permutations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbml_kit.tables.shapley import shapley_values

Matrix = npt.NDArray[np.float32]
seeds = st.integers(min_value=0, max_value=2**31)


class Model:
    """A model with interactions of all its features; it counts the rows it was asked."""

    def __init__(self, seed: int, features: int, outputs: int = 2) -> None:
        drawn = np.random.default_rng(seed)
        self.weights = drawn.normal(size=(features, outputs))
        self.pairs = drawn.normal(size=(features, features, outputs)) / features
        self.rows = 0

    def __call__(self, x: Matrix) -> npt.NDArray[np.float64]:
        self.rows += len(x)
        x = np.nan_to_num(x, nan=-1.0).astype(np.float64)
        return np.tanh(x @ self.weights + np.einsum("ni,nj,ijo->no", x, x, self.pairs))


def rows(seed: int, n: int, features: int) -> Matrix:
    drawn = np.random.default_rng(seed).normal(size=(n, features)).astype(np.float32)
    drawn[drawn > 1.5] = np.nan
    return drawn


@settings(deadline=None)
@given(seeds, st.integers(1, 9), st.integers(1, 5), st.integers(1, 4))
def test_contributions_sum_to_the_answer_less_the_base(seed: int, groups: int, m: int, orders: int) -> None:
    model, x, background = Model(seed, groups + 2), rows(seed, 3, groups + 2), rows(seed + 1, m, groups + 2)
    members = [[0, 1], *([place] for place in range(2, groups + 2))]
    values, base = shapley_values(model, x, background, members, permutations=orders, seed=seed)
    assert values.shape == (3, groups + 1, 2)
    assert base == pytest.approx(model(background).mean(axis=0))
    assert values.sum(axis=1) + base == pytest.approx(model(x))


@settings(deadline=None)
@given(seeds, st.integers(2, 4))
def test_few_columns_are_valued_as_the_mean_over_all_orders(seed: int, features: int) -> None:
    model, x, background = Model(seed, features), rows(seed, 1, features), rows(seed + 1, 2, features)
    groups = [[place] for place in range(features)]
    values, _ = shapley_values(model, x, background, groups, permutations=64, seed=0)
    expected = np.zeros((features, 2))
    orders = list(permutations(range(features)))
    for order in orders:
        state = background.copy()
        for place in order:
            before = model(state).mean(axis=0)
            state[:, place] = x[0, place]
            expected[place] += (model(state).mean(axis=0) - before) / len(orders)
    assert values[0] == pytest.approx(expected)


@settings(deadline=None)
@given(seeds, st.integers(1, 12))
def test_a_column_that_the_model_ignores_contributes_nothing(seed: int, features: int) -> None:
    model, x, background = Model(seed, features), rows(seed, 2, features + 1), rows(seed + 1, 3, features + 1)
    values, _ = shapley_values(
        lambda x: model(x[:, :-1]), x, background, [[p] for p in range(features + 1)], permutations=2, seed=1
    )
    assert values[:, -1] == pytest.approx(0, abs=1e-12)


@settings(deadline=None)
@given(seeds)
def test_columns_that_do_the_same_contribute_the_same(seed: int) -> None:
    x = rows(seed, 1, 4)
    x[0, 1] = x[0, 0]
    background = rows(seed + 1, 3, 4)
    background[:, 1] = background[:, 0]

    def symmetric(x: Matrix) -> npt.NDArray[np.float64]:
        x = np.nan_to_num(x).astype(np.float64)
        return np.sin(x[:, :1] + x[:, 1:2]) * x[:, 2:3] + x[:, 3:]

    values, _ = shapley_values(symmetric, x, background, [[p] for p in range(4)], permutations=16, seed=3)
    assert values[0, 0] == pytest.approx(values[0, 1])


@settings(deadline=None)
@given(seeds)
def test_an_additive_model_is_valued_exactly_however_few_permutations(seed: int) -> None:
    x, background = rows(seed, 2, 20), rows(seed + 1, 4, 20)
    x, background = np.nan_to_num(x), np.nan_to_num(background)
    slopes = np.random.default_rng(seed).normal(size=20)
    values, _ = shapley_values(
        lambda x: (x @ slopes)[:, None], x, background, [[p] for p in range(20)], permutations=1, seed=seed
    )
    assert values[:, :, 0] == pytest.approx((x - background.mean(axis=0)) * slopes, abs=1e-5)


def test_many_permutations_come_near_the_exact_values() -> None:
    model, x, background = Model(5, 9), rows(5, 1, 9), rows(6, 4, 9)
    groups = [[place] for place in range(9)]
    exact, _ = shapley_values(model, x, background, groups, permutations=512, seed=0)
    near, _ = shapley_values(model, x, background, groups, permutations=50, seed=0)
    assert near == pytest.approx(exact, abs=0.08)
    assert not np.array_equal(near, exact)


def test_equal_values_are_not_asked_twice() -> None:
    model, background = Model(1, 30), np.zeros((5, 30), np.float32)
    x = np.zeros((1, 30), np.float32)
    x[0, 3] = 1
    values, _ = shapley_values(model, x, background, [[p] for p in range(30)], permutations=8, seed=0)
    assert model.rows == 5 + 2 * 5
    assert np.flatnonzero(values[0, :, 0]).tolist() == [3]


def test_the_same_seed_gives_the_same_values() -> None:
    model, x, background = Model(1, 12), rows(1, 2, 12), rows(2, 3, 12)
    groups = [[place] for place in range(12)]
    one, _ = shapley_values(model, x, background, groups, permutations=2, seed=9)
    other, _ = shapley_values(model, x, background, groups, permutations=2, seed=9)
    assert np.array_equal(one, other)


@pytest.mark.parametrize(("m", "orders"), [(0, 2), (2, 0)])
def test_no_background_or_no_permutation_is_refused(m: int, orders: int) -> None:
    with pytest.raises(ValueError, match="background row"):
        shapley_values(Model(1, 2), rows(1, 1, 2), rows(1, m, 2), [[0], [1]], permutations=orders, seed=0)


def test_no_rows_or_no_groups_give_empty_contributions() -> None:
    model, background = Model(1, 2), rows(2, 3, 2)
    none, _ = shapley_values(model, rows(1, 0, 2), background, [[0], [1]], permutations=2, seed=0)
    assert none.shape == (0, 2, 2)
    none, _ = shapley_values(model, rows(1, 3, 2), background, [], permutations=2, seed=0)
    assert none.shape == (3, 0, 2)
