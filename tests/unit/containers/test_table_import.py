"""Imports of tables, from an upload's bytes to parts, pages and report (spec 01 QS-8, spec 02 section 9)."""

import csv
import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbml_data.table_import import import_table
from openbml_formats.records import Severity
from openbml_formats.tables.schemas import BadValuePolicy, TableSchema
from openbml_formats.tables.table_imports import (
    HeaderChoice,
    TableFormat,
    TableOrder,
    TableResult,
    import_result_key,
    unpacked_rows,
)
from tests.fakes.table_store import MemoryTableStore, upload

PREFIX = "projects/1/tables/2/1/3/"
NAMES = ["a", "b", "c"]
ORDERS = TableSchema.from_lists([0, 2], ["id", "amount"], ["order_id", "amount"], ["bigint", "decimal(10,2)"])


class Imported:
    """What one import left behind."""

    def __init__(self, data: bytes, name: str = "table.csv", **settings: Any) -> None:
        self.store = MemoryTableStore()
        order = TableOrder(import_id=3, prefix=PREFIX, **settings)
        self.told: list[tuple[int, int]] = []
        tell = lambda done, total: self.told.append((done, total))  # noqa: E731
        self.result: TableResult = import_table(order, [upload(data, name)], self.store, tell=tell)

    @property
    def rows(self) -> list[dict[str, Any]]:
        tables = [
            pyarrow.parquet.read_table(io.BytesIO(self.store.objects[part.key])) for part in self.result.parts
        ]
        rows: list[dict[str, Any]] = pa.concat_tables(tables).to_pylist() if tables else []
        return rows

    @property
    def types(self) -> Mapping[str, str]:
        assert self.result.columns is not None
        return {column.name: str(column.type) for column in self.result.columns.columns}

    @property
    def refusal(self) -> tuple[str, str]:
        assert self.result.failure is not None, self.result
        assert (self.result.rows, self.store.objects) == (0, {})
        return self.result.failure.reason, self.result.failure.message


