"""Quality reports, cleaning and augmentation from the request to samples, by the data image's own process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from openbml.core.ids import new_id
from openbml.datasets.datasets import VersionKey
from openbml.datasets.delete_datasets import delete_dataset
from openbml.datasets.importing.data_imports import DataImport, ImportState
from openbml.datasets.importing.shards import ShardMessage
from openbml.datasets.jobs.data_jobs import DataJob, DataJobRefusedError, DataJobState
from openbml.datasets.quality.commit_derivations import DerivationHook
from openbml.datasets.quality.derivations import (
    derivation_view,
    image_limits,
    request_augmentation,
    request_cleaning,
    target_of,
)
from openbml.datasets.quality.previews import (
    PreviewOrder,
    preview_augmentation,
    preview_cleaning,
)
from openbml.datasets.quality.quality_reports import (
    QualityReportHook,
    document_key,
    quality_document,
    quality_report_view,
    request_quality_report,
)
from openbml.datasets.quotas import Quotas
from openbml_catalog.datasets import dataset_kinds
from openbml_formats.data_jobs import DataJobKind
from openbml_formats.derivations import AugmentationSettings
from openbml_formats.operators.operations import Operation
from tests.contract.datasets.conftest import USER, World
from tests.contract.datasets.job_desk import JobDesk
from tests.contract.emulator import free_port
from tests.contract.sagemaker_local.engine_process import REPOSITORY, EngineProcess
from tests.fakes.datasets_archives import archive, labelled_pairs

pytestmark = pytest.mark.contract
_IMAGES = REPOSITORY / "infra/local/sagemaker_local/images/default_images.yaml"
KIND = dataset_kinds()["image_classification"]


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
def desk(world: World, engine: EngineProcess) -> JobDesk:
    made = JobDesk(world, engine.sagemaker)
    derivations = DerivationHook(
        planner=lambda: world.planner, datasets=lambda: world.datasets, deletions=lambda: world.deletions
    )
    made.hooks |= {
        DataJobKind.QUALITY_REPORT: QualityReportHook(world.data),
        DataJobKind.CLEANING: derivations,
        DataJobKind.AUGMENTATION: derivations,
    }
    return made


@pytest.fixture
def key(world: World) -> VersionKey:
    made = world.dataset()
    world.imported(made, archive(labelled_pairs(6)))
    return made


def operation(code: str, **parameters: object) -> Operation:
    return Operation.model_validate({"code": code, "parameters": parameters})


def cleaning(world: World, desk: JobDesk, key: VersionKey, *operations: Operation) -> DataJob:
    return request_cleaning(
        key,
        operations,
        user_id=USER,
        datasets=world.datasets,
        jobs=desk.jobs,
        starting=desk.starting,
        new_id=new_id,
        now=world.clock,
    )


def augmentation(world: World, desk: JobDesk, key: VersionKey, **settings: object) -> DataJob:
    values = {"operations": [operation("mirror"), operation("rotate_90")], "copies": 2, **settings}
    return request_augmentation(
        key,
        AugmentationSettings.model_validate({"limits": image_limits(KIND), **values}),
        quotas=Quotas(),
        user_id=USER,
        datasets=world.datasets,
        jobs=desk.jobs,
        starting=desk.starting,
        new_id=new_id,
        now=world.clock,
    )


def reported(world: World, desk: JobDesk, key: VersionKey) -> DataJob:
    return request_quality_report(
        key,
        similar_distance=6,
        user_id=USER,
        datasets=world.datasets,
        jobs=desk.jobs,
        manifest_of=lambda key: desk.manifests.get(key),
        starting=desk.starting,
        new_id=new_id,
        now=world.clock,
    )


def ended(desk: JobDesk, job: DataJob) -> DataJob:
    desk.start_all()
    final = desk.until(job, within_s=240)
    assert (final.state, final.failure) == (DataJobState.FINISHED, None)
    return final


def committed(world: World, job: DataJob) -> DataImport:
    for message in world.shards.taken():
        assert isinstance(message, ShardMessage)
        world.worked(message)
    return world.imports.get(target_of(job), job.job_id)


def test_a_report_is_kept_and_goes_with_its_version(world: World, desk: JobDesk, key: VersionKey) -> None:
    job = reported(world, desk, key)
    with pytest.raises(DataJobRefusedError):
        quality_document(key, job.job_id, jobs=desk.jobs, data=world.data)
    done = ended(desk, job)
    document = quality_document(key, job.job_id, jobs=desk.jobs, data=world.data)
    assert document.samples == 6
    assert document.balance is not None
    assert document.balance.labelled == 6
    assert document.images is not None
    assert document.images.measured == 6
    view = quality_report_view(done)
    assert view.findings is not None
    assert sum(view.findings.values()) == len(document.findings)
    reports = f"{world.scope.prefix}quality-reports/"
    assert world.keys("data", reports) == [document_key(job)]
    delete_dataset(key.scope, key.dataset_id, datasets=world.datasets, deletions=world.deletions)
    world.deletions_carried_out()
    assert world.keys("data", reports) == []


def test_an_augmentation_fills_a_new_version_with_originals_and_copies(
    world: World, desk: JobDesk, key: VersionKey
) -> None:
    job = augmentation(world, desk, key)
    done = ended(desk, job)
    view = derivation_view(done)
    assert view.target_version_number == 2
    assert view.result is not None
    assert (view.result.read, view.result.copies) == (6, 12)
    data_import = committed(world, job)
    assert data_import.state is ImportState.FINISHED
    samples = world.all_samples(target_of(job))
    assert len(samples) == 18 - data_import.duplicate
    assert {label for sample in samples for label in sample.labels} == {
        label for sample in world.all_samples(key) for label in sample.labels
    }
    assert len(world.all_samples(key)) == 6


def test_the_same_end_told_again_commits_nothing_twice(world: World, desk: JobDesk, key: VersionKey) -> None:
    job = cleaning(world, desk, key, operation("denoise"))
    done = ended(desk, job)
    hook = desk.hooks[DataJobKind.CLEANING]
    assert done.result is not None
    hook.completed(done, done.result)
    committed(world, job)
    hook.completed(done, done.result)
    data_import = committed(world, job)
    assert data_import.state is ImportState.FINISHED
    assert len(world.all_samples(target_of(job))) == 6 - data_import.duplicate


def test_a_cancelled_job_takes_its_empty_version_with_it(
    world: World, desk: JobDesk, key: VersionKey
) -> None:
    job = cleaning(world, desk, key, operation("denoise"))
    assert [version.version_number for version in world.datasets.versions(key.scope, key.dataset_id)]
    assert desk.cancelled(job).state is DataJobState.CANCELLED
    world.deletions_carried_out()
    numbers = [version.version_number for version in world.datasets.versions(key.scope, key.dataset_id)]
    assert numbers == [1]


def test_a_version_that_someone_filled_meanwhile_stays(world: World, desk: JobDesk, key: VersionKey) -> None:
    job = cleaning(world, desk, key, operation("denoise"))
    world.imported(target_of(job), archive(labelled_pairs(2)))
    desk.cancelled(job)
    world.deletions_carried_out()
    assert len(world.all_samples(target_of(job))) == 2


def test_previews_show_what_the_job_would_do(world: World, key: VersionKey) -> None:
    ids = [sample.sample_id for sample in world.all_samples(key)[:2]]
    collaborators = {"datasets": world.datasets, "samples": world.samples, "data": world.data}
    dropping = PreviewOrder(
        sample_ids=ids, operations=(operation("remove_small", min_width=4000, min_height=4000),)
    )
    dropped = preview_cleaning(key, dropping, **collaborators)
    assert [preview.dropped.reason for preview in dropped if preview.dropped] == ["image_small"] * 2
    order = PreviewOrder(sample_ids=ids, operations=(operation("mirror"),))
    settings = AugmentationSettings(operations=order.operations, copies=2, limits=image_limits(KIND))
    shown = preview_augmentation(key, order, settings, **collaborators)
    assert [len(preview.after) for preview in shown] == [2, 2]
    assert all(str(preview.before.image_url).startswith("data:image/jpeg") for preview in shown)


def test_texts_are_converted_and_their_labels_stay(world: World, desk: JobDesk) -> None:
    made = world.dataset("titles", "text_classification")
    lines = "头发发展\tnews\n皇后后面\tsport\n头发发展！\tnews\n".encode()
    world.imported(made, lines, names=["titles.txt"], format_code="text_labels")
    operations = (operation("convert_chinese", target="traditional"), operation("remove_duplicates"))
    job = cleaning(world, desk, made, *operations)
    view = derivation_view(ended(desk, job))
    assert view.result is not None
    assert (view.result.changed, view.result.dropped) == (2, 1)
    assert committed(world, job).state is ImportState.FINISHED
    found = {sample.texts[0]: list(sample.labels) for sample in world.all_samples(target_of(job))}
    assert found == {"頭髮發展": ["news"], "皇后後面": ["sport"]}


def test_a_cleaning_that_leaves_nothing_ends_with_an_empty_version(
    world: World, desk: JobDesk, key: VersionKey
) -> None:
    job = cleaning(world, desk, key, operation("remove_small", min_width=4000, min_height=4000))
    view = derivation_view(ended(desk, job))
    assert view.result is not None
    assert view.result.dropped == 6
    assert committed(world, job).state is ImportState.FINISHED
    assert world.all_samples(target_of(job)) == []
    assert len(world.all_samples(key)) == 6


def test_what_does_not_fit_is_told_by_the_import(world: World, desk: JobDesk, key: VersionKey) -> None:
    job = augmentation(world, desk, key, copies=3)
    world.limited(images_per_dataset=10)
    ended(desk, job)
    data_import = world.imports.get(target_of(job), job.job_id)
    assert data_import.state is ImportState.FAILED
    assert data_import.failure is not None
    assert "There is no room for 24 samples" in data_import.failure.message
