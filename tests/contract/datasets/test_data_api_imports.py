"""Imports of external tables through the data API (spec 02 sections 8.10, 8.11, 8.16)."""

import uuid
from collections.abc import Sequence
from typing import Any

import pytest

from openbml.core.ids import new_id
from openbml.datasets.importing.data_imports import ImportState
from openbml.datasets.jobs.data_jobs import StartDataJob, WorkProgress
from openbml.datasets.tables.table_catalogues_glue import GlueTableCatalogue
from tests.contract.datasets.data_api_desk import Desk
from tests.contract.datasets.table_desk import TableDesk
from tests.contract.emulator import client

TABLE = ("DATA_TABLE_FORECASTING", "DATA_TABLE_FORECASTING")
COLUMNS = [("id", "bigint"), ("amount", "decimal(10,2)"), ("day", "date"), ("paid", "boolean")]
ROWS = "1,2.50,2020-01-31,true\n2,abc,2020-02-01,false\n3,4.00,2020-02-02,true\n"
LAZY = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"


class Lake:
    """A table in a customer's bucket and in the catalogue."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.tables = TableDesk(desk.world)
        self.database = f"sales_{uuid.uuid4().hex[:8]}"
        self.bucket = self.database.replace("_", "-")
        desk.world.s3.create_bucket(Bucket=self.bucket)
        self._glue = client("glue", desk.world.url)
        self._glue.create_database(DatabaseInput={"Name": self.database})
        self.add("orders", ROWS, COLUMNS)
        self.made = desk.create("orders", *TABLE)
        version = desk.world.datasets.version_of(desk.world.scope, self.made["dataset_id"])
        self.key = version.key

    def add(self, name: str, rows: str, columns: Sequence[tuple[str, str]], **parameters: str) -> None:
        self.desk.world.s3.put_object(Bucket=self.bucket, Key=f"{name}/part.csv", Body=rows.encode())
        self._glue.create_table(
            DatabaseName=self.database,
            TableInput={
                "Name": name,
                "Parameters": parameters,
                "StorageDescriptor": {
                    "Columns": [{"Name": column, "Type": written} for column, written in columns],
                    "Location": f"s3://{self.bucket}/{name}/",
                    "SerdeInfo": {"SerializationLibrary": LAZY, "Parameters": {"field.delim": ","}},
                },
            },
        )

    def body(self, table: str = "orders", **more: Any) -> dict[str, Any]:
        return {
            "dataset_id": self.made["dataset_id"],
            "data_source_type": "cloud_edap",
            "database_name": self.database,
            "table_name": table,
            **more,
        }

    def started(self, **more: Any) -> int:
        reply = self.desk.ok("createImportTask", self.body(**more))
        assert set(reply) == {"log_id", "task_id"}
        task_id: int = reply["task_id"]
        return task_id

    def planned(self, task_id: int) -> None:
        """Plan as the function behind the marker does."""
        world = self.desk.world
        found = world.imports.find(world.scope.project_id, task_id)
        assert found is not None
        glue = GlueTableCatalogue(self._glue)
        place = (self.database, str(found.settings["catalogue"]["table"]))  # type: ignore[index,call-overload]
        world.catalogue.tables[place] = glue.describe(*place)
        world.planned(found)

    def ended(self, task_id: int) -> dict[str, Any]:
        self.planned(task_id)
        for job in self.tables.jobs():
            self.tables.taken(job, self.tables.worked(job))
        return self.told(task_id)

    def told(self, task_id: int) -> dict[str, Any]:
        reply = self.desk.ok("describeImportTask", {"task_id": task_id})
        assert set(reply) == {"log_id", "result"}
        detail: dict[str, Any] = reply["result"]
        return detail

    def version(self) -> dict[str, Any]:
        reply = self.desk.ok("describeDatasetVersion", {"dataset_id": self.made["dataset_id"]})
        detail: dict[str, Any] = reply["result"]
        return detail


@pytest.fixture
def lake(desk: Desk) -> Lake:
    return Lake(desk)


def test_item_114_an_import_shows_its_progress_and_ends_as_finished(desk: Desk, lake: Lake) -> None:
    task_id = lake.started()
    begun = lake.told(task_id)
    assert set(begun) == {
        "dataset_id",
        "size_MB",
        "columns",
        "rows",
        "import_status",
        "import_progress",
        "start_time",
        "finish_time",
    }
    assert (begun["import_status"], begun["import_progress"], begun["finish_time"]) == ("Importing", 0.0, "")
    assert lake.version()["import_status"] == "Importing"
    lake.planned(task_id)
    (job,) = lake.tables.jobs()
    running = job.ordered(0, desk.world.clock()).running(desk.world.clock())
    desk.world.jobs.save(job.ordered(0, desk.world.clock()))
    desk.world.jobs.save(running)
    desk.world.jobs.record_progress(running, WorkProgress(done=21, total=100))
    assert lake.told(task_id)["import_progress"] == 0.21
    assert lake.version()["import_progress"] == 0.21
    lake.tables.taken(running, lake.tables.worked(running))
    done = lake.told(task_id)
    assert (done["import_status"], done["import_progress"]) == ("ImportFinished", 1.0)
    assert (done["dataset_id"], done["columns"], done["rows"]) == (lake.made["dataset_id"], 4, 3)
    assert done["size_MB"] > 0
    assert done["finish_time"]
    version = lake.version()
    assert (version["import_status"], version["import_progress"]) == ("ImportFinished", 1.0)
    assert (version["columns"], version["rows"], version["size_MB"] > 0) == (4, 3, True)


def test_item_115_bad_rows_are_dropped_by_skip(lake: Lake) -> None:
    done = lake.ended(lake.started(column_error="skip"))
    assert (done["import_status"], done["rows"]) == ("ImportFinished", 2)
    assert [row[0] for row in lake.tables.rows(lake.key)] == [1, 3]


def test_item_115_bad_values_end_an_import_by_fail(lake: Lake) -> None:
    done = lake.ended(lake.started(column_error="fail"))
    assert (done["import_status"], done["rows"], done["columns"]) == ("ImportFailed", 0, 0)
    assert lake.version()["import_status"] == "ImportFailed"


@pytest.mark.parametrize("given", [{}, {"column_error": "auto"}, {"column_error": None}])
def test_item_115_bad_values_are_handled_by_themselves_otherwise(lake: Lake, given: dict[str, Any]) -> None:
    done = lake.ended(lake.started(**given))
    assert (done["import_status"], done["rows"]) == ("ImportFinished", 3)
    assert [row[1] for row in lake.tables.rows(lake.key)] == ["2.50", None, "4.00"]


def test_item_116_a_schema_chooses_renames_and_types_columns(lake: Lake) -> None:
    schema = {
        "columns": [0, 1],
        "raw_names": ["id", "amount"],
        "names": ["order_id", "total"],
        "types": ["int", "string"],
    }
    done = lake.ended(lake.started(schema=schema))
    assert (done["columns"], done["rows"]) == (2, 3)
    assert lake.tables.rows(lake.key) == [[1, "2.50"], [2, "abc"], [3, "4.00"]]


def test_item_117_without_a_schema_all_columns_are_taken_as_guessed(lake: Lake) -> None:
    lake.ended(lake.started())
    assert lake.tables.rows(lake.key)[0] == [1, "2.50", "2020-01-31", "true"]


def test_an_overwriting_import_takes_the_rows_place(lake: Lake) -> None:
    lake.ended(lake.started(column_error="skip"))
    lake.ended(lake.started(column_error="skip"))
    assert lake.version()["rows"] == 4
    lake.ended(lake.started(column_error="skip", upload_type="overwrite"))
    assert lake.version()["rows"] == 2


def test_item_122_a_schema_is_guessed_with_a_preview(desk: Desk, lake: Lake) -> None:
    source = {name: value for name, value in lake.body().items() if name != "dataset_id"}
    reply = desk.ok("guessSchema", source)
    assert set(reply) == {"log_id", "result"}
    assert reply["result"] == {
        "schema": {
            "names": ["id", "amount", "day", "paid"],
            "types": ["bigint", "decimal(10,2)", "date", "string"],
            "columns": [0, 1, 2, 3],
        },
        "values": [
            [1, "2.50", "2020-01-31", "true"],
            [2, None, "2020-02-01", "false"],
            [3, "4.00", "2020-02-02", "true"],
        ],
        "total_size": 3,
        "has_preview": True,
    }


def test_item_122_a_table_that_cannot_be_looked_into_has_no_preview(desk: Desk, lake: Lake) -> None:
    lake.add("known", ROWS, COLUMNS, recordCount="2500")
    desk.world.s3.delete_object(Bucket=lake.bucket, Key="known/part.csv")
    source = {**lake.body("known"), "dataset_id": None}
    result = desk.ok("guessSchema", source)["result"]
    assert (result["values"], result["total_size"], result["has_preview"]) == ([], 2500, False)


@pytest.mark.parametrize("operation", ["createImportTask", "guessSchema"])
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"data_source_type": "mysql"}, "data_source_type"),
        ({"data_source_type": None}, "data_source_type"),
        ({"database_name": None}, "database_name"),
        ({"database_name": ""}, "database_name"),
        ({"table_name": 5}, "table_name"),
        ({"table_name": "nothing"}, "table_name"),
        ({"database_name": "nowhere"}, "table_name"),
    ],
)
def test_a_source_that_cannot_be_is_refused_by_its_name(
    desk: Desk, lake: Lake, operation: str, changes: dict[str, Any], field: str
) -> None:
    assert desk.error(operation, lake.body(**changes)) == (406001, f"param[{field}] invalid")


GOOD = {"columns": [0, 1], "raw_names": ["id", "amount"], "names": ["a", "b"], "types": ["int", "string"]}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"column_error": "ignore"}, "column_error"),
        ({"upload_type": "merge"}, "upload_type"),
        ({"schema": []}, "schema"),
        ({"schema": {}}, "schema.columns"),
        ({"schema": {**GOOD, "types": None}}, "schema.types"),
        ({"schema": {**GOOD, "names": "ab"}}, "schema.names"),
        ({"schema": {**GOOD, "columns": [0, "1"]}}, "schema.columns"),
        ({"schema": {**GOOD, "columns": [0, -1]}}, "schema.columns"),
        ({"schema": {**GOOD, "names": ["a"]}}, "schema"),
        ({"schema": {**GOOD, "names": ["a", "a"]}}, "schema"),
        ({"schema": {**GOOD, "columns": [0, 0]}}, "schema"),
        ({"schema": {**GOOD, "types": ["int", "array<int>"]}}, "schema"),
        ({"schema": {**GOOD, "types": ["int", "decimal(2,9)"]}}, "schema"),
        ({"schema": {"columns": [], "raw_names": [], "names": [], "types": []}}, "schema"),
    ],
)
def test_a_parameter_of_an_import_is_refused_by_its_name(
    desk: Desk, lake: Lake, changes: dict[str, Any], field: str
) -> None:
    assert desk.error("createImportTask", lake.body(**changes)) == (406001, f"param[{field}] invalid")
    assert lake.version()["import_status"] == ""


@pytest.mark.parametrize(
    "written", ["smallint", "int", "bigint", "float", "double", "string", "decimal(9,3)"]
)
def test_every_basic_type_can_be_asked_for(lake: Lake, written: str) -> None:
    done = lake.ended(lake.started(schema={**GOOD, "types": [written, "string"]}))
    assert done["import_status"] == "ImportFinished"


def test_item_124_a_version_takes_one_import_at_a_time(desk: Desk, lake: Lake) -> None:
    task_id = lake.started()
    busy = (406004, "dataset can not be modified temporarily")
    assert desk.error("createImportTask", lake.body()) == busy
    group = {"dataset_group_id": lake.made["dataset_group_id"]}
    assert desk.error("deleteDataset", group) == busy
    lake.ended(task_id)
    lake.started()


def test_rows_go_into_tables_only_and_from_known_versions(desk: Desk, lake: Lake) -> None:
    boxes = desk.create("boxes", "OBJECT_DETECTION", "OBJECT_DETECTION_RECTANGLE")
    body = lake.body(dataset_id=boxes["dataset_id"])
    assert desk.error("createImportTask", body) == (406001, "param[dataset_id] invalid")
    assert desk.error("createImportTask", lake.body(dataset_id=new_id()))[0] == 406002


def test_an_unknown_import_is_an_invalid_parameter(desk: Desk, lake: Lake) -> None:
    assert desk.error("describeImportTask", {"task_id": new_id()}) == (406001, "param[task_id] invalid")
    other = desk.token_of(desk.application(project_id=desk.other_project()))
    task_id = lake.started()
    assert desk.error("describeImportTask", {"task_id": task_id}, token=other)[0] == 406001


def test_an_import_that_was_cancelled_has_failed(desk: Desk, lake: Lake) -> None:
    task_id = lake.started()
    found = desk.world.imports.find(desk.world.scope.project_id, task_id)
    assert found is not None
    desk.world.imports.end(found, ImportState.CANCELLED, None, desk.world.clock())
    assert lake.told(task_id)["import_status"] == "ImportFailed"


def test_the_job_is_asked_for_by_the_same_id_as_the_task(lake: Lake) -> None:
    task_id = lake.started()
    lake.planned(task_id)
    (message,) = lake.desk.world.starting.taken()
    assert isinstance(message, StartDataJob)
    assert message.job_id == task_id
