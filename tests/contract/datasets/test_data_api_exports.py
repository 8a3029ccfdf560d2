"""Exports through the data API (spec 02 sections 8.12, 8.13), run by an engine of the test's own."""

import base64
import io
import re
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from openbml.core.clock import utc_now
from openbml.core.ids import new_id
from openbml.datasets.datasets import VersionKey
from openbml.datasets.garbage.sweep import sweep_objects
from openbml.datasets.jobs.data_jobs import DataJob, StartDataJob
from openbml.datasets.samples import Facet
from tests.contract.datasets.conftest import World
from tests.contract.datasets.data_api_desk import Desk
from tests.contract.datasets.job_desk import JobDesk
from tests.contract.emulator import client, free_port
from tests.contract.sagemaker_local.engine_process import REPOSITORY, EngineProcess
from tests.fakes.datasets_archives import image_bytes

_IMAGES = REPOSITORY / "infra/local/sagemaker_local/images/default_images.yaml"
BOXES = ("OBJECT_DETECTION", "OBJECT_DETECTION_RECTANGLE")
TEXT = ("TEXT_CLASSIFICATION", "TEXT_CLASSIFICATION_ONE_LABEL")
PAIR = ("TEXT_MATCHING", "TEXT_SIMILARITY")
FIELDS = {
    "storage_type",
    "storage_path",
    "size_MB",
    "sample_count",
    "export_status",
    "start_time",
    "finish_time",
    "download_url",
}


@pytest.fixture(scope="module")
def engine(emulator_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineProcess]:
    folder: Path = tmp_path_factory.mktemp("engine")
    built = EngineProcess(
        state_dir=folder / "state",
        port=free_port(),
        worker_ports="30300-30360",
        emulator=emulator_url,
        SML_IMAGES=str(_IMAGES),
        SML_MACHINE_CPUS="8",
        SML_MACHINE_MEMORY_MIB="64000",
    )
    built.start()
    yield built
    built.close()


@pytest.fixture
def jobs(world: World, engine: EngineProcess) -> JobDesk:
    return JobDesk(world, engine.sagemaker)


def filled(desk: Desk, pair: tuple[str, str], entities: Sequence[dict[str, Any]], name: str = "set") -> Any:
    made = desk.create(name, *pair)
    for entity in entities:
        body = {"dataset_id": made["dataset_id"], "type": pair[0], "template_type": pair[1], **entity}
        desk.ok("addentity", body)
    return made


def boxes(count: int) -> list[dict[str, Any]]:
    label = {"label_name": "bolt", "left": 3, "top": 4, "width": 12, "height": 9}
    return [
        {
            "entity_content": base64.b64encode(image_bytes(seed=seed)).decode(),
            "labels": [{**label, "left": seed}] if seed % 3 else [],
        }
        for seed in range(count)
    ]


def carried_out(desk: Desk, jobs: JobDesk, task_id: int) -> DataJob:
    """Start what the function queued, and follow the task to its end."""
    sqs = client("sqs", desk.world.url)
    url = sqs.get_queue_url(QueueName=f"{desk.world.table.name}-jobs")["QueueUrl"]
    for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        jobs.started(StartDataJob.model_validate_json(message["Body"]).job_id)
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    job = desk.world.jobs.find(task_id)
    assert job is not None
    return jobs.until(job)


def contents(desk: Desk, key: VersionKey) -> dict[tuple[str, tuple[str, ...]], Any]:
    found, _ = desk.world.samples.page(key, Facet.everything(), limit=999, position=None)
    return {
        (sample.sha256, sample.texts): desk.world.samples.annotation_of(key.scope, sample).model_dump()
        for sample in found
    }


def test_items_118_and_119_an_export_ends_with_a_zip_whose_address_is_fresh_each_time(
    desk: Desk, jobs: JobDesk
) -> None:
    made = filled(desk, BOXES, boxes(5))
    task = desk.ok("createExportTask", {"dataset_id": made["dataset_id"], "storage_type": "sysBos"})
    assert set(task) == {"log_id", "task_id"}
    running = desk.ok("describeExportTask", {"task_id": task["task_id"]})
    assert (running["export_status"], running["finish_time"], running["download_url"]) == (
        "Exporting",
        "",
        "",
    )
    carried_out(desk, jobs, task["task_id"])
    detail = desk.ok("describeExportTask", {"task_id": task["task_id"]})
    assert set(detail) == {"log_id", "result"} | FIELDS
    assert detail["result"] == {name: detail[name] for name in FIELDS}
    assert (detail["export_status"], detail["sample_count"]) == ("ExportFinished", 5)
    assert detail["size_MB"] > 0
    name = rf"DatasetId_{made['dataset_id']}_export_\d{{10}}\.zip\Z"
    assert re.search(name, detail["storage_path"])
    again = desk.ok("describeExportTask", {"task_id": task["task_id"]})
    for reply in (detail, again):
        with urllib.request.urlopen(reply["download_url"]) as answer:
            names = zipfile.ZipFile(io.BytesIO(answer.read())).namelist()
        assert len([entry for entry in names if entry.endswith(".jpg")]) == 5
        assert (
            re.search(r"Expires(?:=|=3)", reply["download_url"])
            or "X-Amz-Expires=3600" in reply["download_url"]
        )


