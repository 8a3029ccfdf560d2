"""A batch prediction from its order to its summary, over storage in memory."""

import base64
import csv
import io
import json
import struct
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from openbml_batch.job import Node, Stopped, predict
from openbml_batch.models import BatchModel
from openbml_formats.batch_orders import BatchOrder, InputFormat, OutputFormat
from openbml_kit.faults import UserFault
from openbml_kit.progress import Progress
from tests.fakes.batch_models import PictureModel, RowModel
from tests.fakes.s3_memory import MemoryS3

ONE = Node(0, 1)


class World:
    """Storage, what was printed, and the order of one job."""

    def __init__(self) -> None:
        self.s3 = MemoryS3()
        self.stream = io.StringIO()

    def put(self, name: str, body: bytes) -> None:
        self.s3.objects["in", name] = body

    def order(self, uri: str, **changes: Any) -> BatchOrder:
        fields = {
            "job_id": "9",
            "input_uri": f"s3://in/{uri}",
            "output_uri": "s3://out/o/",
            "journal_uri": "s3://out/j/",
            "part_items": 4,
        }
        return BatchOrder.model_validate({**fields, **changes})

    def run(self, model: BatchModel, uri: str, *, node: Node = ONE, **changes: Any) -> None:
        order = self.order(uri, **changes)
        predict(order, model, self.s3, node=node, progress=Progress(self.stream))

    def output(self, name: str) -> bytes:
        return self.s3.objects["out", f"o/{name}"]

    def outputs(self) -> Sequence[str]:
        return sorted(key.removeprefix("o/") for _bucket, key in self.s3.objects if key.startswith("o/"))

    def lines(self) -> list[dict[str, Any]]:
        parts = [name for name in self.outputs() if name.startswith("part-")]
        return [json.loads(line) for name in parts for line in self.output(name).splitlines()]

    def summary(self) -> Mapping[str, Any]:
        document: dict[str, Any] = json.loads(self.output("summary.json"))
        return document

    def told(self) -> list[dict[str, Any]]:
        lines = [line.removeprefix("##openbml ") for line in self.stream.getvalue().splitlines()]
        return [record for line in lines if (record := json.loads(line))["kind"] == "batch"]


@pytest.fixture
def world() -> World:
    return World()


def request(content: bytes) -> bytes:
    return json.dumps({"image": base64.b64encode(content).decode()}).encode()


