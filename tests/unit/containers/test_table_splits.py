"""Splits of rows, whatever their classes, groups and times are."""

import re
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbml_catalog.tabular.settings import AlgorithmType, Metric, TabularSettings
from openbml_kit.faults import UserFault
from openbml_tabular.problem import Problem
from openbml_tabular.splitting.folds import FoldPlan, fold_numbers, fold_plan
from openbml_tabular.splitting.holdout import holdout, holdout_share
from openbml_tabular.splitting.keys import SplitKeys, binned, split_keys
from tests.contract.containers.tabular_checks.raw_tables import mixed_table

numbers = st.lists(st.integers(0, 5), min_size=4, max_size=120).map(lambda values: np.array(values, np.int64))
shares = st.sampled_from([0.1, 0.2, 0.5])
plans = st.builds(FoldPlan, st.integers(2, 10), st.integers(1, 3))


def refused(work: Callable[[], object], *parts: str) -> None:
    with pytest.raises(UserFault, match=".*".join(re.escape(part) for part in parts)):
        work()


def compact(values: np.ndarray) -> np.ndarray:
    return np.unique(values, return_inverse=True)[1].astype(np.int64)


@settings(max_examples=60, deadline=None)
@given(numbers, shares, st.integers(0, 9))
def test_a_holdout_shares_out_every_class(strata: np.ndarray, share: float, seed: int) -> None:
    split = holdout(SplitKeys(strata), share, seed=seed)
    assert sorted([*split.training, *split.evaluation]) == list(range(len(strata)))
    assert set(strata[split.training]) == set(strata)
    for label in set(strata):
        kept = (strata[split.evaluation] == label).sum()
        assert abs(kept - share * (strata == label).sum()) <= 2


@settings(max_examples=60, deadline=None)
@given(numbers, plans, st.integers(0, 9))
def test_folds_share_out_every_class_to_within_one_row(strata: np.ndarray, plan: FoldPlan, seed: int) -> None:
    folds = fold_numbers(SplitKeys(strata), plan, seed=seed)
    count = min(plan.count, len(strata))
    assert folds.shape == (len(strata), plan.repeats)
    for repeat in folds.T:
        assert np.ptp(np.bincount(repeat, minlength=count)) <= 1
        for label in set(strata):
            assert np.ptp(np.bincount(repeat[strata == label], minlength=count)) <= 1


@settings(max_examples=60, deadline=None)
@given(numbers, st.data(), plans, shares)
def test_groups_are_never_split(
    strata: np.ndarray, data: st.DataObject, plan: FoldPlan, share: float
) -> None:
    size = len(strata)
    drawn = data.draw(st.lists(st.integers(0, 12), min_size=size, max_size=size))
    keys = SplitKeys(strata, groups=compact(np.array(drawn)))
    if keys.groups.max() == 0:
        refused(lambda: holdout(keys, share, seed=1), "group_column")
        refused(lambda: fold_numbers(keys, plan, seed=1), "group_column")
        return
    split = holdout(keys, share, seed=1)
    assert not set(keys.groups[split.training]) & set(keys.groups[split.evaluation])
    assert len(split.training)
    assert len(split.evaluation)
    for repeat in fold_numbers(keys, plan, seed=1).T:
        assert all(len(set(repeat[keys.groups == group])) == 1 for group in set(keys.groups))
        assert set(repeat) == set(range(min(plan.count, keys.groups.max() + 1)))


@settings(max_examples=60, deadline=None)
@given(numbers, plans, shares)
def test_evaluation_lies_after_training(times: np.ndarray, plan: FoldPlan, share: float) -> None:
    keys = SplitKeys(np.zeros(len(times), np.int64), times=times.astype(np.float64))
    if len(set(times)) == 1:
        refused(lambda: holdout(keys, share, seed=1), "time_column")
        refused(lambda: fold_numbers(keys, plan, seed=1), "time_column")
        return
    split = holdout(keys, share, seed=1)
    assert times[split.training].max() < times[split.evaluation].min()
    (folds,) = fold_numbers(keys, plan, seed=1).T
    assert folds.min() == -1
    for fold in range(folds.max() + 1):
        assert times[folds < fold].max() < times[folds == fold].min()


@settings(max_examples=60, deadline=None)
@given(numbers, st.data(), plans)
def test_groups_stay_together_in_time_as_well(times: np.ndarray, data: st.DataObject, plan: FoldPlan) -> None:
    size = len(times)
    drawn = data.draw(st.lists(st.integers(0, 12), min_size=size, max_size=size))
    keys = SplitKeys(np.zeros(size, np.int64), compact(np.array(drawn)), times.astype(np.float64))
    last = np.array([times[keys.groups == group].max() for group in keys.groups])
    if len(set(last)) == 1:
        return
    split = holdout(keys, 0.2, seed=1)
    assert not set(keys.groups[split.training]) & set(keys.groups[split.evaluation])
    assert last[split.training].max() < last[split.evaluation].min()


