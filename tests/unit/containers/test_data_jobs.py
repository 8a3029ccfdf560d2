"""A data job from its order to its result, over storage in memory."""

import io
import json
import threading
import zipfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from openbml_catalog.datasets import dataset_kinds
from openbml_data import exports
from openbml_data.job import finish, main, read_order
from openbml_data.job_progress import JobProgress
from openbml_data.workspace import Workspace
from openbml_formats.annotations import Annotation
from openbml_formats.data_jobs import DataJobKind, DataJobOrder
from openbml_formats.export_jobs import ExportResult
from openbml_formats.listings import ListedSample, packed_listing
from openbml_formats.protocols import ExportInfo
from openbml_kit.faults import PlatformFault, UserFault
from openbml_kit.places import Places
from openbml_kit.progress import Progress
from tests.fakes.s3_memory import MemoryS3

SHA = "ab" * 32


def ordered(**changes: Any) -> DataJobOrder:
    fields: dict[str, Any] = {
        "job_id": "700",
        "kind": DataJobKind.EXPORT,
        "data_bucket": "data",
        "uploads_bucket": "uploads",
        "project_prefix": "projects/42/",
        "dataset": ExportInfo(
            dataset_name="cats",
            version_number=1,
            kind=dataset_kinds()["image_classification"],
            labels=["cat"],
        ),
        "result_key": "projects/42/jobs/700/result.json",
        "settings": {"format": "json", "target_bucket": "data", "target_key": "out.zip"},
    }
    return DataJobOrder.model_validate({**fields, **changes})


class Told:
    """What a job printed."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    def records(self, kind: str) -> list[dict[str, Any]]:
        lines = [line.removeprefix("##openbml ") for line in self.stream.getvalue().splitlines()]
        return [record for line in lines if (record := json.loads(line))["kind"] == kind]


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def s3() -> MemoryS3:
    return MemoryS3()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as executor:
        yield executor


def opened(order: DataJobOrder, s3: MemoryS3, pool: ThreadPoolExecutor, told: Told) -> Workspace:
    return Workspace(order=order, s3=s3, pool=pool, progress=JobProgress(Progress(told.stream)))


def samples(s3: MemoryS3, count: int, *, size: int = 20) -> Sequence[str]:
    """Put so many images and their listings, seven a listing; return the listings' keys."""
    rows = []
    for number in range(count):
        sha256 = f"{number:064x}"
        s3.objects["data", f"projects/42/blobs/00/{sha256}"] = bytes([number % 256]) * size
        said = Annotation(labels=("cat",) if number % 2 else ())
        rows.append(
            ListedSample(
                sample_id=number + 1,
                name=f"{number}.png",
                annotation=said,
                extension="png",
                sha256=sha256,
                size_bytes=size,
            )
        )
    keys = []
    for start in range(0, count, 7):
        keys.append(f"projects/42/jobs/700/listings/{start:06}.json.z")
        s3.objects["uploads", keys[-1]] = packed_listing(rows[start : start + 7])
    return keys


def test_an_export_holds_every_sample_and_tells_how_far_it_is(
    s3: MemoryS3, pool: ThreadPoolExecutor, told: Told
) -> None:
    order = ordered(samples=samples(s3, 23), sample_count=23)
    workspace = opened(order, s3, pool, told)
    result = exports.run(order, workspace)
    body = s3.objects["data", "out.zip"]
    assert result == ExportResult(bucket="data", key="out.zip", size_bytes=len(body), sample_count=23)
    names = zipfile.ZipFile(io.BytesIO(body)).namelist()
    assert len([name for name in names if name.endswith(".png")]) == 23
    assert told.records("progress")[-1] | {"at": ""} == {
        "kind": "progress",
        "done": 23,
        "total": 23,
        "at": "",
    }
    finish(workspace, result.model_dump_json().encode())
    assert ExportResult.model_validate_json(s3.objects["uploads", order.result_key]) == result


def test_blobs_are_read_many_at_once_and_come_in_order_with_bounded_memory(
    s3: MemoryS3, pool: ThreadPoolExecutor, told: Told
) -> None:
    size = 4 * 1024 * 1024
    order = ordered(samples=samples(s3, 40, size=size))
    workspace = opened(order, s3, pool, told)
    seen = []
    for sample, read in workspace.with_content(workspace.samples()):
        fetched = s3.calls.count("GetObject")
        assert fetched - len(seen) <= 3 + 1 + 6, "12 MB ahead, the six listings beside them"
        seen.append((sample.sample_id, read()[0]))
    assert seen == [(number + 1, number) for number in range(40)]


def test_a_sample_whose_content_nobody_wants_costs_no_order(
    s3: MemoryS3, pool: ThreadPoolExecutor, told: Told
) -> None:
    order = ordered(samples=samples(s3, 30))
    workspace = opened(order, s3, pool, told)
    wanted = [
        read() for sample, read in workspace.with_content(workspace.samples()) if sample.sample_id % 3 == 0
    ]
    assert [body[0] for body in wanted] == [number for number in range(30) if (number + 1) % 3 == 0]


def test_a_blob_that_is_gone_is_our_fault_and_leaves_no_archive(
    s3: MemoryS3, pool: ThreadPoolExecutor, told: Told
) -> None:
    order = ordered(samples=samples(s3, 9))
    del s3.objects["data", f"projects/42/blobs/00/{4:064x}"]
    with pytest.raises(PlatformFault, match="is gone"):
        exports.run(order, opened(order, s3, pool, told))
    assert ("data", "out.zip") not in s3.objects
    assert s3.uploads == {}


