"""Exports of tables bring everything back: what is written and imported again is the same table."""

import io
import zipfile
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbml_data.table_export import TableFormatError, write_table
from openbml_data.table_import import import_table
from openbml_data.table_values import arrow_type
from openbml_data.zip_stream import ZipStream
from openbml_formats.tables.column_types import ColumnType
from openbml_formats.tables.schemas import TableColumn, TableSchema
from openbml_formats.tables.table_imports import TableFormat, TableManifest, TableOrder, TableResult
from tests.fakes.table_store import MemoryTableStore, upload

NOTHING: Any = lambda done, total: None  # noqa: E731
VALUES = {
    "smallint": st.integers(-(2**15), 2**15 - 1),
    "int": st.integers(-(2**31), 2**31 - 1),
    "bigint": st.integers(-(2**63), 2**63 - 1),
    "float": st.floats(allow_nan=False, allow_infinity=False, width=32),
    "double": st.floats(allow_nan=False, allow_infinity=False),
    "date": st.dates(),
    "timestamp": st.datetimes(datetime(1000, 1, 1)),  # noqa: DTZ001 - of columns without a zone
    "uuid": st.uuids().map(str),
    "string": st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1),
    "decimal(10,2)": st.decimals(-99_999_999, 99_999_999, places=2),
    "decimal(38,10)": st.decimals(-(10**20), 10**20, places=10),
}  # fmt: skip


class Sink(io.BytesIO):
    size = 0

    def write(self, data: Any) -> int:
        self.size += len(data)
        return super().write(data)


def table_of(columns: TableSchema, rows: Sequence[Sequence[Any]]) -> pa.Table:
    schema = pa.schema([(column.name, arrow_type(column.type)) for column in columns.columns])
    places = range(len(schema))
    return pa.table([pa.array([row[n] for row in rows], schema.types[n]) for n in places], schema)


def parquet(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pyarrow.parquet.write_table(table, out)
    return out.getvalue()


def imported(
    data: bytes, name: str, columns: TableSchema | None = None, table_format: TableFormat = TableFormat.CSV
) -> tuple[TableResult, MemoryTableStore]:
    store = MemoryTableStore()
    order = TableOrder(import_id=1, prefix="p/", format=table_format, chosen=columns, header="true")
    result = import_table(order, [upload(data, name)], store, tell=NOTHING)
    assert result.failure is None, result.failure
    assert not result.problems
    return result, store


def rows_of(result: TableResult, store: MemoryTableStore) -> pa.Table:
    return pa.concat_tables(
        [pyarrow.parquet.read_table(io.BytesIO(store.objects[part.key])) for part in result.parts]
    )


def exported(result: TableResult, store: MemoryTableStore, format_code: str) -> bytes:
    assert result.columns is not None
    manifest = TableManifest(
        columns=result.columns,
        rows=result.rows,
        source_bytes=result.source_bytes,
        size_bytes=result.size_bytes,
        parts=result.parts,
        pages=result.pages,
    )
    sink = Sink()
    archive = ZipStream(sink)
    opened = lambda key: io.BytesIO(store.objects[key])  # noqa: E731
    assert write_table(manifest, format_code, archive, open_part=opened, tell=NOTHING) == result.rows
    archive.finish()
    return sink.getvalue()


@st.composite
def tables(draw: st.DrawFn) -> tuple[TableSchema, list[list[Any]]]:
    types = draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=2, max_size=5))
    columns = TableSchema.checked(
        [
            TableColumn(name=f"c{place}", type=ColumnType.parse(written), ordinal=place, raw_name=f"c{place}")
            for place, written in enumerate(types)
        ]
    )
    row = st.tuples(*(st.none() | VALUES[written] for written in types)).map(list)
    return columns, draw(st.lists(row, min_size=1, max_size=8))


@settings(deadline=None)  # four imports
@given(tables())
def test_any_table_comes_back_from_csv_and_parquet_as_it_was(
    table: tuple[TableSchema, list[list[Any]]],
) -> None:
    columns, rows = table
    first = imported(parquet(table_of(columns, rows)), "t.parquet", columns, TableFormat.PARQUET)
    by_csv = imported(exported(*first, "csv"), "t.zip", columns)
    by_parquet = imported(exported(*by_csv, "parquet"), "t.zip", columns, TableFormat.PARQUET)
    again = imported(exported(*by_parquet, "csv"), "t.zip", columns)

    assert rows_of(*first).num_rows == len(rows)
    for one in (by_csv, by_parquet, again):
        assert rows_of(*one).to_pylist() == rows_of(*first).to_pylist()


def test_csv_is_plain_where_it_can_be_and_quoted_where_it_must_be() -> None:
    plain = imported(b"id,name,day,cost\n1,Anna,2020-01-31,1.5\n2,,,\n", "t.csv")
    quoted = imported(b'id,name\n1,"a, ""b""\nc"\n2,x\n', "t.csv")

    with zipfile.ZipFile(io.BytesIO(exported(*plain, "csv"))) as archive:
        assert archive.namelist() == ["table.csv"]
        assert archive.read("table.csv") == b"id,name,day,cost\n1,Anna,2020-01-31,1.5\n2,,,\n"
    with zipfile.ZipFile(io.BytesIO(exported(*quoted, "csv"))) as archive:
        assert archive.read("table.csv") == b'id,name\n1,"a, ""b""\nc"\n2,"x"\n'


def test_parquet_parts_are_exported_as_they_are() -> None:
    result, store = imported(b"a,b\n1,x\n", "t.csv")

    with zipfile.ZipFile(io.BytesIO(exported(result, store, "parquet"))) as archive:
        assert archive.read("part-00000.parquet") == store.objects[result.parts[0].key]


def test_tables_have_no_other_format() -> None:
    with pytest.raises(TableFormatError, match="coco"):
        exported(*imported(b"a,b\n1,x\n", "t.csv"), "coco")
