"""Previews: what was measured of one file of a model version, and where previews are kept."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from openbml.compute.failures import Failure
from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope
from openbml.services.performance.curves import MeasuredPoint

OWNER_CONTEXT = "performance"
# A measurement takes a minute or two once it has a machine; one without an end for so long is lost.
OVERDUE_AFTER = timedelta(minutes=45)


class PreviewConflictError(OpenBMLError):
    """Someone else changed the preview; details: model_id, model_version, variant."""


class MeasuringState(StrEnum):
    MEASURING = "measuring"
    READY = "ready"
    FAILED = "failed"


class PreviewKey(BaseModel):
    """One file of one version."""

    model_config = ConfigDict(frozen=True)

    model_id: int = Field(ge=1, lt=2**53)
    model_version: int = Field(ge=1, lt=10**8)
    variant: Literal["fp32", "int8", "fp16"] = "fp32"


class Preview(BaseModel):
    """Attributes:
    preview_id: of this measurement; one that is started again has another.
    version: grows with every save; the slower of two writers is refused.
    """

    model_config = ConfigDict(frozen=True)

    scope: ProjectScope
    key: PreviewKey
    preview_id: int
    image: str
    model_uri: str
    state: MeasuringState = MeasuringState.MEASURING
    started_at: AwareDatetime
    measured_at: AwareDatetime | None = None
    machine: str | None = None
    points: tuple[MeasuredPoint, ...] = ()
    failure: Failure | None = None
    version: int = Field(default=1, ge=1)

    def is_under_way(self, at: datetime) -> bool:
        return self.state is MeasuringState.MEASURING and at - self.started_at < OVERDUE_AFTER

    def ready(self, points: Sequence[MeasuredPoint], machine: str, at: datetime) -> "Preview":
        """Return the preview with its figures; the first ones told stay."""
        if self.state is MeasuringState.READY:
            return self
        changes = {"points": tuple(points), "machine": machine, "measured_at": at, "failure": None}
        return self._with(state=MeasuringState.READY, **changes)

    def failed(self, failure: Failure) -> "Preview":
        """Return the preview as one that got no figures; one that has them keeps them."""
        if self.state is not MeasuringState.MEASURING:
            return self
        return self._with(state=MeasuringState.FAILED, failure=failure)

    def replaces(self, before: "Preview") -> "Preview":
        return self.model_copy(update={"version": before.version + 1})

    def _with(self, **changes: object) -> "Preview":
        return self.model_copy(update={**changes, "version": self.version + 1})


class PreviewRepository(Protocol):
    """Port; `tests/contract/services/test_preview_repository.py` holds what implementations owe."""

    def find(self, scope: ProjectScope, key: PreviewKey) -> Preview | None: ...

    def save(self, preview: Preview) -> None:
        """Raises PreviewConflictError unless the stored version is the one before, none before version 1."""
