"""Imports of models with everything around them faked."""

from collections.abc import Mapping
from typing import Any

from openbml.models.imports.import_models import expire_imports, import_model
from openbml.models.imports.model_imports import ModelImport
from openbml.models.imports.start_imports import ModelImportRequest, start_import
from openbml.models.imports.submit_imports import ImportOrder, check_import, submit_import
from openbml.models.models import Model
from openbml.models.publish_versions import ModelRequest, create_model
from openbml.models.sources import ModelSource
from openbml.models.versions import ModelVersion
from tests.fakes.datasets_memory import MemoryObjectStore
from tests.fakes.imports_memory import (
    InMemoryModelImports,
    MemoryFolders,
    MemorySources,
    MemoryUploads,
)
from tests.fakes.models_desk import Desk
from tests.fakes.services_memory import RecordedQueue
from tests.fakes.services_samples import SCOPE


class ImportDesk(Desk):
    def __init__(self) -> None:
        super().__init__()
        self.imports = InMemoryModelImports()
        self.archives = MemoryObjectStore()
        self.uploads = MemoryUploads(self.archives)
        self.sources = MemorySources(self.archives)
        self.folders = MemoryFolders()
        self.orders = RecordedQueue()
        self.has_time = True

    def local_model(self, task_type: str = "general", name: str = "mine") -> Model:
        request = ModelRequest(name=name, task_type=task_type, source=ModelSource.LOCAL)
        return create_model(request, scope=SCOPE, models=self.models, new_id=self.new_id, now=self.now)

    def start(self, model: Model, files: Mapping[str, bytes] | str, **fields: Any) -> ModelImport:
        place: dict[str, Any] = (
            {"s3_uri": files}
            if isinstance(files, str)
            else {"files": [{"name": name, "size_bytes": len(body)} for name, body in files.items()]}
        )
        return start_import(
            ModelImportRequest.model_validate({**place, **fields}),
            scope=SCOPE,
            model_id=model.model_id,
            user_id=9,
            models=self.models,
            imports=self.imports,
            uploads=self.uploads,
            new_id=self.new_id,
            now=self.now,
        )

    def started(self, model: Model, files: Mapping[str, bytes], **fields: Any) -> ModelImport:
        """Return an import whose files are all stored."""
        model_import = self.start(model, files, **fields)
        for index, body in enumerate(files.values()):
            self.uploads.put(model_import.file_key(index), 1, body)
        return model_import

    def check(self, model_import: ModelImport) -> ModelImport:
        return check_import(
            self.current(model_import),
            imports=self.imports,
            sources=self.sources,
            uploads=self.uploads,
            archives=self.archives,
            now=self.now,
        )

    def submit(self, model_import: ModelImport) -> ModelImport:
        return submit_import(
            self.current(model_import),
            models=self.models,
            imports=self.imports,
            sources=self.sources,
            uploads=self.uploads,
            archives=self.archives,
            files=self.files,
            orders=self.orders,
            now=self.now,
        )

    def carry_on(self, model_import: ModelImport) -> ModelImport | None:
        return import_model(
            ImportOrder(scope=SCOPE, model_id=model_import.model_id, import_id=model_import.import_id),
            models=self.models,
            imports=self.imports,
            sources=self.sources,
            folders=self.folders,
            files=self.files,
            uploads=self.uploads,
            archives=self.archives,
            orders=self.orders,
            events=self.events,
            has_time=lambda: self.has_time,
            now=self.now,
        )

    def imported(self, model: Model, files: Mapping[str, bytes], **fields: Any) -> ModelVersion:
        """Return the version that the files became."""
        submitted = self.submit(self.started(model, files, **fields))
        self.carry_on(submitted)
        return self.models.version(SCOPE, model.model_id, submitted.version_number or 0)

    def expire(self) -> int:
        return expire_imports(
            imports=self.imports,
            uploads=self.uploads,
            archives=self.archives,
            orders=self.orders,
            now=self.now,
        )

    def current(self, model_import: ModelImport) -> ModelImport:
        return self.imports.get(SCOPE, model_import.model_id, model_import.import_id)