def packed(entries: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_every_line_is_answered_in_order_and_a_bad_one_fails_alone(world: World) -> None:
    bodies = [request(b"x" * size) for size in range(10)]
    bodies[3], bodies[5], bodies[7] = b"{no json", b"[1]", request(b"bad")
    bodies[8] = b'{"image": "' + b"A" * 5000 + b'"}'
    world.put("r.jsonl", b"\n\n".join(bodies))

    world.run(PictureModel(), "r.jsonl", parameters={"top_num": 2})

    lines = world.lines()
    assert [line["index"] for line in lines] == list(range(10))
    assert [line["name"] for line in lines] == [f"r.jsonl:{2 * index + 1}" for index in range(10)]
    assert lines[2]["results"] == [{"name": "size", "score": 2}]
    assert lines[2]["top_num"] == 2
    errors = {line["index"]: line["error_code"] for line in lines if "error_code" in line}
    assert errors == {3: 336002, 5: 336001, 7: 336005, 8: 336004}
    assert world.summary()["failed"] == 4
    assert world.summary()["errors"] == {"336001": 1, "336002": 1, "336004": 1, "336005": 1}
    assert world.outputs() == ["part-000000.jsonl", "part-000001.jsonl", "part-000002.jsonl", "summary.json"]
    last = world.told()[-1]
    assert (last["done"], last["failed"], last["total"], last["share"]) == (10, 4, 10, 1.0)


def test_a_fault_of_the_model_is_one_items_internal_error(world: World) -> None:
    world.put("p/a.jpg", b"crash")
    world.put("p/b.jpg", b"fine")

    world.run(PictureModel(), "p/")

    assert [line.get("error_code") for line in world.lines()] == [336000, None]


def test_a_folder_becomes_a_file_per_picture(world: World) -> None:
    for name in ("a.jpg", "sub/b.png", ".DS_Store"):
        world.put(f"p/{name}", name.encode())
    world.put("p/c.jpg", b"x" * (3 * 1024 * 1024 + 1))

    world.run(PictureModel(), "p/", output_format="folder")

    assert world.outputs() == ["a.jpg.json", "c.jpg.json", "sub/b.png.json", "summary.json"]
    assert json.loads(world.output("sub/b.png.json"))["results"][0]["score"] == len("sub/b.png")
    assert json.loads(world.output("c.jpg.json"))["error_code"] == 336004


def test_a_zip_is_read_entry_by_entry_and_bad_entries_fail_alone(world: World) -> None:
    body = bytearray(packed({"a.jpg": b"1", "locked.jpg": b"22", "lies.jpg": b"0" * 5000, "猫.jpg": b"4444"}))
    _patch(body, b"locked.jpg", 8, struct.pack("<H", 1))  # encrypted
    _patch(body, b"lies.jpg", 24, struct.pack("<L", 10))  # declares fewer bytes than it unpacks to
    world.put("p.zip", bytes(body))

    world.run(PictureModel(), "p.zip", output_format="zip")

    with zipfile.ZipFile(io.BytesIO(world.output("part-000000.zip"))) as archive:
        found = {name: json.loads(archive.read(name)) for name in archive.namelist()}
    assert found["a.jpg.json"]["results"][0]["score"] == 1
    assert found["猫.jpg.json"]["results"][0]["score"] == 4
    assert "encrypted" in found["locked.jpg.json"]["error_msg"]
    assert "directory" in found["lies.jpg.json"]["error_msg"]


def _patch(body: bytearray, name: bytes, offset: int, value: bytes) -> None:
    """Change a field of an entry in the central directory."""
    place = body.rfind(name) - 46
    assert body[place : place + 4] == b"PK\1\2"
    body[place + offset : place + offset + len(value)] = value


def test_hostile_and_repeated_names_of_a_zip_do_not_leave_the_output(world: World) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in ("../../etc/passwd", "a.jpg"):
            archive.writestr(name, b"x")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a.jpg", b"x")
    world.put("p.zip", buffer.getvalue())

    world.run(PictureModel(), "p.zip", output_format="folder")

    assert world.outputs() == ["a.jpg#1.json", "a.jpg#2.json", "item-00000000.json", "summary.json"]
    assert json.loads(world.output("item-00000000.json"))["error_code"] == 336001


def test_a_bomb_is_refused_by_its_own_figure(world: World) -> None:
    world.put("p.zip", packed({"bomb.jpg": b"\0" * 50_000_000, "a.jpg": b"1"}))

    world.run(PictureModel(), "p.zip")

    assert [line.get("error_code") for line in world.lines()] == [336004, None]


def test_a_csv_gets_the_predictions_columns(world: World) -> None:
    world.put("t.csv", "\ufeffid,a,b\n1,2,3\n2,x,1\n3,4\n4,5,\n".encode() + b"5,6,\xff\n=1+1,7,1\n")

    world.run(RowModel(), "t.csv", output_format="csv", part_items=100)

    rows = list(csv.DictReader(io.StringIO(world.output("part-000000.csv").decode())))
    assert list(rows[0]) == ["id", "a", "b", "predicted_value", "error_code", "error_msg"]
    assert [row["predicted_value"] for row in rows] == ["5.0", "", "", "5.0", "", "8.0"]
    assert [row["error_code"] for row in rows] == ["", "336001", "336001", "", "336001", ""]
    assert "3 values" not in rows[0]["error_msg"]
    assert "2 values, the header 3" in rows[2]["error_msg"]
    assert rows[5]["id"] == "'=1+1"


def test_wrong_rows_are_found_by_halving_and_not_one_by_one(world: World) -> None:
    lines = [f"{number},1" for number in range(1000)]
    lines[700] = "x,1"
    world.put("t.csv", ("a,b\n" + "\n".join(lines)).encode())
    model = RowModel()

    world.run(model, "t.csv", part_items=2000)

    assert [line["index"] for line in world.lines() if "error_code" in line] == [700]
    assert len(world.lines()) == 1000
    assert len(model.requests) < 25


def test_parquet_keeps_its_columns_and_a_file_after_the_other(world: World) -> None:
    for number in range(2):
        buffer = io.BytesIO()
        table = pyarrow.table({"a": range(number, number + 5), "b": [1.5] * 5, "label": ["z"] * 5})
        pyarrow.parquet.write_table(table, buffer, row_group_size=2)
        world.put(f"t/{number}.parquet", buffer.getvalue())

    world.run(RowModel(), "t/", output_format="parquet")

    parts = [name for name in world.outputs() if name.endswith(".parquet")]
    read = pyarrow.concat_tables(pyarrow.parquet.read_table(io.BytesIO(world.output(name))) for name in parts)
    assert read.column("predicted_value").to_pylist() == [1.5 + n for n in (0, 1, 2, 3, 4, 1, 2, 3, 4, 5)]
    assert read.column("label").to_pylist() == ["z"] * 10
    assert world.summary()["input_format"] == "parquet"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"t.csv": b"a,c\n1,2\n"}, "lacks the columns b"),
        ({"t.csv": b"a,b,a\n1,2,3\n"}, "columns a more than once"),
        ({"t.csv": b'a,b\n1,"2\n' + b"x" * (1 << 21)}, "quote not closed"),
        ({"t.csv": b"a,b\n"}, "nothing to predict"),
        ({"t.parquet": b"PAR1 no"}, "cannot be read as Parquet"),
        ({"t.bin": b"\0\1\2"}, "no format that can be told"),
        ({"t.zip": b"PK\3\4 cut off"}, "no files: order jsonl, csv or parquet"),
        ({"t.csv": b"a,b\n1,1\n", "u.zip": b"PK"}, "mixes formats"),
        ({}, "nothing below"),
    ],
)
def test_an_input_that_cannot_be_read_as_a_whole_is_the_users_fault(
    world: World, files: Mapping[str, bytes], said: str
) -> None:
    for name, body in files.items():
        world.put(f"p/{name}", body)

    with pytest.raises(UserFault, match=said):
        world.run(RowModel(), "p/")

    assert world.outputs() == []