@pytest.mark.parametrize("operation", ["CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"])
def test_a_customers_bucket_that_refuses_is_theirs_to_mend(
    s3: MemoryS3, pool: ThreadPoolExecutor, told: Told, operation: str
) -> None:
    target = {"format": "json", "target_bucket": "theirs", "target_key": "out.zip", "customers": True}
    order = ordered(samples=samples(s3, 3), settings=target)
    s3.refusing[operation] = "AccessDenied"
    with pytest.raises(UserFault, match=r"the bucket theirs does not take the export \(AccessDenied\)"):
        exports.run(order, opened(order, s3, pool, told))


def test_a_text_that_the_format_cannot_carry_is_the_users_to_mend_and_leaves_no_archive(
    s3: MemoryS3, pool: ThreadPoolExecutor, told: Told
) -> None:
    kind = dataset_kinds()["text_classification"]
    row = ListedSample(sample_id=5, name="a", texts=("two\nlines",))
    s3.objects["uploads", "texts"] = packed_listing([row])
    target = {"format": "text_labels", "target_bucket": "data", "target_key": "out.zip"}
    info = ExportInfo(dataset_name="texts", version_number=1, kind=kind, labels=[])
    order = ordered(samples=["texts"], settings=target, dataset=info)
    with pytest.raises(UserFault, match=r"sample 5 .* json_lines"):
        exports.run(order, opened(order, s3, pool, told))
    assert ("data", "out.zip") not in s3.objects
    assert s3.uploads == {}


def test_progress_is_told_once_a_second_and_at_the_end(told: Told) -> None:
    at = [0.0]
    progress = JobProgress(Progress(told.stream), clock=lambda: at[0])
    for done in range(1, 101):
        at[0] += 0.1
        progress.done(done, 100)
    progress.done(100, 100)
    counts = [record["done"] for record in told.records("progress")]
    assert (counts[-1], 10 <= len(counts) <= 12) == (100, True)


def order_file(folder: Path, text: str) -> Path:
    path = folder / "processing/input/order/order.json"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return folder


@pytest.mark.parametrize("text", ["", "{}", '{"format": "openbml.data-job/9"}'])
def test_an_order_that_cannot_be_read_fails_the_job_as_our_fault(tmp_path: Path, text: str) -> None:
    order_file(tmp_path, text)
    assert main({"SAGEMAKER_BASE_DIR": str(tmp_path)}) == 1
    assert (tmp_path / "output/message").read_text().startswith("platform: the job's order cannot be read")


def test_an_order_of_another_format_is_refused(tmp_path: Path) -> None:
    order_file(tmp_path, ordered(format="openbml.data-job/9").model_dump_json())
    with pytest.raises(PlatformFault, match="data-job/9"):
        read_order(Places(tmp_path))


def test_reading_ahead_stops_when_the_job_does(s3: MemoryS3, pool: ThreadPoolExecutor, told: Told) -> None:
    order = ordered(samples=samples(s3, 200))
    workspace = opened(order, s3, pool, told)
    reading = workspace.with_content(workspace.samples())
    next(reading)
    reading.close()  # type: ignore[attr-defined]  # a generator
    pool.submit(threading.active_count).result()
    assert s3.calls.count("GetObject") < 200


@pytest.mark.parametrize("code", ["csv", "parquet"])
def test_a_tables_rows_are_exported_from_its_parts(
    s3: MemoryS3, pool: ThreadPoolExecutor, told: Told, code: str
) -> None:
    rows = [{"name": "猫, kleine", "weight": 4}, {"name": "dog", "weight": None}]
    parts = [_part(s3, number, rows) for number in range(2)]
    fields = [
        {"name": "name", "type": "STRING", "ordinal": 0},
        {"name": "weight", "type": "BIGINT", "ordinal": 1},
    ]
    manifest = {"columns": {"columns": fields}, "rows": 4, "source_bytes": 9, "size_bytes": 9, "parts": parts}
    s3.objects["data", "table.json"] = json.dumps({**manifest, "pages": []}).encode()
    table = ExportInfo(dataset_name="t", version_number=1, kind=dataset_kinds()["table"], labels=[])
    target = {"target_bucket": "data", "target_key": "out.zip", "table_manifest": "table.json"}
    order = ordered(dataset=table, settings={"format": code, **target})
    result = exports.run(order, opened(order, s3, pool, told))
    assert result.sample_count == 4
    assert told.records("progress")[-1]["done"] == 4
    archive = zipfile.ZipFile(io.BytesIO(s3.objects["data", "out.zip"]))
    if code == "csv":
        lines = archive.read("table.csv").decode().splitlines()
        assert lines == ["name,weight", *(['"猫, kleine",4', '"dog",'] * 2)]
    else:
        read = [pyarrow.parquet.read_table(io.BytesIO(archive.read(name))) for name in archive.namelist()]
        assert [row for table in read for row in table.to_pylist()] == rows * 2


def _part(s3: MemoryS3, number: int, rows: list[dict[str, Any]]) -> dict[str, Any]:
    body = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), body)
    s3.objects["data", f"part-{number}"] = body.getvalue()
    return {"key": f"part-{number}", "rows": len(rows), "size_bytes": body.tell(), "sha256": SHA}
