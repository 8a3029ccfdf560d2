"""Feature maps fitted by Arrow, and what they encode."""

import numpy as np
import pyarrow as pa

from openbml_catalog.tabular.settings import AlgorithmType, TabularSettings
from openbml_formats.tables.column_counts import column_counts
from openbml_formats.tables.profiles import WarningCode, table_profile
from openbml_kit.tables.column_maps import CategoryColumn, NumberColumn
from openbml_kit.tables.feature_map import FeatureMap
from openbml_tabular.examples import Examples
from openbml_tabular.features.arrow_counts import arrow_counts, column_type, table_counts
from openbml_tabular.features.drift_baseline import DriftBaseline, drift_baseline
from openbml_tabular.features.encoding import encode_table
from openbml_tabular.features.fitting import fit_feature_map
from openbml_tabular.features.leakage import leakage_warnings
from openbml_tabular.features.row_weights import row_weights
from openbml_tabular.features.target_values import learned_target
from tests.contract.containers.tabular_checks.raw_tables import mixed_table
from tests.contract.containers.tabular_checks.refusals import refused

SETTINGS = TabularSettings(target="churn", excluded_columns=("value",))


def check_a_table_is_encoded_as_its_rows_are() -> None:
    table = mixed_table()
    fitted = fit_feature_map(table, SETTINGS)
    assert np.array_equal(encode_table(fitted, table), fitted.encode_rows(table.to_pylist()), equal_nan=True)


def check_a_table_is_encoded_as_its_columns_are() -> None:
    table = mixed_table()
    fitted = fit_feature_map(table, SETTINGS)
    columns = {name: table.column(name).to_pylist() for name in table.column_names}
    assert np.array_equal(encode_table(fitted, table), fitted.encode_columns(columns), equal_nan=True)


def check_rows_from_json_are_encoded_as_the_table_is() -> None:
    """Serving sees texts of dates and times, and floats of decimals."""
    table = mixed_table()
    fitted = fit_feature_map(table, SETTINGS)
    rows = [
        {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in row.items()}
        for row in table.to_pylist()
    ]
    for row in rows:
        row["price"] = float(row["price"])
    assert np.array_equal(encode_table(fitted, table), fitted.encode_rows(rows), equal_nan=True)


def check_dictionaries_chunks_and_slices_change_nothing() -> None:
    table = mixed_table()
    fitted = fit_feature_map(table, SETTINGS)
    pieces = pa.concat_tables([table.slice(0, 150), table.slice(150)])
    for name in ("city", "note"):
        place = pieces.column_names.index(name)
        pieces = pieces.set_column(place, name, pieces.column(name).dictionary_encode())
    assert fit_feature_map(pieces, SETTINGS) == fitted
    assert np.array_equal(encode_table(fitted, pieces), encode_table(fitted, table), equal_nan=True)
    assert np.array_equal(
        encode_table(fitted, table.slice(77, 9)), encode_table(fitted, table)[77:86], equal_nan=True
    )


def check_fitting_to_some_rows_is_fitting_to_their_table() -> None:
    table = mixed_table()
    rows = np.arange(0, 400, 3)
    assert fit_feature_map(table, SETTINGS, rows=rows) == fit_feature_map(
        table.take(pa.array(rows)), SETTINGS
    )


def check_a_map_survives_its_document() -> None:
    table = mixed_table()
    fitted = fit_feature_map(table, SETTINGS)
    again = FeatureMap.model_validate_json(fitted.model_dump_json())
    assert again == fitted
    assert np.array_equal(encode_table(again, table), encode_table(fitted, table), equal_nan=True)


def check_each_column_has_its_kind() -> None:
    fitted = fit_feature_map(mixed_table(), SETTINGS)
    assert {column.name: column.kind for column in fitted.columns} == {
        "amount": "number",
        "small": "number",
        "count": "number",
        "price": "number",
        "written": "number",
        "city": "category",
        "flag": "category",
        "day": "date",
        "at": "date",
        "told": "date",
        "note": "text",
        "same": "ignored",
        "twin": "ignored",
        "churn": "ignored",
        "value": "ignored",
    }
    because = {column.name: column.because for column in fitted.columns if column.kind == "ignored"}
    assert because == {"same": "constant", "twin": "duplicate", "churn": "target", "value": "excluded"}


def check_excluded_columns_may_be_left_out_of_the_table() -> None:
    table = mixed_table()
    fitted = fit_feature_map(table.drop_columns(["value"]), SETTINGS)
    assert {column.name for column in fitted.columns} == set(table.column_names)


def check_a_column_that_is_not_there_is_refused_with_the_setting_named() -> None:
    table = mixed_table()
    refused(
        lambda: fit_feature_map(table, TabularSettings(target="nothing")), "target", "'nothing'", "amount"
    )
    wrong = TabularSettings(target="churn", group_column="shop")
    refused(lambda: fit_feature_map(table, wrong), "group_column", "'shop'")


