"""Operators of feature engineering: what they do to features, and that serving does the same."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from openbml_catalog.tabular.feature_operators import feature_operators, operator_space, with_values
from openbml_catalog.tabular.settings import ChosenFeatureOperator, TabularSettings
from openbml_kit.tables.feature_map import FeatureMap
from openbml_kit.tables.features import FeatureKind
from openbml_tabular.examples import Floats
from openbml_tabular.features.encoding import encode_table
from openbml_tabular.features.operators.association import association
from openbml_tabular.features.operators.engineering import engineered_feature_map
from openbml_tabular.features.target_values import learned_target
from tests.contract.containers.tabular_checks.raw_tables import mixed_table
from tests.contract.containers.tabular_checks.refusals import refused

CLASSES = TabularSettings(target="churn", excluded_columns=("value",))
NUMBERS = TabularSettings(target="value", excluded_columns=("churn",))


def engineered(
    table: pa.Table, *operators: ChosenFeatureOperator, settings: TabularSettings = CLASSES
) -> tuple[FeatureMap, Floats]:
    target = learned_target(table, settings)
    fitted = engineered_feature_map(
        table,
        settings,
        rows=target.values.rows,
        y=target.values.y,
        is_classification=target.problem.is_classification,
        operators=operators,
    )
    return fitted, encode_table(fitted, table)


def operator(name: str, *columns: str, **parameters: Any) -> ChosenFeatureOperator:
    return ChosenFeatureOperator(name=name, columns=columns or None, parameters=parameters)


def of(fitted: FeatureMap, x: Floats, name: str) -> Floats:
    return x[:, [feature.name for feature in fitted.features].index(name)]


def names(fitted: FeatureMap) -> list[str]:
    return [feature.name for feature in fitted.features]


def numbers(**columns: Any) -> pa.Table:
    rows = len(next(iter(columns.values())))
    return pa.table(
        {**columns, "churn": [("no", "yes")[place % 2] for place in range(rows)], "value": range(rows)}
    )


def check_every_operator_with_its_defaults_serves_what_it_trained() -> None:
    table = mixed_table(150)
    rows = table.slice(0, 50).to_pylist()
    for name in feature_operators():
        for settings in (CLASSES, NUMBERS):
            fitted, x = engineered(table, operator(name), settings=settings)
            assert x.shape == (150, len(fitted.features)), name
            assert len(set(names(fitted))) == len(fitted.features), name
            again = FeatureMap.model_validate_json(fitted.model_dump_json())
            assert np.array_equal(again.encode_rows(rows), x[:50], equal_nan=True), name
            assert not np.isinf(x).any(), name


def check_operators_work_one_after_the_other() -> None:
    chain = [
        operator(name) for name in ("impute", "log_transform", "interactions", "standardise", "rare_category")
    ]
    chain += [operator("one_hot"), operator("drop_correlated"), operator("select_k_best", k=12)]
    table = mixed_table()
    fitted, x = engineered(table, *chain)
    assert x.shape == (400, 12)
    assert not np.isnan(x).any()
    assert np.array_equal(fitted.encode_rows(table.slice(0, 20).to_pylist()), x[:20])


def check_every_choice_of_a_search_can_be_applied() -> None:
    table = mixed_table(120)
    for name in feature_operators():
        for place, values in enumerate(_corners(operator_space([operator(name)]))):
            chosen = with_values([operator(name)], values)
            _, x = engineered(table, *chosen)
            assert not np.isinf(x).any(), (name, place)


def _corners(space: Mapping[str, Any]) -> list[dict[str, Any]]:
    most = max((len(range_.ends) for range_ in space.values()), default=0)
    return [
        {name: range_.ends[min(place, len(range_.ends) - 1)] for name, range_ in space.items()}
        for place in range(most)
    ]


def check_missing_numbers_are_filled_and_told() -> None:
    fitted, x = engineered(numbers(a=[1.0, None, 3.0, 8.0]), operator("impute"))
    assert of(fitted, x, "a").tolist() == [1, 3, 3, 8]
    assert of(fitted, x, "a.missing").tolist() == [0, 1, 0, 0]
    for method, value in {"mean": 4, "constant": -7, "most_frequent": 1}.items():
        fitted, x = engineered(
            numbers(a=[1.0, None, 3.0, 8.0]), operator("impute", method=method, value=-7, indicator=False)
        )
        assert of(fitted, x, "a")[1] == value
        assert names(fitted) == ["a"]


def check_outliers_are_clipped_at_fences() -> None:
    fitted, x = engineered(numbers(a=[*range(1, 21), 10_000]), operator("clip_outliers", factor=1.5))
    assert of(fitted, x, "a").max() == 16 + 1.5 * 10
    fitted, x = engineered(numbers(a=[0.0] * 20 + [5.0]), operator("clip_outliers"))
    assert of(fitted, x, "a").max() == 5


def check_numbers_are_scaled() -> None:
    values = [1.0, 2.0, 3.0, 10.0]
    for method, low in {"standard": -1.5, "min_max": 0.0, "robust": -2.0}.items():
        fitted, x = engineered(numbers(a=values), operator("standardise", "a", method=method))
        assert low <= of(fitted, x, "a").min() < of(fitted, x, "a").max() < 3
    fitted, x = engineered(numbers(a=values), operator("standardise", "a"))
    assert abs(of(fitted, x, "a").mean()) < 1e-6
    assert abs(of(fitted, x, "a").std() - 1) < 1e-6


def check_only_skewed_numbers_get_a_logarithm() -> None:
    table = numbers(a=[1.0, 2, 3, 1000], b=[1.0, 2, 3, 4])
    fitted, x = engineered(table, operator("log_transform"))
    assert np.allclose(of(fitted, x, "a"), np.log1p([1, 2, 3, 1000]))
    assert of(fitted, x, "b").tolist() == [1, 2, 3, 4]


def check_quantiles_make_any_distribution_even() -> None:
    values = np.random.default_rng(0).lognormal(size=2000)
    fitted, x = engineered(numbers(a=values), operator("quantile_transform", "a", distribution="uniform"))
    counts = np.histogram(of(fitted, x, "a"), bins=10, range=(0, 1))[0]
    assert counts.min() > 180
    fitted, x = engineered(numbers(a=values), operator("quantile_transform", "a"))
    assert abs(of(fitted, x, "a").std() - 1) < 0.05


def check_numbers_become_categories_of_intervals() -> None:
    fitted, x = engineered(numbers(a=[*range(99), None]), operator("binning", "a", bins=4))
    feature = fitted.features[names(fitted).index("a")]
    assert (feature.kind, feature.cardinality) == (FeatureKind.CODE, 5)
    assert np.bincount(of(fitted, x, "a").astype(int)).tolist() == [25, 24, 25, 25, 1]


def check_rare_and_unseen_categories_become_one() -> None:
    table = numbers(a=["u"] * 60 + ["v"] * 38 + ["w", "x"])
    fitted, x = engineered(table, operator("rare_category", least_share=0.05))
    assert fitted.features[0].cardinality == 3
    assert sorted(set(of(fitted, x, "a").tolist())) == [0, 1, 2]
    assert fitted.encode_rows([{"a": "new", "value": 1}])[0, 0] == 2


def check_frequencies_are_added_and_unseen_ones_are_zero() -> None:
    table = numbers(a=["u"] * 60 + ["v"] * 40)
    fitted, x = engineered(table, operator("frequency_encoding"))
    assert np.allclose(of(fitted, x, "a.share")[[0, 99]], [0.6, 0.4])
    encoded = fitted.encode_rows([{"a": "new", "value": 1}])
    assert of(fitted, encoded, "a.share")[0] == 0


def check_categories_become_zeros_and_ones() -> None:
    table = numbers(a=["u"] * 60 + ["v"] * 30 + ["w"] * 10)
    fitted, x = engineered(table, operator("one_hot", most=2))
    assert [name for name in names(fitted) if name.startswith("a")] == ["a=0", "a=1"]
    assert of(fitted, x, "a=0").sum() == 60
    assert of(fitted, x, "a=1").sum() == 30


def check_date_parts_and_text_topics_are_chosen() -> None:
    fitted, _ = engineered(mixed_table(), operator("date_parts", calendar=False, clock=False, position=True))
    dates = [name for name in names(fitted) if name.startswith("day.")]
    assert dates == ["day.days", "day.quarter", "day.week", "day.day_of_year", "day.to_month_end"]
    fitted, _ = engineered(mixed_table(), operator("text_ngrams", components=3))
    assert [name for name in names(fitted) if name.startswith("note.")][2:] == [
        "note.topic_1",
        "note.topic_2",
        "note.topic_3",
    ]


def check_interactions_combine_the_most_telling_numbers() -> None:
    random = np.random.default_rng(0)
    a, b, c = random.normal(size=(3, 900))
    table = pa.table({"c": c, "a": a, "b": b, "y": a * 2 + b})
    chosen = TabularSettings(target="y")
    fitted, x = engineered(table, operator("interactions", most=1), settings=chosen)
    assert names(fitted) == ["c", "a", "b", "a * b"]
    assert np.allclose(of(fitted, x, "a * b"), a * b, atol=1e-5)
    fitted, x = engineered(table, operator("interactions", operation="ratio", most=1), settings=chosen)
    assert names(fitted)[-1] == "a / b"
    assert np.isnan(fitted.encode_rows([{"a": 1, "b": 0, "c": 1}])[0, -1])


def check_powers_are_added_to_the_most_telling_numbers() -> None:
    random = np.random.default_rng(0)
    a, b = random.normal(size=(2, 900))
    table = pa.table({"a": a, "b": b, "y": a * 2})
    fitted, x = engineered(
        table, operator("polynomial", degree=3, most=1), settings=TabularSettings(target="y")
    )
    assert names(fitted) == ["a", "b", "a^2", "a^3"]
    assert np.allclose(of(fitted, x, "a^3"), a**3, atol=1e-4)


def check_multiples_of_earlier_numbers_are_dropped() -> None:
    random = np.random.default_rng(0)
    a, b = random.normal(size=(2, 900))
    table = numbers(a=a, b=b, twice=a * -2 + 1)
    fitted, _ = engineered(table, operator("drop_correlated"), settings=CLASSES)
    assert "twice" not in names(fitted)
    assert {"a", "b"} <= set(names(fitted))


def check_the_best_features_are_kept() -> None:
    random = np.random.default_rng(0)
    a, b, c = random.normal(size=(3, 900))
    table = pa.table({"a": a, "b": b, "c": c, "y": [("no", "yes")[int(value)] for value in b > 0]})
    fitted, _ = engineered(table, operator("select_k_best", k=1), settings=TabularSettings(target="y"))
    assert names(fitted) == ["b"]


def check_association_is_no_reward_for_many_values() -> None:
    random = np.random.default_rng(0)
    y = random.normal(size=2000)
    assert association(random.integers(0, 500, 2000).astype(float), y, classes=False) < 0.05
    assert association(np.where(random.random(2000) < 0.5, np.nan, y), y, classes=False) > 0.4
    assert association(y, (y > 0).astype(np.int64), classes=True) > 0.9
    assert association(np.full(50, np.nan), y[:50], classes=False) == 0


def check_wrong_operators_are_the_users_fault() -> None:
    table = mixed_table()
    refused(lambda: engineered(table, operator("magic")), "no operator 'magic'", "impute")
    refused(lambda: engineered(table, operator("binning", bins=1000)), "binning.bins", "2 to 100")
    refused(lambda: engineered(table, operator("binning", boxes=10)), "no parameter 'boxes'", "bins")
    refused(lambda: engineered(table, operator("binning", "city")), "binning", "'city'", "number")
    refused(lambda: engineered(table, operator("binning", "churn")), "'churn'", "no feature")
    refused(lambda: engineered(table, operator("one_hot"), operator("one_hot")), "named twice")
