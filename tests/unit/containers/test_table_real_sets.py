"""The sets of real tables, where they are at hand, against the counts of their README."""

import pytest

from openbml_data.table_import import import_table
from openbml_formats.tables.table_imports import TableOrder, TableResult
from tests.fakes.sample_data import SAMPLE_DATA
from tests.fakes.table_store import MemoryTableStore, upload

pytestmark = pytest.mark.skipif(not SAMPLE_DATA.is_dir(), reason="the sample sets are not on this machine")


def imported(name: str) -> TableResult:
    path = SAMPLE_DATA / name
    order = TableOrder(import_id=1, prefix="p/")
    files = [upload(path.read_bytes(), path.name)]
    return import_table(order, files, MemoryTableStore(), tell=lambda done, total: None)


@pytest.mark.parametrize(
    ("name", "rows", "columns", "types"),
    [
        ("table/adult/train.csv", 10_000, 15, {"age": "bigint", "workclass": "string", "income": "string"}),
        ("table/adult/test.csv", 2_000, 15, {"age": "bigint"}),
        ("table/titanic/train.csv", 600, 12, {"Survived": "bigint", "Age": "double", "Name": "string"}),
        ("table/titanic/test.csv", 141, 12, {"Cabin": "string"}),
        ("table/letters/train.csv", 8_000, 17, {"letter": "string", "x_box": "bigint"}),
        ("table/letters/test.csv", 2_000, 17, {"letter": "string"}),
        ("table/penguins/train.csv", 274, 7, {"species": "string", "bill_length_mm": "double"}),
        ("table/penguins/test.csv", 70, 7, {"species": "string"}),
        ("table/wine/train.csv", 133, 14, {"alcohol": "double", "target": "string"}),
        ("table/wine/test.csv", 45, 14, {"alcohol": "double"}),
        ("table/diabetes/train.csv", 331, 11, {"bmi": "double"}),
        ("table/diabetes/test.csv", 111, 11, {"bmi": "double"}),
        ("table/housing/train.csv", 10_000, 10, {"longitude": "double", "ocean_proximity": "string"}),
        ("table/housing/train_parts.zip", 10_000, 10, {"longitude": "double", "ocean_proximity": "string"}),
        ("table/housing/test.csv", 2_000, 10, {"longitude": "double"}),
        ("table/taxi_fare/train_100k.csv", 100_000, 7, {"fare_amount": "double", "rate_code": "bigint"}),
        ("table/taxi_fare/test.csv", 5_000, 7, {"fare_amount": "double"}),
        ("time_series/airline_passengers.csv", 120, 2, {"month": "date", "passengers": "bigint"}),
        ("time_series/co2_weekly.csv", 2_024, 2, {"date": "date", "co2_ppm": "double"}),
        ("time_series/sunspots_yearly.csv", 269, 2, {"year": "bigint", "activity": "double"}),
        ("time_series/elnino_monthly.csv", 660, 2, {"month": "date", "temperature": "double"}),
        ("graph/karate_club_edges.csv", 78, 3, {"source": "bigint"}),
        ("graph/karate_club_nodes.csv", 34, 2, {"node": "bigint", "club": "string"}),
        ("graph/les_miserables_edges.csv", 254, 3, {"source": "string", "weight": "bigint"}),
    ],
)
def test_a_real_table_has_its_rows_columns_and_types(
    name: str, rows: int, columns: int, types: dict[str, str]
) -> None:
    result = imported(name)

    assert (result.failure, result.rows, dict(result.reasons)) == (None, rows, {})
    assert result.columns is not None
    found = {column.name: str(column.type) for column in result.columns.columns}
    assert len(found) == columns
    assert types.items() <= found.items()


def test_the_parts_of_housing_are_the_same_rows() -> None:
    one, parts = imported("table/housing/train.csv"), imported("table/housing/train_parts.zip")

    assert (one.columns, one.rows) == (parts.columns, parts.rows)