def check_a_table_without_features_is_refused() -> None:
    table = pa.table({"a": ["x"] * 30, "y": ["1", "2"] * 15})
    refused(lambda: fit_feature_map(table, TabularSettings(target="y")), "no column is left", "a (constant)")


def check_an_evaluation_table_must_have_the_columns() -> None:
    table = mixed_table()
    fitted = fit_feature_map(table, SETTINGS)
    refused(lambda: encode_table(fitted, table.drop_columns(["city"])), "lacks 1 columns", "city")


def check_values_of_another_type_count_as_missing_in_a_table() -> None:
    fitted = fit_feature_map(mixed_table(), SETTINGS)
    table = mixed_table(3).drop_columns(["written"]).append_column("written", pa.array(["1,5", "?", None]))
    place = next(at for at, feature in enumerate(fitted.features) if feature.name == "written")
    assert np.array_equal(
        encode_table(fitted, table)[:, place], np.float32([1.5, np.nan, np.nan]), equal_nan=True
    )


def check_words_among_numbers_are_missing_in_training_and_in_serving() -> None:
    table = pa.table({"a": [str(place) for place in range(97)] + ["n.v.", "?", "n.v."], "y": ["1", "2"] * 50})
    fitted = fit_feature_map(table, TabularSettings(target="y"))
    column = fitted.columns[0]
    assert isinstance(column, NumberColumn)
    assert set(column.missing_words) == {"n.v.", "?"}
    assert np.isnan(fitted.encode_rows([{"a": "N.V."}])).all()


def check_ten_thousand_categories_are_kept_and_the_rest_is_one() -> None:
    texts = [f"c{place}" for place in range(12_000) for _ in range(2)]
    table = pa.table({"a": texts, "y": ["1", "2"] * 12_000})
    fitted = fit_feature_map(table, TabularSettings(target="y"))
    column = fitted.columns[0]
    assert isinstance(column, CategoryColumn)
    assert (len(column.values), column.other, column.cardinality) == (10_000, True, 10_001)
    x = encode_table(fitted, table)
    assert x.max() == 10_000
    assert (x == 10_000).sum() == 4_000


def check_arrow_counts_what_python_counts() -> None:
    table = mixed_table()
    for name in table.column_names:
        column = table.column(name)
        by_arrow = arrow_counts(name, column)
        by_hand = column_counts(name, column_type(column.type), column.to_pylist())
        assert (by_arrow.missing, by_arrow.distinct) == (by_hand.missing, by_hand.distinct), name
        counted = dict(zip(by_arrow.values, by_arrow.counts, strict=True))
        assert counted == dict(zip(by_hand.values, by_hand.counts, strict=True)), name


def check_profiles_of_both_counts_agree() -> None:
    table = mixed_table()
    by_hand = [column_counts(n, column_type(table[n].type), table[n].to_pylist()) for n in table.column_names]
    pairs = zip(table_profile(table_counts(table)), table_profile(by_hand), strict=True)
    for one, other in pairs:
        assert one.model_dump(exclude={"examples"}) == other.model_dump(exclude={"examples"})


def check_infinite_and_blank_values_are_counted_apart() -> None:
    counts = arrow_counts("a", pa.chunked_array([[1.0, np.inf, -np.inf, np.nan, None]]))
    assert (counts.infinite, counts.missing, counts.distinct) == (2, 2, 1)
    assert arrow_counts("b", pa.chunked_array([["", "  ", None, "x"]])).missing == 3


def check_a_target_of_two_values_has_the_rarer_class_second() -> None:
    target = learned_target(mixed_table(), SETTINGS)
    assert target.problem.kind is AlgorithmType.BINARY
    assert list(target.problem.labels) == ["no", "yes"]
    chosen = SETTINGS.model_copy(update={"positive_label": "no"})
    assert list(learned_target(mixed_table(), chosen).problem.labels) == ["yes", "no"]
    other = SETTINGS.model_copy(update={"positive_label": "maybe"})
    refused(lambda: learned_target(mixed_table(), other), "positive_label", "'maybe'", "no, yes")


def check_rows_without_a_target_are_left_out() -> None:
    table = pa.table({"a": range(8), "y": [1.5, None, np.inf, 2.5, np.nan, 3.25, 4.5, 5.5]})
    target = learned_target(table, TabularSettings(target="y"))
    assert target.values.rows.tolist() == [0, 3, 5, 6, 7]
    assert target.values.y.tolist() == [1.5, 2.5, 3.25, 4.5, 5.5]
    assert {problem.code for problem in target.analysis.problems} == {"rows_left_out", "infinite_target"}


def check_targets_with_decimal_commas_are_numbers() -> None:
    table = pa.table({"a": range(40), "y": [f"{place},5" for place in range(40)]})
    target = learned_target(table, TabularSettings(target="y"))
    assert target.problem.kind is AlgorithmType.REGRESSION
    assert target.values.y[3] == 3.5