def archive(files: Mapping[str, bytes | str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in files.items():
            target.writestr(name, data)
    return out.getvalue()


def test_a_csv_becomes_typed_rows_in_their_order() -> None:
    done = Imported(b'id,price,day,name\n1,2.50,2020-01-31,"a, b"\n2,,2020-02-01,\n3,NA,,"x ""y""\nz"\n')

    assert done.types == {"id": "bigint", "price": "double", "day": "date", "name": "string"}
    assert (done.rows[0]["id"], done.rows[0]["price"], str(done.rows[0]["day"])) == (1, 2.5, "2020-01-31")
    assert [row["name"] for row in done.rows] == ["a, b", None, 'x "y"\nz']
    assert done.result.rows == done.result.rows_read == 3
    assert not done.result.problems
    assert done.told[-1][0] == done.told[-1][1] > 0


def test_the_first_rows_can_be_browsed_without_reading_parts() -> None:
    text = "id,moment,share\n" + "".join(f"{n},2020-01-01 10:00:{n % 60:02},0.5\n" for n in range(12_345))
    done = Imported(text.encode())

    assert [page.rows for page in done.result.pages] == [1_000] * 10
    assert unpacked_rows(done.store.objects[done.result.pages[1].key])[0] == [
        1000,
        "2020-01-01T10:00:40Z",
        0.5,
    ]
    assert len(done.rows) == 12_345
    kept = done.store.objects[import_result_key(PREFIX)]
    assert TableResult.model_validate_json(kept) == done.result


def test_a_type_is_the_one_that_the_last_row_still_allows() -> None:
    text = "a,b\n" + "1,1\n" * 200_000 + "x,0.5\n"

    assert Imported(text.encode()).types == {"a": "string", "b": "double"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_encodings_are_found(encoding: str) -> None:
    done = Imported("城市,人口\n北京,21893095\n上海,24870895\n".encode(encoding), chosen=None, header="false")

    assert done.rows[1] == {"column_1": "北京", "column_2": "21893095"}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_and_line_ends_are_found(delimiter: str) -> None:
    rows = [["a", "b"], ["1", "x y"], ["2", "z"]]
    done = Imported("\r\n".join(delimiter.join(row) for row in rows).encode())

    assert done.rows == [{"a": 1, "b": "x y"}, {"a": 2, "b": "z"}]


def test_without_a_header_names_are_generated() -> None:
    done = Imported(b"1,x\n2,y\n", header=HeaderChoice.FALSE)

    assert done.rows == [{"column_1": 1, "column_2": "x"}, {"column_1": 2, "column_2": "y"}]


def test_columns_are_chosen_renamed_and_typed() -> None:
    done = Imported(b"id,note,amount\n7,x,1.005\n8,y,-3\n", chosen=ORDERS)

    assert done.types == {"order_id": "bigint", "amount": "decimal(10,2)"}
    assert [(row["order_id"], str(row["amount"])) for row in done.rows] == [(7, "1.01"), (8, "-3.00")]


def test_a_chosen_column_that_is_called_otherwise_in_the_file_is_refused() -> None:
    assert Imported(b"nr,note,amount\n7,x,1\n", chosen=ORDERS).refusal == (
        "schema",
        "column 0 is called 'nr' in the file, not 'id'",
    )


def test_when_rows_are_added_the_versions_names_are_a_header_and_no_row() -> None:
    known = Imported(b"a,b\n1,x\n").result.columns

    assert Imported(b"a,b\n2,y\n", known=known).rows == [{"a": 2, "b": "y"}]


def test_when_rows_are_added_any_other_first_row_is_data() -> None:
    known = Imported(b"a,b\n1,x\n").result.columns
    done = Imported(b"c,d\n2,y\n", known=known)

    assert done.rows == [{"a": None, "b": "d"}, {"a": 2, "b": "y"}]
    assert [problem.line for problem in done.result.problems] == [1]


def test_rows_are_added_to_the_same_number_of_columns_only() -> None:
    known = Imported(b"a,b\n1,x\n").result.columns

    assert Imported(b"1,2,3\n", known=known).refusal[0] == "schema"


BAD = b"id,amount,note\n1,2.5,a\nx,1,b\n3,1e99,c\n4,4,d\n"
TYPED = TableSchema.from_lists([0, 1], ["id", "amount"], ["id", "amount"], ["int", "decimal(4,1)"])


def test_automatic_handling_empties_bad_cells_and_tells_them() -> None:
    done = Imported(BAD, chosen=TYPED)

    assert [row["id"] for row in done.rows] == [1, None, 3, 4]
    assert [str(row["amount"]) for row in done.rows] == ["2.5", "1.0", "None", "4.0"]
    assert [(p.line, p.reason, p.severity) for p in done.result.problems] == [
        (3, "not_a_value", Severity.CHANGED),
        (4, "out_of_range", Severity.CHANGED),
    ]
    assert done.result.severities == {"changed": 2}


def test_skip_leaves_bad_rows_out_and_imports_the_rest() -> None:
    done = Imported(BAD, chosen=TYPED, column_error=BadValuePolicy.SKIP)

    assert [row["id"] for row in done.rows] == [1, 4]
    assert (done.result.rows_read, done.result.rows_left_out) == (4, 2)


def test_fail_ends_the_import_at_the_first_bad_row() -> None:
    reason, message = Imported(BAD, chosen=TYPED, column_error=BadValuePolicy.FAIL).refusal

    assert reason == "bad_value"
    assert message == "table.csv, line 3: column id: 'x' is no integer"


def test_rows_of_another_length_are_filled_up_or_cut_in_their_place() -> None:
    done = Imported(b'a,b,c\n1,2,3\n4\n5,"6\n6",7,8\n9,10,11\n12,13\n')

    assert [tuple(row.values()) for row in done.rows] == [
        (1, "2", 3),
        (4, None, None),
        (5, "6\n6", 7),
        (9, "10", 11),
        (12, "13", None),
    ]
    assert [(p.line, p.reason) for p in done.result.problems] == [
        (3, "cell_count"),
        (4, "cell_count"),
        (7, "cell_count"),
    ]


def test_rows_of_another_length_are_left_out_or_end_the_import_as_asked() -> None:
    data = b"a,b\n1,2\n3\n4,5\n"

    assert [row["a"] for row in Imported(data, column_error=BadValuePolicy.SKIP).rows] == [1, 4]
    assert Imported(data, column_error=BadValuePolicy.FAIL).refusal[1].startswith("table.csv, line 3:")


@settings(deadline=None)
@given(
    st.lists(
        st.lists(st.sampled_from(["1", "", "x", '"a\nb"', '"q""q"']), min_size=1, max_size=4), max_size=30
    )
)
def test_ragged_rows_keep_their_places(rows: Sequence[Sequence[str]]) -> None:
    kept = [row for row in rows if row != [""]]  # an empty line is no row
    text = "\n".join(",".join(row) for row in [["h", "i", "j"], *kept])
    done = Imported(text.encode(), header=HeaderChoice.TRUE)
    if not kept:
        assert done.refusal == ("schema", "the file has no rows")
        return
    spoken = {"1": "1", "": None, "x": "x", '"a\nb"': "a\nb", '"q""q"': 'q"q'}
    wanted = [[spoken[cell] for cell in [*row, "", "", ""][:3]] for row in kept]

    assert [[None if v is None else str(v) for v in row.values()] for row in done.rows] == wanted


words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)
odd_cells = st.sampled_from(["", " ", '"', '""', "a,b", "\n", "\r\n", "x\ny", "'", ";", "NA", "1", "界,\n"])


@settings(deadline=None)
@given(
    st.lists(st.lists(words | odd_cells, min_size=3, max_size=3), min_size=1, max_size=12),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030"]),
)
def test_what_a_csv_writer_writes_is_what_is_imported(
    rows: Sequence[Sequence[str]], delimiter: str, quoting: int, encoding: str
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, quoting=quoting)  # ends lines with CRLF
    writer.writerows([NAMES, *rows])
    columns = TableSchema.from_lists(range(3), NAMES, NAMES, ["string"] * 3)
    done = Imported(
        text.getvalue().encode(encoding),
        chosen=columns,
        header=HeaderChoice.TRUE,
        delimiter=delimiter,
        encoding=encoding,
    )

    assert [list(row.values()) for row in done.rows] == [[cell or None for cell in row] for row in rows]
    assert not done.result.problems


def test_a_cell_over_4096_characters_is_cut_left_out_or_ends_the_import() -> None:
    data = ("a,b\n1," + "界" * 4096 + "\n2," + "x" * 4097 + "\n").encode()

    assert [len(row["b"]) for row in Imported(data).rows] == [4096, 4096]
    assert Imported(data).result.severities == {"cut": 1}
    assert len(Imported(data, column_error=BadValuePolicy.SKIP).rows) == 1
    assert Imported(data, column_error=BadValuePolicy.FAIL).refusal[0] == "bad_value"


@pytest.mark.parametrize(
    ("data", "reason", "said"),
    [
        (b"", "schema", "empty"),
        (b"\n\n", "schema", "empty"),
        (b"a,b\n", "schema", "no rows"),
        (b"a\n1\n2\n", "schema", "1 column"),
        (",".join(f"c{n}" for n in range(1001)).encode() + b"\n", "schema", "1001 columns"),
        (b"_x,y\n1,2\n", "schema", "'_x' is no column name"),
        (b"x,x\n1,2\n", "schema", "name x"),
        ("preis €,y\n1,2\n".encode(), "schema", "is no column name"),
        (b"a,b\n1,2\nx\x00y,3\n", "encoding", "zero byte"),
        ("a,b\n1,café\n".encode("cp1252"), "encoding", "UTF-8"),
        (b"a,b\n" + b"1,2\n" * 400_000 + b"\xff\xfe,3\n", "encoding", "line 400002"),
        (b'a,b\n1,"never closed\n' + b"1,2\n" * 10, "schema", "never closed"),
        (b"a,b\n" + b"1,2\n" * 300 + b'1,"open\n' + b"1,2\n" * 5_000_000, "schema", "does not end"),
        (b"a,b\n" + b"1,2\n" * 300 + b'1,"' + b'""' * 6_000_000 + b'"\n', "schema", "does not end"),
        (b"title of the table\n" + b"1,2\n" * 300_000, "schema", "1 column"),
        (b"%PDF-1.7 ...", "encoding", "a PDF"),
    ],
    ids=lambda value: repr(value[:30]) if isinstance(value, bytes) else str(value)[:20],
)  # fmt: skip
def test_what_is_no_table_is_refused_and_leaves_nothing(data: bytes, reason: str, said: str) -> None:
    found, message = Imported(data, header=HeaderChoice.TRUE).refusal

    assert (found, said in message) == (reason, True), message


def test_a_thousand_columns_are_taken() -> None:
    names = [f"c{number}" for number in range(1000)]
    done = Imported("\n".join([",".join(names), ",".join("1" * 1000)]).encode())

    assert len(done.rows[0]) == 1000


def test_more_rows_or_bytes_than_there_is_room_for_are_refused() -> None:
    data = b"a,b\n" + b"1,2\n" * 11

    assert Imported(data, rows=11).result.rows == 11
    assert Imported(data, rows=10).refusal[0] == "volume_limit"
    assert Imported(data, source_bytes=len(data) - 1).refusal[0] == "volume_limit"


def test_the_csvs_of_an_archive_are_one_table() -> None:
    data = archive(
        {"a.csv": "x,y\n1,2\n", "sub/b.csv": "x,y\n3,4\n", "readme.txt": "hi", "__MACOSX/._a.csv": "?"}
    )
    done = Imported(data, "table.zip")

    assert done.rows == [{"x": 1, "y": 2}, {"x": 3, "y": 4}]
    assert [(p.file, p.severity) for p in done.result.problems] == [("readme.txt", Severity.SKIPPED)]


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        ("3,4\n5,6\n", "schema"),  # no header
        ("y,x\n3,4\n", "schema"),  # another order
        ("x,y,z\n3,4,5\n", "schema"),
        ("x,y\n3,北京\n".encode("utf-16"), "encoding"),
        ("x,y\n" + "北京,4\n" * 100).encode("gb18030")
        and ("x,y\n3,北京天安门\n".encode("gb18030"), "encoding"),
    ],
    ids=["header missing", "other order", "other width", "utf-16", "gb18030"],
)
def test_an_archive_with_files_of_different_make_is_refused(second: str | bytes, reason: str) -> None:
    data = archive({"a.csv": "x,y\n1,2\n", "b.csv": second})
    found, message = Imported(data, "table.zip").refusal

    assert (found, "b.csv" in message) == (reason, True), message


