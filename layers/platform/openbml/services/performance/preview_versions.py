"""Use cases: start a measurement, show its curve. Measuring is free of charge."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict

from openbml.compute.failures import Failure
from openbml.compute.jobs import Job, ProcessingJobRequest
from openbml.compute.owners import Owner
from openbml.core.clock import Clock
from openbml.core.errors import InvalidRequestError
from openbml.core.ids import IdFactory
from openbml.core.observability import logger
from openbml.core.scope import ProjectScope
from openbml.services.collaborators import ServableVersion, ServableVersions, VariantMissingError
from openbml.services.performance.curves import CurvePoint, curve
from openbml.services.performance.previews import (
    OWNER_CONTEXT,
    MeasuringState,
    Preview,
    PreviewConflictError,
    PreviewKey,
    PreviewRepository,
)
from openbml_catalog.machines import largest_compute_units
from openbml_catalog.tasks import tasks

_MACHINE = "CPU_4C_16G"
_MOST_S = 1800


class PreviewState(StrEnum):
    NONE = "none"
    MEASURING = "measuring"
    READY = "ready"
    UNSUPPORTED = "unsupported"


class Estimate(BaseModel):
    """What a service of so many copies is expected to do; copies add to what is answered, not to how soon."""

    model_config = ConfigDict(frozen=True)

    compute_units: int
    instances: int
    latency_ms: float
    qps: float
    measured: bool


class PerformanceView(BaseModel):
    """Attributes:
    points: of one copy by compute units; those that are not `measured` are foretold.
    machine: the processor that it was measured on.
    failure: why the last measurement gave no figures; then it may be started again.
    """

    model_config = ConfigDict(frozen=True)

    state: PreviewState
    points: Sequence[CurvePoint] = ()
    measured_at: AwareDatetime | None = None
    machine: str | None = None
    estimate: Estimate | None = None
    failure: Failure | None = None


class ProcessingJobs(Protocol):
    """Port to compute."""

    def submit_processing(self, request: ProcessingJobRequest) -> Job: ...


def read_performance(
    key: PreviewKey,
    *,
    scope: ProjectScope,
    compute_units: int | None,
    instances: int | None,
    previews: PreviewRepository,
    versions: ServableVersions,
    now: Clock,
) -> PerformanceView:
    """Return the curve, with an estimate where both compute units and instances are given.

    Raises:
        InvalidRequestError, VersionNotFoundError, VersionNotReadyError, VariantMissingError
    """
    most = largest_compute_units()
    if compute_units is not None and compute_units > most:
        raise InvalidRequestError(field="compute_units", reason=f"at most {most} fit on one machine")
    if not _is_measurable(_version(key, scope, versions)):
        return PerformanceView(state=PreviewState.UNSUPPORTED)
    preview = previews.find(scope, key)
    if preview is None:
        return PerformanceView(state=PreviewState.NONE)
    if preview.state is not MeasuringState.READY:
        state = PreviewState.MEASURING if preview.is_under_way(now()) else PreviewState.NONE
        return PerformanceView(state=state, failure=preview.failure)
    points = curve(preview.points, most)
    return PerformanceView(
        state=PreviewState.READY,
        points=points,
        measured_at=preview.measured_at,
        machine=preview.machine,
        estimate=_estimate(points, compute_units, instances),
    )


def start_measuring(
    key: PreviewKey,
    *,
    scope: ProjectScope,
    previews: PreviewRepository,
    versions: ServableVersions,
    jobs: ProcessingJobs,
    new_id: IdFactory,
    now: Clock,
) -> PerformanceView:
    """Measure a version's file, unless it is being measured or was; of several calls one starts it.

    Raises:
        VersionNotFoundError, VersionNotReadyError, VariantMissingError
    """
    version = _version(key, scope, versions)
    if not _is_measurable(version):
        return PerformanceView(state=PreviewState.UNSUPPORTED)
    before = previews.find(scope, key)
    if before is None or (before.state is not MeasuringState.READY and not before.is_under_way(now())):
        before = _begun(key, version, before, scope=scope, previews=previews, new_id=new_id, now=now)
    if before.state is MeasuringState.MEASURING:  # the same request again is the same job
        jobs.submit_processing(_job(before))
    return read_performance(
        key,
        scope=scope,
        compute_units=None,
        instances=None,
        previews=previews,
        versions=versions,
        now=now,
    )


def _begun(
    key: PreviewKey,
    version: ServableVersion,
    before: Preview | None,
    *,
    scope: ProjectScope,
    previews: PreviewRepository,
    new_id: IdFactory,
    now: Clock,
) -> Preview:
    draft = Preview(
        scope=scope,
        key=key,
        preview_id=new_id(),
        image=version.image,
        model_uri=version.model_uri,
        started_at=now(),
    )
    draft = draft.replaces(before) if before else draft
    try:
        previews.save(draft)
    except PreviewConflictError:
        faster = previews.find(scope, key)
        if faster is None:
            raise
        return faster
    logger.info("measurement started", model_id=key.model_id, preview_id=draft.preview_id)
    return draft


def _job(preview: Preview) -> ProcessingJobRequest:
    key = preview.key
    owner_id = f"{key.model_id}/{key.model_version}/{key.variant}/{preview.preview_id}"
    return ProcessingJobRequest(
        job_id=f"perf{preview.preview_id}",
        owner=Owner(context=OWNER_CONTEXT, id=owner_id),
        scope=preview.scope,
        image=preview.image,
        machine_type=_MACHINE,
        arguments=("measure",),
        environment={"OPENBML_MODEL_VARIANT": key.variant},
        model_uri=preview.model_uri,
        max_runtime_s=_MOST_S,
    )


def _version(key: PreviewKey, scope: ProjectScope, versions: ServableVersions) -> ServableVersion:
    version = versions.get(scope, key.model_id, key.model_version)
    if key.variant not in version.variants:
        raise VariantMissingError(
            model_id=key.model_id,
            version_number=key.model_version,
            variant=key.variant,
            available=", ".join(version.variants),
        )
    return version


def _is_measurable(version: ServableVersion) -> bool:
    """Only models of preset-model tuning have a curve, those of tables have none (spec 08 section 2.2)."""
    has_curve = tasks()[version.task_type].direction not in ("tabular", "general")
    return has_curve and version.is_tuned and version.image == "serving"


def _estimate(
    points: Sequence[CurvePoint], compute_units: int | None, instances: int | None
) -> Estimate | None:
    if compute_units is None or instances is None:
        return None
    point = points[compute_units - 1]
    return Estimate(
        compute_units=compute_units,
        instances=instances,
        latency_ms=point.latency_ms,
        qps=round(point.qps * instances, 2),
        measured=point.measured,
    )