def test_groups_balance_classes() -> None:
    random = np.random.default_rng(1)
    groups = random.integers(0, 200, 5000)
    strata = (random.random(5000) < 0.1).astype(np.int64)
    (folds,) = fold_numbers(SplitKeys(strata, groups=compact(groups)), FoldPlan(5, 1), seed=1).T
    rates = [strata[folds == fold].mean() for fold in range(5)]
    sizes = np.bincount(folds)
    assert np.ptp(rates) < 0.02
    assert np.ptp(sizes) < 150


def test_a_holdout_has_about_its_share() -> None:
    random = np.random.default_rng(1)
    strata = random.integers(0, 3, 10_000)
    for keys in (
        SplitKeys(strata),
        SplitKeys(strata, groups=compact(random.integers(0, 900, 10_000))),
        SplitKeys(strata, times=random.random(10_000)),
    ):
        assert abs(len(holdout(keys, 0.2, seed=3).evaluation) - 2000) < 60


def test_splits_are_repeatable() -> None:
    strata = np.random.default_rng(1).integers(0, 3, 500)
    for work in (
        lambda: holdout(SplitKeys(strata), 0.2, seed=3).evaluation,
        lambda: fold_numbers(SplitKeys(strata), FoldPlan(5, 2), seed=3),
    ):
        assert np.array_equal(work(), work())
    first, second = fold_numbers(SplitKeys(strata), FoldPlan(5, 2), seed=3).T
    assert not np.array_equal(first, second)


def test_the_share_of_a_holdout_follows_the_number_of_rows() -> None:
    assert [holdout_share(None, rows) for rows in (100, 9_999, 10_000, 100_000, 1_000_000)] == [
        0,
        0,
        0.2,
        0.2,
        0.02,
    ]
    assert holdout_share(0.3, 50) == 0.3
    assert holdout_share(0.0, 50_000) == 0


def test_tiny_tables_are_dealt_out_more_than_once() -> None:
    assert [fold_plan(rows) for rows in (3, 100, 500, 5000)] == [(3, 3), (5, 3), (5, 2), (5, 1)]


def test_targets_of_a_regression_are_binned_evenly() -> None:
    y = np.random.default_rng(1).lognormal(size=1000)
    assert np.ptp(np.bincount(binned(y))) <= 1
    assert set(binned(np.zeros(50))) == {1} or set(binned(np.zeros(50))) == {0}
    assert binned(np.zeros(0)).tolist() == []


def test_keys_are_read_from_the_table() -> None:
    table = mixed_table()
    rows = np.arange(400)
    problem = Problem(AlgorithmType.BINARY, Metric.LOG_LOSS, ("no", "yes"))
    y = np.zeros(400, np.int64)
    for column in ("day", "at", "told", "count", "written"):
        chosen = TabularSettings(target="churn", time_column=column, group_column="city")
        keys = split_keys(table, chosen, problem, rows, y)
        typed = table[column].to_pylist()
        assert keys.times is not None
        assert keys.groups is not None
        if column in ("at", "count"):
            order = [typed[place] for place in np.argsort(keys.times, kind="stable")]
            assert order == sorted(order)
    lacking = sum(value is None for value in table["city"].to_pylist())
    assert keys.groups.max() + 1 == 5 + lacking
    wrong = TabularSettings(target="churn", time_column="note")
    refused(lambda: split_keys(table, wrong, problem, rows, y), "time_column", "'note'", "neither")


def test_an_evaluation_table_must_have_the_columns_that_split_it() -> None:
    table = mixed_table().drop_columns(["city", "day"])
    problem = Problem(AlgorithmType.BINARY, Metric.LOG_LOSS, ("no", "yes"))
    for setting, name in (("group_column", "city"), ("time_column", "day")):
        chosen = TabularSettings(target="churn", **{setting: name})
        with pytest.raises(UserFault, match=f"{setting}: the table has no column '{name}'"):
            split_keys(table, chosen, problem, np.arange(400), np.zeros(400, np.int64))


def test_rows_without_a_time_come_first() -> None:
    table = pa.table({"t": [3.0, None, 1.0, 2.0], "y": ["a", "b", "a", "b"]})
    problem = Problem(AlgorithmType.BINARY, Metric.LOG_LOSS, ("a", "b"))
    keys = split_keys(
        table, TabularSettings(target="y", time_column="t"), problem, np.arange(4), np.zeros(4, np.int64)
    )
    assert holdout(keys, 0.25, seed=1).evaluation.tolist() == [0]
    assert fold_numbers(keys, FoldPlan(3, 1), seed=1)[:, 0].tolist() == [2, -1, 0, 1]
