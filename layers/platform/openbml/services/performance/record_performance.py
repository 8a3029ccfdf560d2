"""Use case: take what a measuring job told, or how it ended."""

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, ValidationError

from openbml.compute.failures import Failure, Fault
from openbml.compute.owners import Owner
from openbml.core.observability import logger
from openbml.core.scope import ProjectScope
from openbml.services.performance.curves import MeasuredPoint
from openbml.services.performance.previews import (
    OWNER_CONTEXT,
    Preview,
    PreviewConflictError,
    PreviewKey,
    PreviewRepository,
)

_ATTEMPTS = 4  # of one change beside others
_STOPPED = Failure(fault=Fault.PLATFORM, message="the measurement was stopped")


class _Figures(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: Literal["performance"]
    points: Sequence[MeasuredPoint] = Field(min_length=1, max_length=1024)
    machine: str = Field(max_length=200)
    at: AwareDatetime


class MeasuringReport(BaseModel):
    """`JobStateChanged` or `JobProgressed` as this context reads them."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    scope: ProjectScope
    owner: Owner
    state: str | None = None
    failure: Failure | None = None
    records: Sequence[Mapping[str, JsonValue]] = ()


_FIGURES = TypeAdapter(_Figures)


def record_performance(report: MeasuringReport, *, previews: PreviewRepository) -> Preview | None:
    """Take what a measuring job told or how it ended; what is not about the newest measurement is left out.

    Raises:
        PreviewConflictError: others changed the preview several times at once.
    """
    owned = _owned(report.owner)
    if owned is None:
        return None
    key, preview_id = owned
    for _ in range(_ATTEMPTS):
        preview = previews.find(report.scope, key)
        if preview is None or preview.preview_id != preview_id:
            return None
        after = _observed(preview, report)
        if after is preview:
            return preview
        try:
            previews.save(after)
        except PreviewConflictError:
            logger.info("preview changed while its figures came", preview_id=preview_id)
            continue
        return after
    raise PreviewConflictError(**key.model_dump())


def _observed(preview: Preview, report: MeasuringReport) -> Preview:
    for record in report.records:
        figures = _figures(record)
        if figures is not None:
            return preview.ready(figures.points, figures.machine, figures.at)
    if report.state in ("failed", "stopped"):
        return preview.failed(report.failure or _STOPPED)
    return preview


def _figures(record: Mapping[str, JsonValue]) -> _Figures | None:
    """Return a record's figures; jobs tell other things too, and what is malformed is no figure."""
    try:
        figures = _FIGURES.validate_python(record)
    except ValidationError:
        return None
    return figures if any(point.compute_units == 1 for point in figures.points) else None


def _owned(owner: Owner) -> tuple[PreviewKey, int] | None:
    parts = owner.id.split("/")
    if owner.context != OWNER_CONTEXT or len(parts) != 4 or not parts[3].isdigit():
        return None
    model_id, model_version, variant, preview_id = parts
    fields = {"model_id": model_id, "model_version": model_version, "variant": variant}
    return PreviewKey.model_validate(fields), int(preview_id)
