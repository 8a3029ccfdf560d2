"""Model versions: a run's model, kept for good, with its lineage."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from openbml.compute.failures import Failure
from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope
from openbml.models.served_tables import ServedTable


class VersionNotFoundError(OpenBMLError):
    """The model has no such version; details: model_id, version_number."""


class VersionConflictError(OpenBMLError):
    """Someone else changed the model or the version; details: model_id. Read again, then repeat."""


class VersionState(StrEnum):
    PUBLISHING = "publishing"
    READY = "ready"
    FAILED = "failed"


class DatasetVersion(BaseModel):
    model_config = ConfigDict(frozen=True)

    dataset_id: int
    version_number: int


class Lineage(BaseModel):
    """Where a version came from.

    Attributes:
        code_digest: of the training code, image_digest of its image; None where the job did not tell.
    """

    model_config = ConfigDict(frozen=True)

    snapshot_id: str
    dataset_versions: tuple[DatasetVersion, ...]
    code_digest: str | None = None
    image_digest: str | None = None
    hyper_parameters: Mapping[str, str]


class OnnxProof(BaseModel):
    """How far the exported graph is from the trained network.

    Attributes:
        max_abs_diff: the largest difference of two scores.
        compared_samples, compared_objects: real samples compared, and objects paired in them.
        least_iou: of the paired objects' boxes; pixel_agreement: share of equal pixels of masks and maps.
        row_ms, rows_per_second: of tables, the graph's speed on one core of the training machine.
    """

    model_config = ConfigDict(frozen=True)

    max_abs_diff: float
    tolerance: float
    opset: int
    sha256: str
    compared_samples: int | None = None
    compared_objects: int | None = None
    least_iou: float | None = None
    pixel_agreement: float | None = None
    row_ms: float | None = None
    rows_per_second: float | None = None


class ModelVariant(BaseModel):
    """One file of a version and what it was measured to do (docs/reference/prediction-vision.md).

    Attributes:
        precision: `fp32`, the file that was evaluated, `int8` or `fp16`.
        quality: the task's figure of quality on evaluated samples; None where nothing measured it.
        quality_loss: the fp32 file's quality less this one's.
        latency_ms: one picture on one core of the training machine.
        recommended: its loss is within what is allowed.
    """

    model_config = ConfigDict(frozen=True)

    precision: Literal["fp32", "int8", "fp16"]
    file: str
    size_bytes: int
    quality: float | None = None
    quality_loss: float | None = None
    latency_ms: float | None = None
    recommended: bool


class ModelContent(BaseModel):
    """What a version's files say about themselves, once they are copied."""

    model_config = ConfigDict(frozen=True)

    labels: tuple[str, ...]
    recommended_threshold: float | None = None
    onnx: OnnxProof
    variants: tuple[ModelVariant, ...] = ()
    table: ServedTable | None = None
    code_digest: str | None = None
    image_digest: str | None = None
    size_bytes: int


class ModelVersion(BaseModel):
    """One version.

    Attributes:
        source_uri: the run's model folder; model_uri: the version's own copy of it.
        variants: its files; empty before it is ready, and of versions from before there were several.
        table: of tabular prediction, what it is asked; None before it is ready.
        revision: grows with every save; the slower of two writers is refused.
    """

    model_config = ConfigDict(frozen=True)

    scope: ProjectScope
    model_id: int
    version_number: int = Field(ge=1)
    run_id: int
    state: VersionState = VersionState.PUBLISHING
    failure: Failure | None = None
    task_type: str
    network: str
    description: str = ""
    labels: tuple[str, ...]
    metrics: Mapping[str, float]
    recommended_threshold: float | None = None
    onnx: OnnxProof | None = None
    variants: tuple[ModelVariant, ...] = ()
    table: ServedTable | None = None
    lineage: Lineage
    source_uri: str
    model_uri: str
    size_bytes: int | None = None
    created_at: AwareDatetime
    revision: int = Field(default=1, ge=1)

    def ready(self, content: ModelContent) -> "ModelVersion":
        """Return the version with its files in place; a ready one stays as it is."""
        if self.state is VersionState.READY:
            return self
        lineage = self.lineage.model_copy(
            update={"code_digest": content.code_digest, "image_digest": content.image_digest}
        )
        return self._changed(
            state=VersionState.READY,
            failure=None,
            labels=content.labels,
            recommended_threshold=(
                content.recommended_threshold
                if content.recommended_threshold is not None
                else self.recommended_threshold
            ),
            onnx=content.onnx,
            variants=content.variants,
            table=content.table,
            lineage=lineage,
            size_bytes=content.size_bytes,
        )

    def broken(self, failure: Failure) -> "ModelVersion":
        return self._changed(state=VersionState.FAILED, failure=failure) if self._is_open else self

    def retried(self) -> "ModelVersion":
        """Return a failed version on its way again; any other stays as it is."""
        if self.state is not VersionState.FAILED:
            return self
        return self._changed(state=VersionState.PUBLISHING, failure=None)

    @property
    def _is_open(self) -> bool:
        return self.state is VersionState.PUBLISHING

    def _changed(self, **changes: object) -> "ModelVersion":
        return self.model_copy(update={**changes, "revision": self.revision + 1})
