"""Where a model fails is found, and what is chance is not told."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from openbml_kit.tables.features import Feature, FeatureKind
from openbml_tabular.report.column_views import ColumnView, bin_edges, column_views, shown
from openbml_tabular.report.deadlines import Deadline
from openbml_tabular.report.inputs import Evaluated, Kind, ReportColumn
from openbml_tabular.report.slices import Errors, weak_slices

ROWS = 1000


def views(**columns: list[object]) -> list[ColumnView]:
    """Return views of columns: texts are categories, anything else numbers."""
    kinds: dict[str, Kind] = {
        name: "category" if any(isinstance(value, str) for value in values) else "number"
        for name, values in columns.items()
    }
    features = [
        Feature(name=name, column=name, kind=FeatureKind.CODE if kind == "category" else FeatureKind.NUMBER)
        for name, kind in kinds.items()
    ]
    rows = len(next(iter(columns.values())))
    x = np.zeros((rows, len(columns)), dtype=np.float32)
    for place, (name, values) in enumerate(columns.items()):
        if kinds[name] == "number":
            x[:, place] = [np.nan if value is None else value for value in values]
    table = pa.table({name: pa.array(values) for name, values in columns.items()})
    evaluated = Evaluated(table, x, np.zeros(rows), np.zeros((rows, 1)))
    return column_views(evaluated, [ReportColumn(name, kind) for name, kind in kinds.items()], features)


def accuracy(errors: npt.NDArray[np.float64], groups: npt.NDArray[np.int64] | None = None) -> Errors:
    return Errors(errors, "accuracy", groups)


def drawn(share: npt.NDArray[np.float64] | float, seed: int = 0) -> npt.NDArray[np.float64]:
    return (np.random.default_rng(seed).random(ROWS) < share).astype(np.float64)


def cities() -> list[object]:
    return [("A", "B", "C", "D")[row % 4] for row in range(ROWS)]


def numbers(seed: int = 5) -> list[object]:
    return list(np.random.default_rng(seed).normal(size=ROWS))


def test_a_category_in_which_the_model_fails_is_found() -> None:
    city = cities()
    bad = np.array([0.4 if one == "C" else 0.1 for one in city])
    (found,) = weak_slices(accuracy(drawn(bad)), views(city=city, other=numbers()), Deadline.after(9))
    assert (found["column"], found["value_en"], found["rows"]) == ("city", "C", 250)
    assert found["score"] == pytest.approx(0.6, abs=0.08)
    assert found["difference"] == pytest.approx(found["score"] - found["overall"])
    assert found["p_value"] < 1e-6


def test_a_range_of_numbers_is_named_by_its_ends_and_missing_values_are_a_part() -> None:
    age: list[object] = [None if row < 100 else float(row) for row in range(ROWS)]
    bad = np.where(np.arange(ROWS) < 100, 0.6, np.where(np.arange(ROWS) >= 820, 0.5, 0.05))
    found = weak_slices(accuracy(drawn(bad)), views(age=age), Deadline.after(9))
    assert {row["value_en"] for row in found} == {"missing", "820 to 999"}
    assert {row["value_zh"] for row in found} == {"缺失", "820 至 999"}


def test_a_pair_is_told_where_it_says_more_than_its_sides() -> None:
    city = cities()
    colour: list[object] = [("red", "blue")[row // 4 % 2] for row in range(ROWS)]
    both = np.array([one == "A" and other == "red" for one, other in zip(city, colour, strict=True)])
    found = weak_slices(
        accuracy(drawn(np.where(both, 0.7, 0.05))), views(city=city, colour=colour), Deadline.after(9)
    )
    best = found[0]
    assert (best["columns"], best["value_en"]) == (["city", "colour"], "A × red")


def test_a_sum_of_two_sides_is_not_told_as_a_pair() -> None:
    city = cities()
    bad = np.array([0.5 if one == "A" else 0.05 for one in city])
    found = weak_slices(accuracy(drawn(bad)), views(city=city, other=numbers()), Deadline.after(9))
    assert [row["columns"] for row in found] == [["city"]]


def test_chance_is_rarely_told() -> None:
    columns = {f"c{number}": numbers(number) for number in range(10)}
    told = [
        len(weak_slices(accuracy(drawn(0.2, seed)), views(**columns), Deadline.after(9)))
        for seed in range(20)
    ]
    assert sum(count > 0 for count in told) <= 3


def test_few_rows_are_no_slice() -> None:
    city: list[object] = ["rare" if row < 15 else "usual" for row in range(ROWS)]
    errors = np.where(np.arange(ROWS) < 15, 1.0, drawn(0.1))
    assert not weak_slices(accuracy(errors), views(city=city), Deadline.after(9))


def test_rows_of_one_group_are_one_witness() -> None:
    city: list[object] = [("A", "B")[row >= 500] for row in range(ROWS)]
    groups = np.arange(ROWS) // 50
    errors = ((groups % 4 == 0) | (groups == 5)).astype(np.float64)
    alone = weak_slices(accuracy(errors), views(city=city), Deadline.after(9))
    assert alone
    assert not weak_slices(accuracy(errors, groups), views(city=city), Deadline.after(9))


def test_a_difference_too_small_to_matter_is_not_told() -> None:
    city = cities()
    errors = Errors(np.array([1.03 if one == "A" else 1.0 for one in city]), "mae", None)
    noisy = replace(errors, values=errors.values + 1e-6 * np.arange(ROWS) % 7e-6)
    assert not weak_slices(noisy, views(city=city), Deadline.after(9))


def test_errors_of_values_are_compared_by_their_mean() -> None:
    city = cities()
    size = np.abs(np.random.default_rng(1).normal(size=ROWS)) * np.array(
        [3 if one == "B" else 1 for one in city]
    )
    (found,) = weak_slices(Errors(size, "mae", None), views(city=city), Deadline.after(9))
    assert (found["metric"], found["value_en"]) == ("mae", "B")
    assert found["difference"] > 0


def test_without_time_or_without_errors_there_is_nothing() -> None:
    city = views(city=cities())
    assert not weak_slices(accuracy(np.zeros(ROWS)), city, Deadline.after(9))
    assert not weak_slices(accuracy(drawn(0.3)), city, Deadline.after(0))


def test_bins_hold_about_equally_many_and_few_values_are_bins_of_their_own() -> None:
    edges = bin_edges(np.arange(100.0), 5)
    assert np.bincount(np.searchsorted(edges, np.arange(100.0))).tolist() == [20] * 5
    assert bin_edges(np.array([1.0, 1, 2, 3]), 5).tolist() == [1, 2]
    assert bin_edges(np.array([0.0] * 90 + list(range(1, 11))), 5).tolist() == [0]
    assert bin_edges(np.array([]), 5).tolist() == []


def test_values_are_ordered_by_themselves_not_by_what_was_made_of_them() -> None:
    days = pa.array([date(2026, 1, 1), None, date(1960, 5, 5)])
    table = pa.table(
        {
            "price": pa.array([Decimal("1.50"), None, Decimal("-3.25")]),
            "day": days,
            "moment": days.cast(pa.timestamp("s", "UTC")),
            "written": ["1,5", "", "-3,25"],
        }
    )
    x = np.array([[1.5, np.nan, -3.25]] * 4, dtype=np.float32).T * np.array([0, 0, 0, 1], dtype=np.float32)
    names = table.column_names
    views = column_views(
        Evaluated(table, x, np.zeros(3), np.zeros((3, 1))),
        [ReportColumn(name, "date" if name in ("day", "moment") else "number") for name in names],
        [Feature(name=name, column=name, kind=FeatureKind.NUMBER) for name in names],
    )
    assert all(view.is_ordered for view in views)
    assert [np.argsort(view.keys).tolist() for view in views] == [[2, 0, 1]] * 4
    assert [int(np.isnan(view.keys).sum()) for view in views] == [1] * 4


def test_values_are_shown_short() -> None:
    assert shown("x" * 300) == "x" * 99 + "…"
    assert shown(1.23456789) == "1.23457"
    assert shown(None) == ""
