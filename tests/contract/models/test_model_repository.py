"""What every model repository owes, its fake included, and what the S3 adapter of model files does."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from openbml.compute.failures import Failure, Fault
from openbml.models.model_files import ModelFilesInvalidError
from openbml.models.model_files_s3 import S3ModelFiles
from openbml.models.models import (
    Model,
    ModelConflictError,
    ModelNameTakenError,
    ModelNotFoundError,
    ModelRepository,
)
from openbml.models.models_dynamodb import DynamoModelRepository
from openbml.models.served_tables import ServedTable, TableFeature
from openbml.models.sources import ModelSource
from openbml.models.versions import Lineage, ModelVersion, VersionConflictError, VersionNotFoundError
from tests.contract.emulator import client, make_table
from tests.fakes.compute_memory import NOON
from tests.fakes.models_memory import InMemoryModelRepository
from tests.fakes.services_samples import SCOPE

pytestmark = pytest.mark.contract
ELSEWHERE = SCOPE.model_copy(update={"project_id": 43})


def model(model_id: int = 3, **changes: Any) -> Model:
    fields: dict[str, Any] = {
        "scope": SCOPE,
        "model_id": model_id,
        "name": f"digits {model_id}",
        "task_type": "image_classification",
        "created_at": NOON,
    }
    return Model.model_validate({**fields, **changes})


def version(version_number: int = 1, run_id: int | None = 9, **changes: Any) -> ModelVersion:
    fields: dict[str, Any] = {
        "scope": SCOPE,
        "model_id": 3,
        "version_number": version_number,
        "run_id": run_id,
        "task_type": "image_classification",
        "network": "ResNet18_vd",
        "labels": ["猫", "dog"],
        "metrics": {"accuracy": 0.9123456789, "loss": 1e-9},
        "lineage": Lineage(snapshot_id="abc", dataset_versions=(), hyper_parameters={"epochs": "3"}),
        "source_uri": "s3://data/runs/9/",
        "model_uri": "s3://data/models/3/1/",
        "created_at": NOON,
    }
    return ModelVersion.model_validate({**fields, **changes})


class ModelRepositoryContract:
    def test_a_model_comes_back_as_it_was_stored(self, models: ModelRepository) -> None:
        models.add(model())

        assert models.get(SCOPE, 3) == model()
        with pytest.raises(ModelNotFoundError):
            models.get(ELSEWHERE, 3)

    def test_names_are_unique_in_a_project(self, models: ModelRepository) -> None:
        models.add(model())

        with pytest.raises(ModelNameTakenError):
            models.add(model(4, name="digits 3"))
        models.add(model(4, name="digits 3", scope=ELSEWHERE))

    def test_a_model_is_found_by_its_name(self, models: ModelRepository) -> None:
        models.add(model(name="数字 3"))

        assert models.named(SCOPE, "数字 3") == model(name="数字 3")
        assert models.named(SCOPE, "digits 3") is None
        assert models.named(ELSEWHERE, "数字 3") is None

    def test_a_version_binds_number_run_and_experiment(self, models: ModelRepository) -> None:
        models.add(model())
        models.add_version(version(), model(), 1)

        assert models.version(SCOPE, 3, 1) == version()
        assert models.version_of_run(SCOPE, 9) == version()
        assert models.version_of_run(ELSEWHERE, 9) is None
        assert models.model_of_experiment(SCOPE, 1) == 3
        stored = models.get(SCOPE, 3)
        assert (stored.latest_version, stored.experiment_id) == (1, 1)

    @pytest.mark.parametrize(("number", "run_id", "experiment_id"), [(1, 10, 1), (2, 9, 1), (2, 10, 2)])
    def test_what_is_taken_is_refused_whole(
        self, models: ModelRepository, number: int, run_id: int, experiment_id: int
    ) -> None:
        models.add(model())
        models.add_version(version(), model(), 1)

        with pytest.raises(VersionConflictError):
            models.add_version(version(number, run_id), models.get(SCOPE, 3), experiment_id)

        assert models.get(SCOPE, 3).latest_version == 1
        assert models.version_of_run(SCOPE, 10) is None

    def test_an_experiment_of_another_model_is_refused(self, models: ModelRepository) -> None:
        models.add(model())
        models.add(model(4))
        models.add_version(version(), model(), 1)

        with pytest.raises(VersionConflictError):
            models.add_version(version(1, 10, model_id=4), model(4), 1)

    def test_of_ten_writers_of_one_number_one_wins(self, models: ModelRepository) -> None:
        models.add(model())

        def attempt(run_id: int) -> bool:
            try:
                models.add_version(version(1, run_id), model(), 1)
            except VersionConflictError:
                return False
            return True

        with ThreadPoolExecutor(10) as pool:
            assert sum(pool.map(attempt, range(10, 20))) == 1

    def test_a_version_of_a_table_keeps_its_features(self, models: ModelRepository) -> None:
        table = ServedTable(
            kind="regression",
            target="price",
            quantiles=(0.1, 0.5, 0.9),
            columns=(
                TableFeature(name="area", kind="number", example=54.5, minimum=1.25, maximum=99),
                TableFeature(name="tiny", kind="number", example=1e-200, maximum=1e300).shortened(),
                TableFeature(name="rooms", kind="number", example=3),
                TableFeature(name="城市", kind="category", example="1.5", choices=("1.5", "2")),
                TableFeature(name="note", kind="text"),
            ),
        )
        models.add(model())
        models.add_version(version(labels=(), table=table), model(), 1)

        assert models.version(SCOPE, 3, 1).table == table

    def test_the_largest_table_fits_into_the_record(self, models: ModelRepository) -> None:
        columns = tuple(
            TableFeature(
                name=f"{number:0128}",
                kind="category",
                example="值" * 500,
                choices=tuple(f"{number} {place}" * 9 for place in range(100)),
            )
            for number in range(1_000)
        )
        table = ServedTable(kind="multiclass", target="t", columns=columns).kept()
        models.add(model())
        models.add_version(version(table=table), model(), 1)

        assert models.version(SCOPE, 3, 1).table == table
        assert [row.name for row in table.columns] == [row.name for row in columns]

    def test_the_slower_of_two_writers_is_refused(self, models: ModelRepository) -> None:
        models.add(model())
        models.add_version(version(), model(), 1)
        failed = version().broken(Failure(fault=Fault.PLATFORM, message="gone"))
        models.save_version(failed)

        with pytest.raises(VersionConflictError):
            models.save_version(failed)

        assert models.version(SCOPE, 3, 1) == failed

    def test_an_imported_version_binds_its_import_and_no_experiment(self, models: ModelRepository) -> None:
        models.add(model(source=ModelSource.LOCAL))
        imported = version(run_id=None, import_id=4, source=ModelSource.LOCAL, framework="sklearn")
        models.add_version(imported, model(), None)

        assert models.version_of_import(SCOPE, 4) == imported
        assert models.version_of_import(ELSEWHERE, 4) is None
        assert models.get(SCOPE, 3).experiment_id is None
        again = imported.model_copy(update={"version_number": 2})
        with pytest.raises(VersionConflictError):
            models.add_version(again, model(), None)

    def test_a_removed_version_frees_what_it_came_from(self, models: ModelRepository) -> None:
        models.add(model())
        models.add_version(version(), model(), 1)
        models.remove_version(version())
        models.remove_version(version())

        stored = models.get(SCOPE, 3)
        assert (stored.latest_version, stored.version_count) == (1, 0)
        assert models.version_of_run(SCOPE, 9) is None
        with pytest.raises(VersionConflictError):
            models.save_version(version().described("late"))
        models.add_version(version(2), stored, 1)

    def test_a_renamed_model_frees_its_name_and_takes_no_others(self, models: ModelRepository) -> None:
        models.add(model())
        models.add(model(4))
        with pytest.raises(ModelNameTakenError):
            models.rename(model(4), name="digits 3", description="")

        renamed = models.rename(model(), name="数字", description="new")
        assert models.get(SCOPE, 3) == renamed
        assert models.named(SCOPE, "digits 3") is None
        assert models.named(SCOPE, "数字") == renamed
        with pytest.raises(ModelConflictError):
            models.rename(model(), name="late", description="")
        assert models.rename(renamed, name="数字", description="newer").description == "newer"

    def test_nothing_is_added_to_a_model_on_its_way_out(self, models: ModelRepository) -> None:
        models.add(model())
        marked = models.mark_deleting(model(), deleting=True)
        assert marked.deleting

        with pytest.raises(VersionConflictError):
            models.add_version(version(), model(), 1)
        with pytest.raises(ModelConflictError):
            models.rename(model(), name="late", description="")
        models.mark_deleting(marked, deleting=False)
        models.add_version(version(), model(), 1)

    def test_a_removed_model_leaves_nothing(self, models: ModelRepository) -> None:
        models.add(model())
        models.add_version(version(), model(), 1)
        models.remove_version(version())
        stored = models.get(SCOPE, 3)
        models.remove(stored)
        models.remove(stored)

        with pytest.raises(ModelNotFoundError):
            models.get(SCOPE, 3)
        assert models.named(SCOPE, "digits 3") is None
        assert models.model_of_experiment(SCOPE, 1) is None
        with pytest.raises(ModelNotFoundError):
            models.mark_deleting(stored, deleting=True)

    def test_lists_are_filtered_by_task_and_source(self, models: ModelRepository) -> None:
        for number in range(3, 9):
            source = ModelSource.LOCAL if number % 2 else ModelSource.PRESET
            models.add(model(number, source=source, task_type="ocr" if number > 6 else "general"))

        def numbers(**chosen: Any) -> list[int]:
            found: list[int] = []
            position = None
            while True:
                rows, position = models.page(SCOPE, limit=2, position=position, **chosen)
                assert len(rows) <= 2
                found += [row.model_id for row in rows]
                if position is None:
                    return found

        assert numbers(source=ModelSource.LOCAL) == [7, 5, 3]
        assert numbers(task_type="ocr") == [8, 7]
        assert numbers(task_type="general", source=ModelSource.PRESET) == [6, 4]
        assert numbers(task_type="none") == []

    def test_lists_are_paged_newest_first(self, models: ModelRepository) -> None:
        models.add(model())
        for number in range(1, 4):
            models.add_version(version(number, 9 + number), model(), 1)
        rows, position = models.version_page(SCOPE, 3, limit=2, position=None)
        rest, end = models.version_page(SCOPE, 3, limit=2, position=position)

        assert [row.version_number for row in (*rows, *rest)] == [3, 2, 1]
        assert end is None
        with pytest.raises(VersionNotFoundError):
            models.version(SCOPE, 3, 7)


class TestInMemory(ModelRepositoryContract):
    @pytest.fixture
    def models(self) -> InMemoryModelRepository:
        return InMemoryModelRepository()


class TestDynamo(ModelRepositoryContract):
    @pytest.fixture
    def models(self, emulator_url: str) -> DynamoModelRepository:
        return DynamoModelRepository(make_table(emulator_url, "models"))


@pytest.fixture
def store(emulator_url: str) -> Any:
    s3 = client("s3", emulator_url)
    s3.create_bucket(Bucket="data")
    return s3


def test_files_are_listed_read_and_copied_on_the_servers_side(store: Any) -> None:
    for name in ("model.json", "labels/names.txt"):
        store.put_object(Bucket="data", Key=f"projects/42/runs/9/model/{name}", Body=name.encode())
    files = S3ModelFiles(store, bucket="data")
    source, target = "s3://data/projects/42/runs/9/model", files.uri("projects/42/models/3/1/")

    for file in files.list(source):
        files.copy(source, target, file)

    copied = {file.name: file.size_bytes for file in files.list(target)}
    assert copied == {"model.json": 10, "labels/names.txt": 16}
    assert files.read(target, "labels/names.txt", most_bytes=100) == b"labels/names.txt"
    with pytest.raises(ModelFilesInvalidError):
        files.read(target, "model.onnx", most_bytes=100)
    with pytest.raises(ModelFilesInvalidError):
        files.read(target, "model.json", most_bytes=5)
    with pytest.raises(ModelFilesInvalidError):
        files.list("s3://another-bucket/projects/42/")


def test_models_of_before_there_were_sources_are_of_preset_tuning(emulator_url: str) -> None:
    table = make_table(emulator_url, "models")
    models = DynamoModelRepository(table)
    models.add(model())
    table.update_item(
        Key={"pk": f"{SCOPE.key}#models", "sk": f"{3:016d}"},
        UpdateExpression="REMOVE #source, removed_versions, deleting",
        ExpressionAttributeNames={"#source": "source"},
    )

    assert models.get(SCOPE, 3) == model()
    assert [
        row.model_id for row in models.page(SCOPE, limit=5, position=None, source=ModelSource.PRESET)[0]
    ] == [3]
    models.add_version(version(), model(), 1)
    models.remove_version(version())
    assert models.get(SCOPE, 3).version_count == 0