def test_an_archive_with_a_header_in_the_second_file_only_is_refused() -> None:
    data = archive({"a.csv": "1,2\n3,4\n", "b.csv": "x,y\n1,2\n"})

    assert "begins with column names" in Imported(data, "table.zip").refusal[1]


def test_archives_that_cannot_be_trusted_are_refused() -> None:
    whole = archive({"a.csv": "x,y\n" + "1,2\n" * 5000})
    damaged = whole[:60] + bytes(byte ^ 0x55 for byte in whole[60:90]) + whole[90:]

    assert Imported(whole[:-30], "t.zip").refusal[0] == "archive_format"
    assert Imported(damaged, "t.zip").refusal[0] == "archive_format"
    assert Imported(archive({"a.txt": "x"}), "t.zip").refusal[0] == "archive_format"
    encrypted = bytearray(archive({"a.csv": "x,y\n1,2\n"}))
    encrypted[encrypted.index(b"PK\x01\x02") + 8] |= 1
    assert "encrypted" in Imported(bytes(encrypted), "t.zip").refusal[1]


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target,
        target.open("bomb.csv", "w", force_zip64=True) as member,
    ):
        for _ in range(1100):
            member.write(b"1" * 1024**2)

    assert "unpacks to more than" in Imported(out.getvalue(), "t.zip").refusal[1]


