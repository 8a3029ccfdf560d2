"""Model versions: a run's or an imported model, kept for good, with its lineage."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from openbml.compute.failures import Failure
from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope
from openbml.models.served_tables import ServedTable
from openbml.models.sources import ModelSource
from openbml_catalog.frameworks import Contract, frameworks, import_row
from openbml_catalog.frameworks.manifest import FrameworkManifest, PictureInput
from openbml_catalog.tasks import tasks


class VersionNotFoundError(OpenBMLError):
    """The model has no such version; details: model_id, version_number."""


class VersionConflictError(OpenBMLError):
    """Someone else changed the model or the version; details: model_id. Read again, then repeat."""


class VersionDeletingError(OpenBMLError):
    """The version is being deleted; details: model_id, version_number."""


Deployment = Literal["cloud", "edge"]


class VersionState(StrEnum):
    PUBLISHING = "publishing"
    READY = "ready"
    FAILED = "failed"
    DELETING = "deleting"


class DatasetVersion(BaseModel):
    model_config = ConfigDict(frozen=True)

    dataset_id: int
    version_number: int


class Lineage(BaseModel):
    """Where a version came from.

    Attributes:
        snapshot_id: what it was trained on; None where it was trained elsewhere.
        code_digest: of the training code, image_digest of its image; None where the job did not tell.
    """

    model_config = ConfigDict(frozen=True)

    snapshot_id: str | None = None
    dataset_versions: tuple[DatasetVersion, ...] = ()
    code_digest: str | None = None
    image_digest: str | None = None
    hyper_parameters: Mapping[str, str] = {}


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
    """What a version's files say about themselves, once they are copied.

    Attributes:
        content_digest: SHA-256 of the list of the files' own (`digests_of`).
    """

    model_config = ConfigDict(frozen=True)

    labels: tuple[str, ...]
    recommended_threshold: float | None = None
    onnx: OnnxProof | None = None
    variants: tuple[ModelVariant, ...] = ()
    table: ServedTable | None = None
    code_digest: str | None = None
    image_digest: str | None = None
    size_bytes: int
    content_digest: str | None = None
    metrics: Mapping[str, float] | None = None
    network: str | None = None
    lineage: Lineage | None = None


class ModelVersion(BaseModel):
    """One version.

    Attributes:
        run_id, network: of a run; None and empty where the version was imported as import_id.
        framework: what an imported version was made with; None of this platform's own graphs.
        contract: the API of a service of it: its task's, or its framework's own.
        picture: how a picture becomes the input of an imported version with the task's API.
        source_uri: the folder it was copied from; model_uri: the version's own copy of it.
        content_digest: of an imported version's files.
        variants: its files; empty before it is ready, and of versions from before there were several.
        table: of tabular prediction, what it is asked; None before it is ready.
        revision: grows with every save; the slower of two writers is refused.
    """

    model_config = ConfigDict(frozen=True)

    scope: ProjectScope
    model_id: int
    version_number: int = Field(ge=1)
    run_id: int | None = None
    import_id: int | None = None
    state: VersionState = VersionState.PUBLISHING
    failure: Failure | None = None
    task_type: str
    source: ModelSource = ModelSource.PRESET
    framework: str | None = None
    contract: Contract = "task"
    picture: PictureInput | None = None
    network: str = ""
    description: str = ""
    labels: tuple[str, ...] = ()
    metrics: Mapping[str, float] = {}
    recommended_threshold: float | None = None
    onnx: OnnxProof | None = None
    variants: tuple[ModelVariant, ...] = ()
    table: ServedTable | None = None
    lineage: Lineage
    source_uri: str
    model_uri: str
    size_bytes: int | None = None
    content_digest: str | None = None
    created_at: AwareDatetime
    revision: int = Field(default=1, ge=1)

    @property
    def image(self) -> str | None:
        """Return the catalogue's image that serves the version, None where none does."""
        return tasks()[self.task_type].image if self.framework is None else frameworks()[self.framework].image

    @property
    def deployments(self) -> Sequence[Deployment]:
        """Return where the version may go (spec 03, sections 7.1 and 7.3)."""
        if self.framework in (None, "openbml"):
            return ("cloud", "edge") if tasks()[self.task_type].direction == "vision" else ("cloud",)
        row = import_row(self.task_type, self.framework)
        allowed = row.deployments if row else ()
        return tuple(place for place in allowed if place != "cloud" or self.image is not None)

    @property
    def can_validate(self) -> bool:
        """Tell whether a temporary service can answer for it (spec 03 section 7.8)."""
        return self.state is VersionState.READY and self.image is not None and "cloud" in self.deployments

    @property
    def has_report(self) -> bool:
        """Tell whether there is an evaluation report: of preset tuning only (spec 03 section 7.7)."""
        return self.source is ModelSource.PRESET and self.run_id is not None

    def ready(self, content: ModelContent) -> "ModelVersion":
        """Return the version with its files in place; one that is no longer awaited stays as it is."""
        if not self._is_open:
            return self
        lineage = content.lineage or self.lineage.model_copy(
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
            content_digest=content.content_digest,
            metrics=self.metrics if content.metrics is None else content.metrics,
            network=content.network or self.network,
        )

    def imported(self, framework: str, manifest: FrameworkManifest | None) -> "ModelVersion":
        """Return the version as its files turned out to be; one of this platform's own has no manifest."""
        changes: dict[str, object] = {"framework": framework}
        if manifest is not None:
            changes |= {"contract": manifest.contract, "picture": manifest.picture}
        return self.model_copy(update=changes)

    def broken(self, failure: Failure) -> "ModelVersion":
        return self._changed(state=VersionState.FAILED, failure=failure) if self._is_open else self

    def retried(self) -> "ModelVersion":
        """Return a failed version on its way again; any other stays as it is."""
        if self.state is not VersionState.FAILED:
            return self
        return self._changed(state=VersionState.PUBLISHING, failure=None)

    def deleting(self) -> "ModelVersion":
        """Return the version marked: nobody may use it any more. Again is fine."""
        return self if self.state is VersionState.DELETING else self._changed(state=VersionState.DELETING)

    def kept(self) -> "ModelVersion":
        """Return a marked version as it was before; its files are still whole."""
        if self.state is not VersionState.DELETING:
            return self
        state = VersionState.FAILED if self.failure or self.size_bytes is None else VersionState.READY
        return self._changed(state=state)

    def described(self, description: str) -> "ModelVersion":
        return self if description == self.description else self._changed(description=description)

    @property
    def _is_open(self) -> bool:
        return self.state is VersionState.PUBLISHING

    def _changed(self, **changes: object) -> "ModelVersion":
        return self.model_copy(update={**changes, "revision": self.revision + 1})
