"""What every repository of model imports and exports owes, the fakes included."""

from typing import Any

import pytest

from openbml.models.exports.model_exports import (
    ModelExport,
    ModelExportConflictError,
    ModelExportNotFoundError,
)
from openbml.models.exports.model_exports_dynamodb import DynamoModelExports
from openbml.models.imports.model_imports import (
    FileProblem,
    ModelImport,
    ModelImportConflictError,
    ModelImportNotFoundError,
    ModelImportRepository,
    ModelImportState,
    UploadedFile,
)
from openbml.models.imports.model_imports_dynamodb import DynamoModelImports
from openbml_catalog.frameworks.manifest import PictureInput
from tests.contract.emulator import make_table
from tests.fakes.compute_memory import NOON
from tests.fakes.imports_memory import InMemoryModelImports
from tests.fakes.services_samples import SCOPE

pytestmark = pytest.mark.contract


def model_import(import_id: int = 4, **changes: Any) -> ModelImport:
    fields: dict[str, Any] = {
        "scope": SCOPE,
        "model_id": 3,
        "import_id": import_id,
        "task_type": "image_classification",
        "framework": "tensorflow",
        "files": (UploadedFile(name="网/saved_model.pb", size_bytes=5 * 1024**3, upload_id="u"),),
        "picture": PictureInput(size=64, mean=(0.5, 0, 1)),
        "recommended_threshold": 0.25,
        "created_by": 9,
        "created_at": NOON,
        "changed_at": NOON,
    }
    return ModelImport.model_validate({**fields, **changes})


class ModelImportRepositoryContract:
    def test_an_import_comes_back_as_it_was_stored(self, imports: ModelImportRepository) -> None:
        imports.add(model_import())

        assert imports.get(SCOPE, 3, 4) == model_import()
        for place in ((SCOPE, 4, 4), (SCOPE.model_copy(update={"project_id": 43}), 3, 4), (SCOPE, 3, 5)):
            with pytest.raises(ModelImportNotFoundError):
                imports.get(*place)

    def test_an_id_is_taken_once(self, imports: ModelImportRepository) -> None:
        imports.add(model_import())

        with pytest.raises(ModelImportConflictError):
            imports.add(model_import())

    def test_the_slower_of_two_writers_is_refused(self, imports: ModelImportRepository) -> None:
        imports.add(model_import())
        problem = FileProblem(file="网", code="content_wrong", message="is empty")
        after = model_import().looked_at(ModelImportState.CHECKING, [problem], NOON)
        imports.save(after)

        with pytest.raises(ModelImportConflictError):
            imports.save(after)
        assert imports.get(SCOPE, 3, 4) == after

    def test_what_has_ended_is_no_longer_unfinished(self, imports: ModelImportRepository) -> None:
        imports.add(model_import())
        imports.add(model_import(5))
        imports.save(model_import(5).submitted(1, NOON))
        assert {row.import_id for row in imports.unfinished()} == {4, 5}

        imports.save(model_import(5).submitted(1, NOON).ended(NOON))
        imports.remove(model_import())
        imports.remove(model_import())

        assert list(imports.unfinished()) == []
        assert imports.get(SCOPE, 3, 5).state is ModelImportState.READY

    def test_lists_are_paged_newest_first(self, imports: ModelImportRepository) -> None:
        for import_id in (4, 5, 6):
            imports.add(model_import(import_id))
        imports.add(model_import(7, model_id=8))
        rows, position = imports.page(SCOPE, 3, limit=2, position=None)
        rest, end = imports.page(SCOPE, 3, limit=2, position=position)

        assert [row.import_id for row in (*rows, *rest)] == [6, 5, 4]
        assert end is None


class TestInMemory(ModelImportRepositoryContract):
    @pytest.fixture
    def imports(self) -> InMemoryModelImports:
        return InMemoryModelImports()


class TestDynamo(ModelImportRepositoryContract):
    @pytest.fixture
    def imports(self, emulator_url: str) -> DynamoModelImports:
        return DynamoModelImports(make_table(emulator_url, "models"))


def test_exports_are_kept_and_the_slower_of_two_writers_is_refused(emulator_url: str) -> None:
    exports = DynamoModelExports(make_table(emulator_url, "models"))
    export = ModelExport(
        scope=SCOPE, model_id=3, version_number=1, export_id=5, file_name="a.zip", created_at=NOON
    )
    exports.add(export)
    exports.save(export.ready(10, NOON))

    assert exports.get(SCOPE, 3, 5) == export.ready(10, NOON)
    with pytest.raises(ModelExportConflictError):
        exports.save(export.broken("late", NOON))
    with pytest.raises(ModelExportNotFoundError):
        exports.get(SCOPE, 4, 5)