def parquet(columns: Mapping[str, Any]) -> bytes:
    out = io.BytesIO()
    pyarrow.parquet.write_table(pa.table(dict(columns)), out)
    return out.getvalue()


def test_parquet_keeps_its_types_and_others_become_the_nearest() -> None:
    data = parquet(
        {
            "small": pa.array([1, None], pa.int8()),
            "big": pa.array([2**40, 3], pa.int64()),
            "flag": pa.array([True, False]),
            "word": pa.array(
                [
                    "a",
                    "",
                ][:2]
            ).dictionary_encode(),
            "day": pa.array([0, 1], pa.date32()),
            "cost": pa.array(["1.50", None], pa.string()).cast(pa.decimal128(10, 2)),
            "moment": pa.array([0, 1], pa.timestamp("ns", "UTC")),
        }
    )
    done = Imported(data, "t.parquet", format=TableFormat.PARQUET)

    assert list(done.types.values()) == [
        "smallint", "bigint", "string", "string", "date", "decimal(10,2)", "timestamp",
    ]  # fmt: skip
    assert [row["flag"] for row in done.rows] == ["true", "false"]
    assert [row["word"] for row in done.rows] == ["a", None]


def test_parquet_columns_are_chosen_and_typed_too() -> None:
    data = parquet({"id": [1, 2], "note": ["x", "y"], "amount": ["1.5", "oops"]})
    done = Imported(data, "t.parquet", format=TableFormat.PARQUET, chosen=ORDERS)

    assert [str(row["amount"]) for row in done.rows] == ["1.50", "None"]
    assert done.result.problems[0].line == 2


