"""Use cases: ask for an export, look at it, pack it."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from openbml.core.clock import Clock
from openbml.core.ids import IdFactory
from openbml.core.observability import logger
from openbml.core.queues import MessageQueue
from openbml.core.scope import ProjectScope
from openbml.models.checks.protobuf_fields import Content
from openbml.models.exports.mlflow_documents import mlflow_documents
from openbml.models.exports.model_exports import (
    ModelExport,
    ModelExportConflictError,
    ModelExportNotFoundError,
    ModelExportRepository,
    ModelExportState,
    VersionNotExportableError,
)
from openbml.models.model_files import StoredFile
from openbml.models.models import ModelNotFoundError, ModelRepository
from openbml.models.versions import VersionNotFoundError, VersionState

_URL_S = 3600
_UNNAMEABLE = re.compile(r"[^\w.-]+")


class VersionArchives(Protocol):
    """Port; `tests/contract/models/test_version_archives.py` holds what implementations owe."""

    def files(self, model_uri: str) -> Sequence[StoredFile]:
        """Return a version's files."""

    def content(self, model_uri: str, file: StoredFile) -> Content:
        """Return a file by ranges."""

    def pack(self, model_uri: str, documents: Mapping[str, bytes], key: str) -> int:
        """Store one zip of the version's files and these documents; return its size.

        It is there whole or not at all; again replaces it.
        """

    def download_url(self, key: str, file_name: str, *, lifetime_s: int) -> str: ...


class ExportOrder(BaseModel):
    """Message to `export_model`."""

    model_config = ConfigDict(frozen=True)

    scope: ProjectScope
    model_id: int
    export_id: int


class ModelExportView(BaseModel):
    """`url` is good for an hour; look again for another one."""

    model_config = ConfigDict(frozen=True)

    export_id: int
    model_id: int
    version_number: int
    state: ModelExportState
    failure: str | None
    size_bytes: int | None
    url: str | None
    created_at: datetime
    ended_at: datetime | None


def start_export(
    scope: ProjectScope,
    model_id: int,
    version_number: int,
    *,
    models: ModelRepository,
    exports: ModelExportRepository,
    orders: MessageQueue,
    new_id: IdFactory,
    now: Clock,
) -> ModelExport:
    """Raises ModelNotFoundError, VersionNotFoundError, VersionNotExportableError."""
    model = models.get(scope, model_id)
    version = models.version(scope, model_id, version_number)
    if version.state is not VersionState.READY or model.deleting:
        raise VersionNotExportableError(
            model_id=model_id, version_number=version_number, state=version.state.value
        )
    export = ModelExport(
        scope=scope,
        model_id=model_id,
        version_number=version_number,
        export_id=new_id(),
        file_name=f"{_UNNAMEABLE.sub('_', model.name).strip('_') or 'model'}-V{version_number}.zip",
        created_at=now(),
    )
    exports.add(export)
    orders.send([ExportOrder(scope=scope, model_id=model_id, export_id=export.export_id)])
    return export


def read_export(
    scope: ProjectScope,
    model_id: int,
    version_number: int,
    export_id: int,
    *,
    exports: ModelExportRepository,
) -> ModelExport:
    """Raises ModelExportNotFoundError."""
    export = exports.get(scope, model_id, export_id)
    if export.version_number != version_number:
        raise ModelExportNotFoundError(export_id=export_id)
    return export


def export_view(export: ModelExport, *, archives: VersionArchives, now: Clock) -> ModelExportView:
    state = export.state_at(now())
    url = None
    if state is ModelExportState.READY:
        url = archives.download_url(export.key, export.file_name, lifetime_s=_URL_S)
    return ModelExportView(
        export_id=export.export_id,
        model_id=export.model_id,
        version_number=export.version_number,
        state=state,
        failure=export.failure,
        size_bytes=export.size_bytes,
        url=url,
        created_at=export.created_at,
        ended_at=export.ended_at,
    )


def pack_export(
    order: ExportOrder,
    *,
    models: ModelRepository,
    exports: ModelExportRepository,
    archives: VersionArchives,
    now: Clock,
) -> ModelExport | None:
    """Pack the version as an MLflow model. Again packs it again, or finds it done; None: it is gone."""
    try:
        export = exports.get(order.scope, order.model_id, order.export_id)
    except ModelExportNotFoundError:
        return None
    if export.state is not ModelExportState.PREPARING:
        return export
    after = _packed(export, models, archives, now)
    try:
        exports.save(after)
    except ModelExportConflictError:  # the other one has packed the same
        logger.info("an export was packed twice", export_id=export.export_id)
        return exports.get(order.scope, order.model_id, order.export_id)
    return after


def _packed(
    export: ModelExport, models: ModelRepository, archives: VersionArchives, now: Clock
) -> ModelExport:
    try:
        model = models.get(export.scope, export.model_id)
        version = models.version(export.scope, export.model_id, export.version_number)
    except (ModelNotFoundError, VersionNotFoundError):
        return export.broken("the version was deleted", now())
    if version.state is not VersionState.READY:
        return export.broken(f"the version is {version.state.value}", now())
    files = archives.files(version.model_uri)
    contents = {file.name: archives.content(version.model_uri, file) for file in files}
    documents = mlflow_documents(model, version, contents, at=now())
    return export.ready(archives.pack(version.model_uri, documents, export.key), now())
