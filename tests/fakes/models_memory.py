"""Fakes of the ports of models; the repository passes the contract suite of the real one."""

import json
import threading
from collections.abc import Sequence
from typing import Any, TypeVar

from openbml.core.scope import ProjectScope
from openbml.models.model_files import ModelFilesInvalidError, StoredFile
from openbml.models.models import (
    Model,
    ModelConflictError,
    ModelNameTakenError,
    ModelNotFoundError,
    Position,
)
from openbml.models.run_sources import PublishableRun, RunNotPublishableError
from openbml.models.sources import ModelSource
from openbml.models.versions import (
    DatasetVersion,
    ModelVersion,
    VersionConflictError,
    VersionNotFoundError,
)

Row = TypeVar("Row")
RUN_FOLDER = "s3://data/projects/42/runs/9/job/9/output/model/"
MANIFEST: dict[str, Any] = {
    "format": "openbml.model/1",
    "task": "image_classification",
    "network": "ResNet18_vd",
    "labels": ["cat", "dog"],
    "recommended_threshold": 0.4,
    "onnx": {"opset": 18, "max_abs_diff": 1e-6, "tolerance": 1e-4, "sha256": "ab", "compared_samples": 8},
}


class InMemoryModelRepository:
    def __init__(self) -> None:
        self._models: dict[int, Model] = {}
        self._versions: dict[tuple[int, int], ModelVersion] = {}
        self._experiments: dict[tuple[ProjectScope, int], int] = {}
        self._lock = threading.Lock()

    def add(self, model: Model) -> None:
        with self._lock:
            if any((row.scope, row.name) == (model.scope, model.name) for row in self._models.values()):
                raise ModelNameTakenError(name=model.name)
            self._models[model.model_id] = model

    def get(self, scope: ProjectScope, model_id: int) -> Model:
        model = self._models.get(model_id)
        if model is None or model.scope != scope:
            raise ModelNotFoundError(model_id=model_id)
        return model

    def named(self, scope: ProjectScope, name: str) -> Model | None:
        rows = (row for row in self._models.values() if (row.scope, row.name) == (scope, name))
        return next(rows, None)

    def page(
        self,
        scope: ProjectScope,
        *,
        limit: int,
        position: Position,
        task_type: str | None = None,
        source: ModelSource | None = None,
    ) -> tuple[Sequence[Model], Position]:
        mine = (
            row
            for row in self._models.values()
            if row.scope == scope and task_type in (None, row.task_type) and source in (None, row.source)
        )
        return _page(sorted(mine, key=lambda row: -row.model_id), limit, position)

    def rename(self, model: Model, *, name: str, description: str) -> Model:
        with self._lock:
            stored = self._models.get(model.model_id)
            before = (model.name, model.description)
            if stored is None or stored.deleting or (stored.name, stored.description) != before:
                raise ModelConflictError(model_id=model.model_id)
            holder = self.named(model.scope, name)
            if holder is not None and holder.model_id != model.model_id:
                raise ModelNameTakenError(name=name)
            return self._changed(stored, name=name, description=description)

    def mark_deleting(self, model: Model, *, deleting: bool) -> Model:
        with self._lock:
            if model.model_id not in self._models:
                raise ModelNotFoundError(model_id=model.model_id)
            return self._changed(self._models[model.model_id], deleting=deleting)

    def remove(self, model: Model) -> None:
        with self._lock:
            self._models.pop(model.model_id, None)
            bound = [key for key, model_id in self._experiments.items() if model_id == model.model_id]
            for key in bound:
                del self._experiments[key]

    def remove_version(self, version: ModelVersion) -> None:
        with self._lock:
            if self._versions.pop((version.model_id, version.version_number), None) is not None:
                stored = self._models[version.model_id]
                self._changed(stored, removed_versions=stored.removed_versions + 1)

    def _changed(self, model: Model, **changes: object) -> Model:
        self._models[model.model_id] = model.model_copy(update=changes)
        return self._models[model.model_id]

    def add_version(self, version: ModelVersion, model: Model, experiment_id: int | None) -> None:
        with self._lock:
            stored = self._models[model.model_id]
            if (
                stored.deleting
                or stored.latest_version != version.version_number - 1
                or self._is_taken(version, stored, experiment_id)
            ):
                raise VersionConflictError(model_id=model.model_id)
            self._changed(stored, latest_version=version.version_number)
            if experiment_id is not None:
                self._changed(self._models[model.model_id], experiment_id=experiment_id)
                self._experiments[model.scope, experiment_id] = model.model_id
            self._versions[model.model_id, version.version_number] = version

    def _is_taken(self, version: ModelVersion, model: Model, experiment_id: int | None) -> bool:
        scope = model.scope
        if version.run_id is not None and self.version_of_run(scope, version.run_id):
            return True
        if version.import_id is not None and self.version_of_import(scope, version.import_id):
            return True
        if experiment_id is None:
            return False
        bound = self._experiments.get((scope, experiment_id), model.model_id)
        return bound != model.model_id or model.experiment_id not in (None, experiment_id)

    def version(self, scope: ProjectScope, model_id: int, version_number: int) -> ModelVersion:
        version = self._versions.get((model_id, version_number))
        if version is None or version.scope != scope:
            raise VersionNotFoundError(model_id=model_id, version_number=version_number)
        return version

    def save_version(self, version: ModelVersion) -> None:
        key = (version.model_id, version.version_number)
        with self._lock:
            if key not in self._versions or self._versions[key].revision != version.revision - 1:
                raise VersionConflictError(model_id=version.model_id)
            self._versions[key] = version

    def version_page(
        self, scope: ProjectScope, model_id: int, *, limit: int, position: Position
    ) -> tuple[Sequence[ModelVersion], Position]:
        mine = [row for row in self._versions.values() if (row.scope, row.model_id) == (scope, model_id)]
        return _page(sorted(mine, key=lambda row: -row.version_number), limit, position)

    def version_of_run(self, scope: ProjectScope, run_id: int) -> ModelVersion | None:
        rows = (row for row in self._versions.values() if (row.scope, row.run_id) == (scope, run_id))
        return next(rows, None)

    def version_of_import(self, scope: ProjectScope, import_id: int) -> ModelVersion | None:
        rows = (row for row in self._versions.values() if (row.scope, row.import_id) == (scope, import_id))
        return next(rows, None)

    def model_of_experiment(self, scope: ProjectScope, experiment_id: int) -> int | None:
        return self._experiments.get((scope, experiment_id))


