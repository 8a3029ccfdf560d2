"""Events this context publishes (contracts, section 6)."""

from typing import ClassVar

from openbml.core.events import Event
from openbml.models.versions import ModelVersion


class ModelVersionPublished(Event):
    """A version can be deployed; may come again."""

    source: ClassVar[str] = "openbml.models"

    model_id: int
    version_number: int
    run_id: int

    @classmethod
    def of(cls, version: ModelVersion) -> "ModelVersionPublished":
        return cls(
            scope=version.scope,
            model_id=version.model_id,
            version_number=version.version_number,
            run_id=version.run_id,
        )
