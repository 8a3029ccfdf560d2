"""Exports from start to download, by the data image's own process in a local engine."""

import io
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from openbml.compute.failures import Fault
from openbml.datasets.datasets import StorageType, VersionKey
from openbml.datasets.events import DataJobStateChanged
from openbml.datasets.jobs.data_jobs import DataJobState
from openbml.datasets.samples import AnnotationState, Facet
from tests.contract.datasets.conftest import World
from tests.contract.datasets.job_desk import JobDesk
from tests.contract.emulator import free_port
from tests.contract.sagemaker_local.engine_process import (
    REPOSITORY,
    EngineProcess,
    descendants,
    eventually,
    kill_hard,
)
from tests.fakes.datasets_archives import annotation, archive, image_bytes, labelled_pairs

pytestmark = pytest.mark.contract
_IMAGES = REPOSITORY / "infra/local/sagemaker_local/images/default_images.yaml"


@pytest.fixture(scope="module")
def engine(emulator_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineProcess]:
    folder: Path = tmp_path_factory.mktemp("engine")
    built = EngineProcess(
        state_dir=folder / "state",
        port=free_port(),
        worker_ports="30200-30260",
        emulator=emulator_url,
        SML_IMAGES=str(_IMAGES),
        SML_MACHINE_CPUS="8",
        SML_MACHINE_MEMORY_MIB="64000",
    )
    built.start()
    yield built
    built.close()


@pytest.fixture
def desk(world: World, engine: EngineProcess) -> JobDesk:
    return JobDesk(world, engine.sagemaker)


def download(url: str) -> tuple[zipfile.ZipFile, str]:
    with urllib.request.urlopen(url) as reply:
        return zipfile.ZipFile(io.BytesIO(reply.read())), reply.headers["Content-Disposition"]


def images(world: World, key: VersionKey) -> dict[str, list[str]]:
    found, _ = world.samples.page(key, Facet.everything(), limit=1000, position=None)
    return {sample.sha256: list(sample.labels) for sample in found}


def test_an_export_imports_again_without_loss(world: World, desk: JobDesk) -> None:
    key = world.dataset()
    world.imported(
        key, archive([*labelled_pairs(25), ("u.jpg", image_bytes(seed=99)), ("u.json", annotation())])
    )
    job = desk.asked(key)
    assert desk.view(job).download_url is None
    desk.start_all()
    ended = desk.until(job)
    assert (ended.state, ended.failure) == (DataJobState.FINISHED, None)
    view = desk.view(job)
    assert (view.sample_count, view.progress.done, view.progress.total) == (26, 26, 26)
    assert view.download_url is not None
    assert "/download/DatasetId_" in view.storage_path
    assert view.storage_path.endswith(".zip")
    content, disposition = download(view.download_url)
    assert content.testzip() is None
    assert "digits_V1_json.zip" in disposition
    again = world.dataset("again")
    with urllib.request.urlopen(view.download_url) as reply:
        body = reply.read()
    assert len(body) == view.size_bytes
    world.imported(again, body)
    assert images(world, again) == images(world, key)
    states = [event.state for event in world.events.events if isinstance(event, DataJobStateChanged)]
    assert states[-1] is DataJobState.FINISHED


def test_only_the_chosen_labels_and_states_are_exported(world: World, desk: JobDesk) -> None:
    key = world.dataset()
    world.imported(
        key, archive([*labelled_pairs(9), ("u.jpg", image_bytes(seed=99)), ("u.json", annotation())])
    )
    cats, rest = desk.asked(key, labels=["cat"]), desk.asked(key, annotation_state=AnnotationState.UNLABELLED)
    desk.start_all()
    assert desk.until(cats).state is DataJobState.FINISHED
    assert desk.until(rest).state is DataJobState.FINISHED
    assert (desk.view(cats).sample_count, desk.view(rest).sample_count) == (5, 1)


