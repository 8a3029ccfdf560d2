"""The routes of tables, as their function serves them."""

import base64
import uuid
from typing import Any

import pytest

from openbml.datasets.datasets import VersionKey
from tests.contract.datasets.conftest import World
from tests.contract.datasets.table_desk import TableDesk
from tests.contract.datasets.test_api import Api, served
from tests.contract.emulator import client

__all__ = ["served"]

pytestmark = pytest.mark.contract
CSV = b"id,price,day,note\n1,2.50,2020-01-31,a\n2,,,\n"


def path_of(key: VersionKey) -> str:
    return f"/datasets/{key.dataset_id}/versions/{key.version_number}"


def columns_of(reply: Any) -> list[tuple[str, str]]:
    return [(column["name"], column["type"]) for column in reply["columns"]]


def test_schema_and_rows_of_a_version_are_shown(served: Api, world: World) -> None:
    desk = TableDesk(world)
    key = desk.dataset()
    desk.imported(key, CSV)

    schema = served.ok("GET", f"{path_of(key)}/schema")
    assert columns_of(schema) == [("id", "bigint"), ("price", "double"), ("day", "date"), ("note", "string")]
    assert (schema["rows"], schema["source_bytes"]) == (2, len(CSV))
    rows = served.ok("GET", f"{path_of(key)}/rows", offset="1", limit="1")
    assert rows["rows"] == [[2, None, None, None]]
    assert (rows["total"], rows["browsable"], rows["next_offset"]) == (2, 2, None)
    assert served.ok("GET", f"{path_of(key)}/rows", limit="1")["next_offset"] == 1
    assert served.ok("GET", f"{path_of(key)}/rows", offset="99")["rows"] == []


def test_a_version_without_rows_says_so(served: Api, world: World) -> None:
    key = TableDesk(world).dataset()

    for path in ("schema", "rows"):
        status, reply = served.call("GET", f"{path_of(key)}/{path}")
        assert (status, reply["error"]["code"]) == (404, "no_table")
    assert served.call("GET", "/datasets/1/versions/1/schema")[0] == 404


def preview(served: Api, data: bytes, **more: Any) -> Any:
    return served.ok(
        "POST", "/table-previews", {"data": base64.b64encode(data).decode(), "whole": True, **more}
    )


def test_a_files_beginning_is_previewed(served: Api) -> None:
    shown = preview(served, CSV)

    assert (shown["names"], shown["types"]) == (
        ["id", "price", "day", "note"],
        ["bigint", "double", "date", "string"],
    )
    assert shown["values"][0] == [1, 2.5, "2020-01-31", "a"]
    assert shown["dialect"] == {"encoding": "utf-8", "delimiter": ",", "quote": '"', "has_header": True}
    assert shown["problems"] == []
    plain = preview(served, CSV, table={"header": "false"})
    assert (plain["names"][0], plain["values"][0][0]) == ("column_1", "id")


def test_a_preview_tells_what_would_be_refused(served: Api) -> None:
    assert "_x" in preview(served, b"_x,y\n1,2\n")["problems"][0]
    for data, said in ((b"PK\x03\x04...", "archive"), (b"\x00\x01\x02", "zero bytes"), (b"  ", "empty")):
        body = {"data": base64.b64encode(data).decode()}
        status, reply = served.call("POST", "/table-previews", body)
        assert (status, reply["error"]["code"]) == (400, "no_preview")
        assert said in reply["error"]["message"]
    for body in ({}, {"data": "not base64!"}, {"data": ""}, {"data": "YQ==", "surprise": 1}):
        assert served.call("POST", "/table-previews", body)[0] == 400


def test_an_uploaded_file_is_previewed(served: Api, world: World) -> None:
    desk = TableDesk(world)
    key = desk.dataset()
    data_import = desk.planned(key, CSV)
    place = {"dataset_id": key.dataset_id, "version_number": 1, "import_id": data_import.import_id}

    assert served.ok("POST", "/table-previews", {"uploaded": place})["names"][0] == "id"
    wrong = {"uploaded": {**place, "file": 1}}
    assert served.call("POST", "/table-previews", wrong)[0] == 400


def test_an_import_of_a_table_takes_its_settings(served: Api, world: World) -> None:
    key = TableDesk(world).dataset()
    columns = {"columns": [0, 1], "raw_names": ["a", "b"], "names": ["x", "y"], "types": ["int", "string"]}
    body = {"format": "csv", "files": [{"name": "t.csv", "size_bytes": 9}], "table": {"columns": columns}}
    made = served.ok("POST", f"{path_of(key)}/imports", body)
    kept = world.imports.get(key, made["import_id"]).settings

    assert kept["columns"] == columns
    for bad in (
        {"columns": {**columns, "types": ["int"]}},
        {"columns": {**columns, "types": ["int", "array<int>"]}},
        {"columns": {**columns, "names": ["_x", "y"]}},
        {"column_error": "maybe"},
        {"upload_type": "merge"},
    ):
        status, _ = served.call("POST", f"{path_of(key)}/imports", {**body, "table": bad})
        assert status == 400, bad


def test_a_table_of_the_catalogue_is_looked_at_and_imported(served: Api, world: World) -> None:
    database, bucket = f"db{uuid.uuid4().hex[:8]}", f"lake-{uuid.uuid4().hex[:8]}"
    world.s3.create_bucket(Bucket=bucket)
    world.s3.put_object(Bucket=bucket, Key="t/a.csv", Body=b"1,x\n2,y\n")
    glue = client("glue", world.url)
    glue.create_database(DatabaseInput={"Name": database})
    storage = {"Columns": [{"Name": "id", "Type": "int"}, {"Name": "w", "Type": "string"}]}
    table = {"Name": "t", "Parameters": {"classification": "csv"}}
    glue.create_table(
        DatabaseName=database,
        TableInput={**table, "StorageDescriptor": {**storage, "Location": f"s3://{bucket}/t/"}},
    )
    desk = TableDesk(world)
    key = desk.dataset()

    shown = served.ok("GET", "/catalogue-tables", database=database, table="t")
    assert columns_of(shown) == [("id", "int"), ("w", "string")]
    assert (shown["values"], shown["row_count"], shown["has_preview"]) == ([[1, "x"], [2, "y"]], 2, True)
    assert served.call("GET", "/catalogue-tables", None, database=database, table="none")[0] == 404
    body = {"table": {"catalogue": {"database": database, "table": "t"}}}
    made = served.ok("POST", f"{path_of(key)}/imports", body)
    assert made["state"] == "planning"
