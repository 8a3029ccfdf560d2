"""Events this context publishes (contracts, section 6)."""

from collections.abc import Sequence
from typing import ClassVar

from pydantic import AwareDatetime

from openbml.core.events import Event
from openbml.models.versions import DatasetVersion, ModelVersion


class ModelVersionPublished(Event):
    """A version can be used; may come again. Imported ones have neither run nor snapshot."""

    source: ClassVar[str] = "openbml.models"

    model_id: int
    version_number: int
    run_id: int | None
    snapshot_id: str | None
    dataset_versions: Sequence[DatasetVersion]
    at: AwareDatetime

    @classmethod
    def of(cls, version: ModelVersion) -> "ModelVersionPublished":
        return cls(
            scope=version.scope,
            model_id=version.model_id,
            version_number=version.version_number,
            run_id=version.run_id,
            snapshot_id=version.lineage.snapshot_id,
            dataset_versions=version.lineage.dataset_versions,
            at=version.created_at,
        )