class InMemoryModelFiles:
    """Folders by address; `broken_copies` makes that many copies fail like a lost connection."""

    def __init__(self) -> None:
        self.folders: dict[str, dict[str, bytes]] = {
            RUN_FOLDER: {"model.json": json.dumps(MANIFEST).encode(), "model.onnx": b"graph"}
        }
        self.broken_copies = 0
        self.copied: list[str] = []

    def uri(self, prefix: str) -> str:
        return f"s3://data/{prefix}"

    def list(self, uri: str) -> Sequence[StoredFile]:
        return [
            StoredFile(name=name, size_bytes=len(body), etag=str(hash(body)))
            for name, body in self.folders.get(uri, {}).items()
        ]

    def read(self, uri: str, name: str, *, most_bytes: int) -> bytes:
        body = self.folders.get(uri, {}).get(name)
        if body is None:
            raise ModelFilesInvalidError(reason=f"{name} is missing")
        if len(body) > most_bytes:
            raise ModelFilesInvalidError(reason=f"{name} has {len(body)} bytes")
        return body

    def copy(self, source_uri: str, target_uri: str, file: StoredFile) -> None:
        if self.broken_copies and self.copied:
            self.broken_copies -= 1
            raise ConnectionError("the store is unreachable")
        self.folders.setdefault(target_uri, {})[file.name] = self.folders[source_uri][file.name]
        self.copied.append(file.name)

    def remove_below(self, uri: str) -> None:
        for folder in [known for known in self.folders if known.startswith(uri)]:
            del self.folders[folder]


class FakeRunSource:
    """Runs that succeeded, but for those a test names."""

    def __init__(self) -> None:
        self.unfinished: set[int] = set()
        self.experiments: dict[int, int] = {}
        self.task_type = "image_classification"
        self.source = ModelSource.PRESET

    def get(self, scope: ProjectScope, run_id: int) -> PublishableRun:
        if run_id in self.unfinished:
            raise RunNotPublishableError(run_id=run_id, state="running")
        return PublishableRun(
            run_id=run_id,
            source=self.source,
            experiment_id=self.experiments.get(run_id, 1),
            task_type=self.task_type,
            network="ResNet18_vd",
            labels=("cat", "dog"),
            metrics={"accuracy": 0.9},
            recommended_threshold=0.4,
            snapshot_id="abc",
            dataset_versions=(DatasetVersion(dataset_id=1, version_number=1),),
            hyper_parameters={"epochs": "3"},
            model_uri=RUN_FOLDER,
        )


def _page(rows: Sequence[Row], limit: int, position: Position) -> tuple[Sequence[Row], Position]:
    start = position["start"] if position else 0
    following = {"start": start + limit} if start + limit < len(rows) else None
    return rows[start : start + limit], following