def check_bad_targets_are_the_users_fault() -> None:
    def of(values: list[object], **settings: object) -> object:
        table = pa.table({"a": range(len(values)), "y": values})
        return lambda: learned_target(table, TabularSettings(target="y", **settings))

    refused(
        of(
            [None] * 9,
        ),
        "no value in any row",
    )
    refused(of(["a"] * 9), "every row")
    refused(of([f"c{place}" for place in range(9)]), "single row")
    refused(of(["a"]), "every row")
    refused(of(["a", "b", "c"] * 4, algorithm_type="binary"), "3 different values")
    refused(of(["a", "b", "c"] * 4, algorithm_type="regression"), "must be numbers", "'a'")
    refused(of([place / 7 for place in range(99)], algorithm_type="multiclass"), "choose a regression")
    refused(of([-1.0, 2.0, 3.5, 4.0] * 9, algorithm_type="regression", objective="count"), "negative")
    refused(of(["a", "b"] * 9, metric="rmse"), "metric", "rmse", "log_loss")


def check_a_class_that_training_lacks_is_refused_in_the_evaluation() -> None:
    target = learned_target(mixed_table(), SETTINGS)
    refused(lambda: target.of_evaluation(pa.table({"churn": ["no", "perhaps"]})), "'churn'", "perhaps")
    refused(lambda: target.of_evaluation(pa.table({"a": [1]})), "no target column 'churn'")
    refused(
        lambda: target.of_evaluation(pa.table({"churn": pa.array([None], pa.string())})), "no usable value"
    )
    assert target.of_evaluation(pa.table({"churn": ["yes", None, " no"]})).y.tolist() == [1, 0]


def check_weights_are_positive_and_of_mean_one() -> None:
    rows = np.array([0, 2])
    assert row_weights(pa.table({"w": [1.0, -5.0, 3.0]}), "w", rows).tolist() == [0.5, 1.5]
    for bad in (-1.0, 0.0, np.inf, None):
        refused(lambda bad=bad: row_weights(pa.table({"w": [1.0, 1.0, bad]}), "w", rows), "row 3", "'w'")
    refused(lambda: row_weights(pa.table({"w": ["1", "1", "much"]}), "w", rows), "much", "a number")


def check_a_column_that_knows_the_target_is_told() -> None:
    table = mixed_table(2000)
    leaky = table.append_column(
        "refund", pa.array([{"no": "0", "yes": "x"}[value] for value in table["churn"].to_pylist()])
    )
    settings = TabularSettings(
        target="churn", excluded_columns=("value", "amount", "small", "price", "written", "twin")
    )
    fitted = fit_feature_map(leaky, settings)
    target = learned_target(leaky, settings)
    examples = Examples(encode_table(fitted, leaky), target.values.y, fitted.features)
    found = leakage_warnings(examples, "churn", is_classification=True, seed=1)
    assert [(warning.code, warning.message_en[:6]) for warning in found] == [(WarningCode.LEAKAGE, "refund")]


def check_a_number_that_is_the_target_leaks_and_a_good_one_does_not() -> None:
    random = np.random.default_rng(3)
    y = random.normal(size=3000)
    table = pa.table(
        {
            "copy": y * 3 + 1,
            "good": y + random.normal(scale=0.5, size=3000),
            "noise": random.random(3000),
            "y": y,
        }
    )
    settings = TabularSettings(target="y")
    fitted = fit_feature_map(table, settings)
    examples = Examples(encode_table(fitted, table), y, fitted.features)
    found = leakage_warnings(examples, "y", is_classification=False, seed=1)
    assert [warning.message_en.split()[0] for warning in found] == ["copy"]


def check_the_drift_baseline_tells_shares_and_quantiles() -> None:
    table = mixed_table()
    settings = TabularSettings(target="churn", excluded_columns=("value",))
    fitted = fit_feature_map(table, settings)
    target = learned_target(table, settings)
    predicted = np.random.default_rng(0).dirichlet([1, 1], 400).astype(np.float32)
    baseline = drift_baseline(fitted, table, target.values.rows, target.problem, predicted)
    assert DriftBaseline.model_validate_json(baseline.model_dump_json()) == baseline
    for part in (*baseline.columns, *baseline.predictions):
        total = sum(part.shares) + (part.other_share if part.kind == "category" else 0)
        assert abs(total - 1) < 1e-4, part
    parts = {part.name: part for part in baseline.columns}
    assert parts["city"].values[0] in {"Köln", "北京", "New York", "São Paulo", "Ulm"}
    assert 0.05 < parts["amount"].missing_share < 0.2
    assert len(parts["amount"].edges) == 9
    assert len(parts["amount"].quantiles) == 101
    assert parts["day"].measure == "days"
    assert 19_700 < parts["day"].quantiles[0] < 19_730
    assert parts["note"].measure == "characters"
    assert [part.name for part in baseline.predictions] == ["label", "score_no", "score_yes"]
