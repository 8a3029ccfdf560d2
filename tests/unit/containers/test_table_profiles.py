"""Profiles of tables: what can be counted by hand, odd columns, many rows."""

import io
import json
import math
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from openbml_data import quality_reports
from openbml_data.quality import tables
from openbml_data.quality.tables import profiled, table_findings
from openbml_formats.data_jobs import DataJobKind
from openbml_formats.quality import ColumnProfile, TableQuality
from openbml_formats.tables.schemas import TableSchema
from tests.fakes.derivation_workspace import SilentProgress, order_of


def profile(folder: Path, **columns: Any) -> TableQuality:
    path = folder / "part.parquet"
    pl.DataFrame(columns).write_parquet(path)
    return profiled(pl.scan_parquet([path]))


def column(quality: TableQuality, name: str) -> ColumnProfile:
    return next(found for found in quality.columns if found.name == name)


def test_numbers_have_their_figures_and_every_value_is_in_a_bin(tmp_path: Path) -> None:
    found = column(profile(tmp_path, n=[1, 2, 3, 4, 100, None]), "n")
    assert (found.missing, found.distinct, found.min, found.max) == (1, 5, "1", "100")
    assert (found.mean, found.p50, found.outliers) == (22, 3, 1)
    assert sum(found.counts) == 5
    assert len(found.edges) == len(found.counts) + 1


def test_what_is_no_number_counts_as_missing(tmp_path: Path) -> None:
    found = column(profile(tmp_path, n=[1.0, math.nan, math.inf, None]), "n")
    assert (found.missing, found.mean, sum(found.counts)) == (3, 1.0, 1)


def test_texts_dates_and_truth_values_are_described(tmp_path: Path) -> None:
    quality = profile(
        tmp_path,
        city=["Bonn", "Ulm", "Bonn", None],
        day=[date(2026, 1, 1), date(2026, 2, 1), None, date(2025, 1, 1)],
        paid=[True, False, None, True],
    )
    city, day = column(quality, "city"), column(quality, "day")
    assert (city.top[0].value, city.top[0].count, city.distinct) == ("Bonn", 2, 2)
    assert (day.min, day.max) == ("2025-01-01", "2026-02-01")
    assert column(quality, "paid").missing == 1


def test_constant_empty_and_repeated_columns_are_told(tmp_path: Path) -> None:
    quality = profile(tmp_path, a=[1, 1], b=[None, None], c=["x", "y"], d=["x", "y"], **{"e/f": [3, 4]})
    assert [found.name for found in quality.columns if found.constant] == ["a", "b"]
    assert column(quality, "d").same_as == "c"
    assert column(quality, "e/f").mean == 3.5
    codes = {finding.code for finding in table_findings(quality)}
    assert codes == {"columns_missing", "columns_constant", "columns_duplicate"}


def test_columns_that_only_look_the_same_are_not_called_so(tmp_path: Path) -> None:
    assert column(profile(tmp_path, a=["x", "y"], b=["y", "x"]), "b").same_as is None


def test_repeated_rows_and_identifiers_are_told(tmp_path: Path) -> None:
    ids = [*range(199), 0]
    quality = profile(tmp_path, key=ids, value=[number % 7 for number in ids])
    assert quality.duplicate_rows == 1
    codes = {finding.code for finding in table_findings(quality)}
    assert {"rows_duplicate", "columns_identifiers"} <= codes


@pytest.mark.parametrize(
    "values",
    [
        [-1.7e308, 1.7e308, 0.0],
        [5e-324, 0.0],
        [1e16, 1e16 + 2],
        [-0.0, 0.0],
        [2**63 - 1, -(2**63)],
        [1e300, math.nextafter(1e300, math.inf)],
    ],
)
def test_extreme_numbers_have_bins_too(tmp_path: Path, values: list[float]) -> None:
    found = column(profile(tmp_path, n=values), "n")
    assert sum(found.counts) == len(values)
    assert all(math.isfinite(edge) for edge in found.edges)
    assert list(found.edges) == sorted(found.edges)
    assert TableQuality.model_validate_json(
        TableQuality(rows=1, column_count=1, columns=[found]).model_dump_json()
    ).columns


def test_a_table_without_rows_has_columns_without_figures(tmp_path: Path) -> None:
    path = tmp_path / "part.parquet"
    pl.DataFrame(schema={"a": pl.Int64, "b": pl.String}).write_parquet(path)
    quality = profiled(pl.scan_parquet([path]))
    assert (quality.rows, quality.column_count) == (0, 2)
    assert table_findings(quality) == []


def test_of_many_rows_quantiles_and_top_values_are_of_an_even_choice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "_EXACT_ROWS", 1_000)
    rows = 10_000
    found = column(profile(tmp_path, n=[number % 100 for number in range(rows)]), "n")
    assert found.sampled
    assert found.p50 == pytest.approx(49.5, abs=6)
    assert sum(found.counts) == rows
    assert found.distinct == pytest.approx(100, rel=0.1)


class TableWorkspace:
    """A table's parts in memory, as far as a report reads them."""

    def __init__(self, parts: list[bytes]) -> None:
        self._objects = {f"part-{number}": body for number, body in enumerate(parts)}
        self.progress = SilentProgress()

    def data_object(self, key: str) -> bytes:
        assert key == "manifest"
        rows = {"rows": 1, "sha256": ""}
        parts = [{"key": name, "size_bytes": len(body), **rows} for name, body in self._objects.items()]
        columns = TableSchema.from_lists([0, 1], ["a", "b"], ["a", "b"], ["bigint", "bigint"]).model_dump(
            mode="json"
        )
        whole = {"columns": columns, "rows": 4, "source_bytes": 9, "size_bytes": 9, "pages": []}
        return json.dumps({**whole, "parts": parts}).encode()

    def open_data(self, key: str) -> io.BytesIO:
        return io.BytesIO(self._objects[key])


def test_a_report_of_a_table_reads_all_parts_of_its_manifest() -> None:
    bodies = []
    for values in ([1, 2], [3, 4]):
        body = io.BytesIO()
        pl.DataFrame({"a": values, "b": values}).write_parquet(body)
        bodies.append(body.getvalue())
    workspace: Any = TableWorkspace(bodies)
    order = order_of(DataJobKind.QUALITY_REPORT, "table", {"table_manifest": "manifest"})
    report = quality_reports.run(order, workspace)
    assert report.table is not None
    assert (report.samples, report.table.columns[0].mean) == (4, 2.5)
    assert report.table.columns[1].same_as == "a"
