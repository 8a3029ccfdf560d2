"""Plans that a data job makes: the same shards, problems and ends as those of the function."""

import io
import json
import zipfile

import pytest

from openbml.compute.failures import Failure, Fault
from openbml.core.clock import utc_now
from openbml.datasets.importing.data_imports import DataImport, FailureReason, ImportState
from openbml.datasets.importing.heavy_plans import PlanImportHook
from openbml.datasets.importing.shards import ShardMessage
from openbml.datasets.jobs.data_jobs import DataJob, DataJobState, StartDataJob, order_prefix
from openbml.datasets.jobs.start_data_jobs import start_data_job
from openbml_data.job_progress import JobProgress
from openbml_data.plan_imports import run
from openbml_data.workspace import Workspace
from openbml_formats.data_jobs import DataJobOrder
from tests.contract.datasets.conftest import World
from tests.contract.datasets.job_desk import Buckets
from tests.fakes.datasets_archives import archive, image_bytes

LINES = "".join(f"text {number}\tlabel{number % 3}\n" for number in range(2500)) + "text 7\tother\n\n"


class NoCompute:
    """A runtime that only notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[object] = []

    def submit_processing(self, request: object) -> None:
        self.asked.append(request)

    def stop_processing(self, job_id: str) -> None:
        raise AssertionError(job_id)


@pytest.fixture(autouse=True)
def small_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openbml.datasets.importing.plan_sources.PLAN_TEXT_BYTES", 1_000)


def zipped(body: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for place, line in enumerate(body.splitlines()):
            target.writestr(f"{place:05}.txt", line)
    return out.getvalue()


def asked(
    world: World, body: bytes, name: str, format_code: str, kind: str = "text_classification"
) -> DataImport:
    key = world.dataset(kind=kind)
    data_import = world.uploaded(key, body, names=[name], format_code=format_code)
    planned = world.planned(data_import)
    assert planned is not None
    assert planned.state is ImportState.PLANNING
    assert world.shards.taken() == []
    return planned


def ordered(world: World) -> DataJob:
    """Start the job that was asked for, as its function does."""
    message = world.starting.taken()[-1]
    assert isinstance(message, StartDataJob)
    job = start_data_job(
        message.job_id,
        jobs=world.jobs,
        datasets=world.datasets,
        samples=world.samples,
        scratch=world.archives,
        places=Buckets(world.data._bucket, world.archives._bucket),
        runtime=NoCompute(),  # type: ignore[arg-type] - its replies are not looked at
        events=world.events,
        executor=world.executor,
        now=utc_now,
    )
    assert job is not None
    return job


def result_of(world: World, job: DataJob) -> dict[str, object]:
    order = DataJobOrder.model_validate_json(
        world.archives.read(f"{order_prefix(job.scope, job.job_id)}order.json")
    )
    workspace = Workspace(order=order, s3=world.s3, pool=world.executor, progress=JobProgress())
    return run(order, workspace).model_dump(mode="json")


def taken(world: World, job: DataJob, result: dict[str, object]) -> None:
    PlanImportHook(lambda: world.planner).completed(job, result)  # type: ignore[arg-type] - JSON


def worked(world: World, data_import: DataImport) -> DataImport:
    for message in world.shards.taken():
        assert isinstance(message, ShardMessage)
        world.worked(message)
    return world.current(data_import)


def test_a_large_text_is_planned_by_a_job(world: World) -> None:
    data_import = asked(world, LINES.encode(), "a.txt", "text_labels")
    world.planned(data_import)
    job = ordered(world)
    result = result_of(world, job)
    for _ in range(2):  # the result may be told twice
        taken(world, job, result)

    ended = worked(world, data_import)
    assert (ended.state, ended.accepted, ended.duplicate, ended.skipped) == (ImportState.FINISHED, 2500, 1, 1)
    assert [(row.line, row.reason) for row in world.problems(ended)] == [
        (8, "duplicate"),
        (2502, "empty_line"),
    ]
    assert world.datasets.version(ended.version_key).sample_count == 2500


def test_a_large_archive_of_texts_is_planned_by_a_job(world: World) -> None:
    data_import = asked(world, zipped("\n".join(f"text {n}" for n in range(300))), "a.zip", "text_files")
    job = ordered(world)
    taken(world, job, result_of(world, job))
    ended = worked(world, data_import)
    assert (ended.state, ended.accepted, ended.unlabelled) == (ImportState.FINISHED, 300, 300)


def test_a_large_annotation_file_of_images_is_read_by_a_job(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openbml.datasets.importing.plan_sources.PLAN_CENTRAL_BYTES", 100)
    coco = {
        "images": [{"id": n, "file_name": f"{n}.jpg", "width": 64, "height": 48} for n in range(5)],
        "categories": [{"id": 1, "name": "big nut"}],
        "annotations": [{"id": n, "image_id": n, "category_id": 1, "bbox": [1, 2, 30, 40]} for n in range(4)],
    }
    pictures = [(f"images/{n}.jpg", image_bytes(seed=n)) for n in range(5)]
    body = archive([("annotations.json", json.dumps(coco).encode()), *pictures, ("readme.md", b"x")])
    data_import = asked(world, body, "a.zip", "coco", kind="object_detection")
    job = ordered(world)
    taken(world, job, result_of(world, job))
    ended = worked(world, data_import)
    assert (ended.state, ended.accepted, ended.unlabelled) == (ImportState.FINISHED, 5, 1)
    (label,), _ = world.datasets.labels(ended.version_key, limit=9, position=None)
    assert (label.name, label.object_count) == ("big_nut", 4)


def test_what_is_wrong_with_an_upload_fails_the_import_with_its_reason(world: World) -> None:
    data_import = asked(world, "价格".encode("gbk") * 400, "a.txt", "text_labels")
    job = ordered(world)
    taken(world, job, result_of(world, job))
    ended = world.current(data_import)
    assert ended.failure is not None
    assert (ended.state, ended.failure.reason) == (ImportState.FAILED, FailureReason.ENCODING)


def test_a_job_that_fails_ends_its_import(world: World) -> None:
    data_import = asked(world, LINES.encode(), "a.txt", "text_labels")
    job = ordered(world)
    failed = job.model_copy(
        update={
            "state": DataJobState.FAILED,
            "failure": Failure(fault=Fault.PLATFORM, message="no machine was free"),
        }
    )
    hook = PlanImportHook(lambda: world.planner)
    hook.not_completed(failed)
    hook.not_completed(failed)
    ended = world.current(data_import)
    assert ended.failure is not None
    assert (ended.state, ended.failure.reason) == (ImportState.FAILED, FailureReason.INTERNAL)
    assert "no machine" in ended.failure.message


def test_a_cancelled_import_takes_no_plan(world: World) -> None:
    data_import = asked(world, LINES.encode(), "a.txt", "text_labels")
    job = ordered(world)
    result = result_of(world, job)
    world.cancelled(data_import)
    taken(world, job, result)
    assert world.shards.taken() == []
    assert world.current(data_import).state is ImportState.CANCELLED


def test_volume_that_is_gone_when_the_plan_comes_fails_the_import(world: World) -> None:
    data_import = asked(world, LINES.encode(), "a.txt", "text_labels")
    job = ordered(world)
    result = result_of(world, job)
    world.limited(texts_per_user=100)
    taken(world, job, result)
    ended = world.current(data_import)
    assert ended.failure is not None
    assert ended.failure.reason is FailureReason.VOLUME_LIMIT