def test_duplicate_messages_make_one_job_and_one_archive(world: World, desk: JobDesk) -> None:
    key = world.dataset()
    world.imported(key, archive(labelled_pairs(4)))
    job = desk.asked(key)
    desk.started(job.job_id)
    desk.started(job.job_id)
    desk.until(job)
    for event in list(desk.compute_events.events) * 2:
        desk.tracked(event)  # type: ignore[arg-type]  # only state changes are published here
    assert desk.started(job.job_id) == desk.current(job)
    assert desk.current(job).state is DataJobState.FINISHED
    assert len(world.keys("data", f"{world.scope.prefix}exports/")) == 1


def test_a_cancelled_export_stops_and_leaves_nothing(world: World, desk: JobDesk) -> None:
    key = world.dataset()
    world.imported(key, archive(labelled_pairs(4)))
    waiting = desk.asked(key)
    assert desk.cancelled(waiting).state is DataJobState.CANCELLED
    desk.start_all()
    assert desk.current(waiting).state is DataJobState.CANCELLED
    job = desk.asked(key)
    desk.start_all()
    desk.cancelled(job)
    ended = desk.until(job)
    assert ended.state in (DataJobState.CANCELLED, DataJobState.FINISHED)
    assert desk.cancelled(job) == ended


def test_a_killed_export_fails_as_our_fault_and_can_be_asked_for_again(
    world: World, desk: JobDesk, engine: EngineProcess
) -> None:
    key = world.dataset()
    world.imported(key, archive(labelled_pairs(4)))
    job = desk.asked(key)
    desk.start_all()
    arn = engine.sagemaker.describe_processing_job(ProcessingJobName=f"openbml-dev-run-{job.compute_id}")[
        "ProcessingJobArn"
    ]
    (process,) = eventually(lambda: engine.processes_of(arn), what="the job runs")
    for pid in eventually(lambda: descendants(process["pid"]), what="its interpreter runs"):
        kill_hard(pid)
    ended = desk.until(job)
    assert ended.state is DataJobState.FAILED
    assert ended.failure is not None
    assert ended.failure.fault is Fault.PLATFORM
    assert world.keys("data", f"{world.scope.prefix}exports/") == []
    again = desk.asked(key)
    desk.start_all()
    assert desk.until(again).state is DataJobState.FINISHED


def test_an_export_that_dies_in_the_middle_leaves_no_archive(
    world: World, desk: JobDesk, engine: EngineProcess
) -> None:
    key = world.dataset()
    world.imported(key, archive(labelled_pairs(4)))
    job = desk.asked(key)
    desk.start_all()
    # What the job reads first is gone: it dies in the middle of its work.
    for listing in world.keys("archives", f"{world.scope.prefix}jobs/{job.job_id}/listings/"):
        world.archives.delete(listing)
    ended = desk.until(job)
    assert ended.state is DataJobState.FAILED
    assert ended.failure is not None
    assert ended.failure.fault is Fault.PLATFORM
    assert "is gone" in ended.failure.message
    assert world.keys("data", f"{world.scope.prefix}exports/") == []


def test_an_export_to_the_customers_bucket_lies_there_and_a_missing_bucket_is_told(
    world: World, desk: JobDesk
) -> None:
    key = world.dataset()
    world.imported(key, archive(labelled_pairs(3)))
    bucket = f"openbml-exchange-{world.scope.project_id}"
    world.s3.create_bucket(Bucket=bucket)
    there = desk.asked(key, storage_type=StorageType.CUSTOMER, storage_path=f"bos:/{bucket}/from/bml")
    nowhere = desk.asked(key, storage_type=StorageType.CUSTOMER, storage_path="s3://openbml-exchange-none/")
    desk.start_all()
    assert desk.until(there).state is DataJobState.FINISHED
    failure = desk.until(nowhere).failure
    assert failure is not None
    assert (failure.fault, "openbml-exchange-none" in failure.message) == (Fault.USER, True)
    (found,) = world.s3.list_objects_v2(Bucket=bucket)["Contents"]
    assert found["Key"].startswith("from/bml/DatasetId_")
    assert desk.view(there).download_url is None