def test_a_refused_bucket_names_what_to_do(world: World) -> None:
    world.s3.refusing["ListObjectsV2"] = "AccessDenied"

    with pytest.raises(UserFault, match="grant the platform's batch role"):
        world.run(PictureModel(), "p/")


@pytest.mark.parametrize("output_format", list(OutputFormat))
@pytest.mark.parametrize("killed_after", [0, 3, 4, 9])
def test_a_killed_job_goes_on_behind_its_last_part_and_doubles_nothing(
    world: World, killed_after: int, output_format: OutputFormat
) -> None:
    for index in range(10):
        world.put(f"p/{index}.jpg", b"x" * index)
    whole = World()
    whole.s3.objects.update(world.s3.objects)
    whole.run(PictureModel(), "p/", output_format=output_format)

    with pytest.raises(Stopped):
        world.run(_Dying(killed_after), "p/", output_format=output_format)
    model = PictureModel()
    world.run(model, "p/", output_format=output_format)

    if output_format is not OutputFormat.PARQUET:
        assert {name: world.output(name) for name in world.outputs()} == {
            name: whole.output(name) for name in whole.outputs()
        }
    assert world.outputs() == whole.outputs()
    assert world.summary()["items"] == 10
    assert world.told()[-1]["done"] == 10


class _Dying(PictureModel):
    """Is killed while it answers; what is under way is lost."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self._after = after

    def answer(self, document: Mapping[str, Any]) -> Mapping[str, Any]:
        if self.answered >= self._after:
            raise Stopped
        return super().answer(document)


def test_done_parts_are_not_computed_again(world: World) -> None:
    for index in range(10):
        world.put(f"p/{index}.jpg", b"x")
    world.run(PictureModel(), "p/")
    model = PictureModel()

    world.run(model, "p/")

    assert model.answered == 0
    assert world.summary()["items"] == 10


def test_a_part_whose_note_was_lost_is_written_again_under_the_same_name(world: World) -> None:
    for index in range(10):
        world.put(f"p/{index}.jpg", b"x" * index)
    world.run(PictureModel(), "p/")
    before = {name: world.output(name) for name in world.outputs()}
    del world.s3.objects["out", "j/part-000001.json"]
    model = PictureModel()

    world.run(model, "p/")

    assert model.answered == 4
    assert {name: world.output(name) for name in world.outputs()} == before


def test_a_changed_input_is_not_mixed_with_parts_of_the_old_one(world: World) -> None:
    world.put("p/0.jpg", b"x")
    world.run(PictureModel(), "p/")
    world.put("p/1.jpg", b"x")

    with pytest.raises(UserFault, match="has changed"):
        world.run(PictureModel(), "p/")


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet", "zip", "folder"])
def test_nodes_share_the_parts_and_the_last_writes_the_summary(world: World, suffix: str) -> None:
    model: BatchModel = PictureModel()
    rows = [(index, 1) for index in range(22)]
    match suffix:
        case "jsonl":
            world.put("i.jsonl", b"\n".join(request(b"x" * index) for index in range(22)))
        case "csv":
            model = RowModel()
            world.put("i.csv", b"a,b\n" + b"\n".join(b"%d,%d" % row for row in rows))
        case "parquet":
            model, buffer = RowModel(), io.BytesIO()
            table = pyarrow.table({"a": [a for a, _b in rows], "b": [b for _a, b in rows]})
            pyarrow.parquet.write_table(table, buffer, row_group_size=5)
            world.put("i.parquet", buffer.getvalue())
        case "zip":
            world.put("i.zip", packed({f"{index:02}": b"x" * index for index in range(22)}))
        case "folder":
            for index in range(22):
                world.put(f"i.folder/{index:02}.jpg", b"x" * index)
    uri = "i.folder/" if suffix == "folder" else f"i.{suffix}"

    for number in (2, 0, 1):
        assert "summary.json" not in world.outputs()
        world.run(model, uri, node=Node(number, 3))

    assert [line["index"] for line in world.lines()] == list(range(22))
    assert world.summary()["items"] == 22
    assert sorted({record["node"] for record in world.told()}) == [0, 1, 2]


def test_formats_are_told_by_content_where_names_say_nothing(world: World) -> None:
    for name, body, told in (
        ("requests", request(b"x"), InputFormat.JSONL),
        ("archive", packed({"a.jpg": b"1"}), InputFormat.ZIP),
        ("picture", b"\xff\xd8\xff\xe0", InputFormat.FOLDER),
    ):
        fresh = World()
        fresh.put(name, body)
        fresh.run(PictureModel(), name)
        assert fresh.summary()["input_format"] == told


def test_a_zip_of_64_bit_figures_is_read(world: World) -> None:
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w") as archive,
        archive.open(zipfile.ZipInfo("a.jpg"), "w", force_zip64=True) as entry,
    ):
        entry.write(b"12345")
    world.put("p.zip", buffer.getvalue())

    world.run(PictureModel(), "p.zip")

    assert world.lines()[0]["results"][0]["score"] == 5
