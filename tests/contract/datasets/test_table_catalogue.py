"""What every TableCatalogue owes, the fake and Glue; how tables are guessed by it (spec 02 section 8.16)."""

import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest

from openbml.datasets.tables.table_catalogues import (
    CatalogueTable,
    CatalogueTableNotFoundError,
    CatalogueTableRefusedError,
    TableCatalogue,
    guess_schema,
)
from openbml.datasets.tables.table_catalogues_glue import GlueTableCatalogue, S3ExternalReader
from openbml_formats.tables.schemas import TableSchema
from openbml_formats.tables.table_imports import ExternalFiles, TableFormat
from tests.contract.emulator import client
from tests.fakes.tables_memory import MemoryCatalogue, MemoryExternalReader

pytestmark = pytest.mark.contract
DATABASE = f"sales_{uuid.uuid4().hex[:8]}"
LAZY = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
ORDERS = CatalogueTable(
    database=DATABASE,
    table="orders",
    columns=TableSchema.from_lists(
        [0, 1, 2], ["id", "amount", "paid"], ["id", "amount", "paid"], ["bigint", "decimal(10,2)", "string"]
    ),
    files=ExternalFiles(bucket="lake", prefix="sales/orders/"),
    format=TableFormat.CSV,
    header=True,
    delimiter=";",
    row_count=2500,
)
COLUMNS = [("id", "bigint"), ("amount", "decimal(10,2)"), ("paid", "boolean")]


class CatalogueContract:
    def test_a_table_has_our_types_and_its_place(self, catalogue: TableCatalogue) -> None:
        assert catalogue.describe(DATABASE, "orders") == ORDERS

    def test_an_unknown_table_or_database_is_told(self, catalogue: TableCatalogue) -> None:
        for place in ((DATABASE, "nothing"), ("nowhere", "orders")):
            with pytest.raises(CatalogueTableNotFoundError):
                catalogue.describe(*place)

    def test_a_table_that_cannot_be_imported_says_why(self, catalogue: TableCatalogue) -> None:
        with pytest.raises(CatalogueTableRefusedError) as caught:
            catalogue.describe(DATABASE, "nested")
        assert "items" in caught.value.details["reason"]


class TestMemory(CatalogueContract):
    @pytest.fixture
    def catalogue(self) -> TableCatalogue:
        nested = "column items is array<int>; only columns of single values are taken"
        return MemoryCatalogue({(DATABASE, "orders"): ORDERS, (DATABASE, "nested"): nested})


def table(
    name: str,
    columns: Sequence[tuple[str, str]] = COLUMNS,
    location: str = "s3://lake/sales/orders/",
    **more: Any,
) -> dict[str, Any]:
    serde = more.pop("serde", {"SerializationLibrary": LAZY, "Parameters": {"field.delim": ";"}})
    return {
        "Name": name,
        "Parameters": more.pop("parameters", {"skip.header.line.count": "1", "recordCount": "2500"}),
        "PartitionKeys": more.pop("partitions", []),
        "StorageDescriptor": {
            "Columns": [{"Name": column, "Type": written} for column, written in columns],
            "Location": location,
            "SerdeInfo": serde,
        },
    }


@pytest.fixture(scope="module")
def glue(emulator_url: str) -> Any:
    made = client("glue", emulator_url)
    made.create_database(DatabaseInput={"Name": DATABASE})
    made.create_table(DatabaseName=DATABASE, TableInput=table("orders"))
    nested = table("nested", [("id", "int"), ("items", "array<int>")])
    made.create_table(DatabaseName=DATABASE, TableInput=nested)
    return made


class TestGlue(CatalogueContract):
    @pytest.fixture
    def catalogue(self, glue: Any) -> TableCatalogue:
        return GlueTableCatalogue(glue, closed=["platform-data"])

    @pytest.mark.parametrize(
        ("described", "said"),
        [
            (table("partitioned", partitions=[{"Name": "day", "Type": "date"}]), "partitioned"),
            (table("elsewhere", location="hdfs://lake/orders"), "not in S3"),
            (table("ours", location="s3://platform-data/projects/7/tables/"), "bucket of the platform"),
            (
                table("orc", serde={"SerializationLibrary": "org.apache.hadoop.hive.ql.io.orc.OrcSerde"}),
                "orc",
            ),
            (
                table("odd", serde={"SerializationLibrary": LAZY, "Parameters": {"field.delim": "\x01"}}),
                "cut by",
            ),
            (table("narrow", [("id", "int")]), "2 to 1000"),
            (table("mapped", [("id", "int"), ("m", "map<string,int>")]), "m is map"),
        ],
        ids=lambda value: value["Name"] if isinstance(value, dict) else "",
    )
    def test_what_is_not_read_is_refused_with_its_reason(
        self, glue: Any, catalogue: TableCatalogue, described: Mapping[str, Any], said: str
    ) -> None:
        glue.create_table(DatabaseName=DATABASE, TableInput=described)
        with pytest.raises(CatalogueTableRefusedError) as caught:
            catalogue.describe(DATABASE, described["Name"])
        assert said in caught.value.details["reason"]

    def test_parquet_and_names_that_ours_cannot_have_are_taken(
        self, glue: Any, catalogue: TableCatalogue
    ) -> None:
        columns = [("_id", "int"), ("order-date", "timestamp"), ("x", "varchar(20)")]
        parquet = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
        glue.create_table(
            DatabaseName=DATABASE,
            TableInput=table("p", columns, serde={"SerializationLibrary": parquet}, parameters={}),
        )
        found = catalogue.describe(DATABASE, "p")

        assert (found.format, found.row_count) == (TableFormat.PARQUET, None)
        assert [(c.raw_name, c.name, str(c.type)) for c in found.columns.columns] == [
            ("_id", "id", "int"),
            ("order-date", "order_date", "timestamp"),
            ("x", "x", "string"),
        ]

    def test_a_first_file_is_shown_typed_and_counted(self, glue: Any, emulator_url: str) -> None:
        s3 = client("s3", emulator_url)
        bucket = f"lake-{uuid.uuid4().hex[:8]}"
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key="o/_SUCCESS", Body=b"")
        s3.put_object(Bucket=bucket, Key="o/part-0", Body=b"id;amount;paid\n1;2.5;true\n2;;x\n")
        described = table("shown", location=f"s3://{bucket}/o", parameters={"skip.header.line.count": "1"})
        glue.create_table(DatabaseName=DATABASE, TableInput=described)

        guessed = guess_schema(
            DATABASE, "shown", catalogue=GlueTableCatalogue(glue), reader=S3ExternalReader(s3)
        )
        assert [list(row) for row in guessed.values] == [[1, Decimal("2.50"), "true"], [2, None, "x"]]
        assert guessed.row_count == 2


def test_a_table_whose_files_cannot_be_read_has_no_preview() -> None:
    catalogue = MemoryCatalogue({(DATABASE, "orders"): ORDERS})
    guessed = guess_schema(DATABASE, "orders", catalogue=catalogue, reader=MemoryExternalReader())

    assert (guessed.values, guessed.row_count) == ([], 2500)


def test_the_beginning_of_a_large_file_shows_whole_rows_only() -> None:
    catalogue = MemoryCatalogue({(DATABASE, "orders"): ORDERS.model_copy(update={"row_count": None})})
    data = b"id;amount;paid\n" + b"1;2.5;yes\n" * 100_000
    reader = MemoryExternalReader({("lake", "sales/orders/"): data})
    guessed = guess_schema(DATABASE, "orders", catalogue=catalogue, reader=reader)

    assert len(guessed.values) == 20
    assert guessed.row_count is None