@pytest.mark.parametrize(
    "data",
    [
        parquet({"a": [[1]], "b": [2]}),
        parquet({"a": [1]}),
        parquet({"_a": [1], "b": [2]}),
        parquet({"a": [1], "b": [2]})[:-9],
        parquet({f"c{number}": [1] for number in range(1001)}),
        b"no parquet at all",
        b"PAR1" + b"\xff" * 100 + b"PAR1",
    ],
    ids=["compound", "one column", "name", "cut off", "1001 columns", "text", "damaged"],
)
def test_parquet_that_is_no_table_of_ours_is_refused(data: bytes) -> None:
    assert Imported(data, "t.parquet", format=TableFormat.PARQUET).refusal[0] == "schema"


def test_json_lines_of_an_external_table_are_read_by_name() -> None:
    source = TableSchema.from_lists([0, 1], ["id", "name"], ["id", "name"], ["int", "string"])
    data = (
        b'{"name": "a", "id": 1, "more": [1]}\n{"ID": "2"}\n' + json.dumps({"id": "x", "name": True}).encode()
    )
    done = Imported(data, "t.json", format=TableFormat.JSON, source=source)

    assert done.rows == [{"id": 1, "name": "a"}, {"id": 2, "name": None}, {"id": None, "name": "true"}]


def test_a_line_of_json_lines_that_is_no_object_of_single_values_is_refused() -> None:
    source = TableSchema.from_lists([0, 1], ["id", "name"], ["id", "name"], ["int", "string"])
    for line in (b"[1, 2]", b"{", b'{"id": {"x": 1}}', b"[" * 100_000):
        data = b'{"id": 1}\n' + line
        reason, message = Imported(data, "t.json", format=TableFormat.JSON, source=source).refusal
        assert (reason, "line 2" in message) == ("schema", True), message


def test_an_import_that_dies_between_its_parts_leaves_no_result_and_no_half_part() -> None:
    class DyingStore(MemoryTableStore):
        def put(self, key: str, body: bytes, *, content_type: str) -> None:
            raise ConnectionError

    class CutStore(MemoryTableStore):
        @contextmanager
        def writing(self, key: str) -> Iterator[Any]:
            with super().writing(key) as sink:
                sink.write = lambda data: (_ for _ in ()).throw(ConnectionError())
                yield sink

    order = TableOrder(import_id=3, prefix=PREFIX)
    for store in (DyingStore(), CutStore()):
        with pytest.raises(ConnectionError):
            import_table(order, [upload(b"a,b\n1,2\n" * 5_000)], store, tell=lambda done, total: None)
        assert import_result_key(PREFIX) not in store.objects
    assert store.objects.keys() <= {f"{PREFIX}rows-{page:05}.jsonl.z" for page in range(10)}


def test_doing_an_import_again_leaves_the_same_objects() -> None:
    data = b"a,b\n" + b"1,x\n" * 5000

    assert Imported(data).store.objects == Imported(data).store.objects