@pytest.mark.parametrize(
    ("pair", "entities"),
    [
        (BOXES, boxes(6)),
        (
            TEXT,
            [
                {"entity_content": "rain\tand wind", "labels": [{"label_name": "weather"}]},
                {"entity_content": "two\nlines", "labels": [{"label_name": "other"}]},
                {"entity_content": "没有标签"},
            ],
        ),
        (
            PAIR,
            [
                {"entity_content": "a b\tc", "labels": [{"label_name": "1"}]},
                {"entity_content": "d\te", "labels": [{"label_name": "0"}]},
                {"entity_content": "f\tg"},
            ],
        ),
    ],
    ids=["boxes", "texts", "pairs"],
)
def test_item_127_an_export_holds_all_samples_and_labels(
    desk: Desk, jobs: JobDesk, pair: tuple[str, str], entities: Sequence[dict[str, Any]]
) -> None:
    made = filled(desk, pair, entities)
    task = desk.ok("createExportTask", {"dataset_id": made["dataset_id"], "storage_type": "sysBos"})
    ended = carried_out(desk, jobs, task["task_id"])
    assert ended.failure is None
    detail = desk.ok("describeExportTask", {"task_id": task["task_id"]})
    assert detail["sample_count"] == len(entities)


def test_item_124_a_version_that_is_being_exported_is_not_changed(desk: Desk) -> None:
    made = filled(desk, TEXT, [{"entity_content": "rain"}])
    version = {"dataset_id": made["dataset_id"]}
    group = {"dataset_group_id": made["dataset_group_id"]}
    desk.ok("createDatasetVersion", {**group, "type": TEXT[0], "template_type": TEXT[1]})
    desk.ok("createExportTask", {**version, "storage_type": "sysBos"})
    busy = (406004, "dataset can not be modified temporarily")
    assert desk.error("deleteDatasetVersion", version) == busy
    assert desk.error("deleteDataset", group) == busy
    body = {**version, "type": TEXT[0], "template_type": TEXT[1], "entity_content": "sun"}
    assert desk.error("addentity", body) == busy


def test_an_empty_version_has_nothing_to_export(desk: Desk) -> None:
    made = desk.create("empty", *TEXT)
    body = {"dataset_id": made["dataset_id"], "storage_type": "sysBos"}
    assert desk.error("createExportTask", body)[0] == 406004


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"storage_type": None}, "storage_type"),
        ({"storage_type": "bos"}, "storage_type"),
        ({"storage_type": "usrBos"}, "storage_path"),
        ({"storage_type": "usrBos", "storage_path": "s3://bucket/a"}, "storage_path"),
        ({"storage_type": "sysBos", "storage_path": "s3://bucket/a/"}, "storage_path"),
        ({"dataset_id": "7"}, "dataset_id"),
    ],
)
def test_a_parameter_of_an_export_is_refused_by_its_name(
    desk: Desk, changes: dict[str, Any], field: str
) -> None:
    made = filled(desk, TEXT, [{"entity_content": "rain"}])
    body = {"dataset_id": made["dataset_id"], "storage_type": "sysBos", **changes}
    assert desk.error("createExportTask", body) == (406001, f"param[{field}] invalid")


def test_an_unknown_task_is_an_invalid_parameter(desk: Desk) -> None:
    assert desk.error("describeExportTask", {"task_id": new_id()}) == (406001, "param[task_id] invalid")
    assert desk.error("createExportTask", {"dataset_id": new_id(), "storage_type": "sysBos"})[0] == 406002


def test_an_export_to_the_customers_bucket_has_no_address_of_ours(desk: Desk, jobs: JobDesk) -> None:
    bucket = f"customer-{new_id()}"
    desk.world.s3.create_bucket(Bucket=bucket)
    made = filled(desk, TEXT, [{"entity_content": "rain"}])
    place = {"storage_type": "usrBos", "storage_path": f"bos:/{bucket}/out/"}
    task = desk.ok("createExportTask", {"dataset_id": made["dataset_id"], **place})
    carried_out(desk, jobs, task["task_id"])
    detail = desk.ok("describeExportTask", {"task_id": task["task_id"]})
    assert (detail["export_status"], detail["storage_type"], detail["download_url"]) == (
        "ExportFinished",
        "usrBos",
        "",
    )
    assert detail["storage_path"].startswith(f"s3://{bucket}/out/DatasetId_")


def test_an_archive_stays_for_seven_days_and_is_swept(desk: Desk, jobs: JobDesk) -> None:
    made = filled(desk, TEXT, [{"entity_content": "rain"}])
    task = desk.ok("createExportTask", {"dataset_id": made["dataset_id"], "storage_type": "sysBos"})
    ended = carried_out(desk, jobs, task["task_id"])
    archive = f"{desk.world.scope.prefix}exports/"
    assert len(desk.world.keys("data", archive)) == 1
    assert ended.finished_at is not None
    long_ago = ended.model_copy(
        update={"finished_at": ended.finished_at - timedelta(days=8), "version": ended.version + 1}
    )
    desk.world.jobs.save(long_ago)
    assert desk.ok("describeExportTask", {"task_id": task["task_id"]})["download_url"] == ""
    for days, left in ((6, 1), (8, 0)):
        sweep_objects(
            marks=desk.world.marks,
            samples=desk.world.samples,
            data=desk.world.data,
            now=lambda days=days: utc_now() + timedelta(days=days),  # type: ignore[misc]
            has_time=lambda: True,
        )
        assert len(desk.world.keys("data", archive)) == left
