"""`model.json`: what the training image says about a model and the serving image reads.

One format for all vision tasks; `openbml_kit.tables.table_manifest` is that of tables. Models published
before there were other tasks than classification lack the optional fields, and mean: one output of scores,
one file.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from openbml_kit.faults import PlatformFault

FORMAT: Literal["openbml.model/1"] = "openbml.model/1"
MODEL_FILE = "model.onnx"
MANIFEST_FILE = "model.json"

Precision = Literal["fp32", "int8", "fp16"]
FILES: Mapping[Precision, str] = {"fp32": MODEL_FILE, "int8": "model.int8.onnx", "fp16": "model.fp16.onnx"}


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True)


class ImageInput(_Document):
    """How an image becomes the graph's input `image`, shape (n, 3, size, size), float32.

    Attributes:
        resize: `openbml_kit.images.RESIZE` or `openbml_kit.letterbox.RESIZE`; `decoder` names code of
            `openbml_kit.images`.
        tile: side, in pixels of the image, of the tiles that are looked at beside the whole image and
            whose findings are merged (`openbml_kit.tiling`); 0: none.
    """

    size: int = Field(ge=1)
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    resize: str
    color: Literal["RGB"] = "RGB"
    decoder: str
    tile: int = Field(default=0, ge=0)


class Outputs(_Document):
    """What the graph gives. Softmax or sigmoid is inside of it: every score is in 0..1.

    Kinds, with the names and shapes of their outputs:
        scores: `scores` (n, labels). The classes of a whole image.
        objects: `boxes` (k, 4) x1 y1 x2 y2 in pixels of the square, `scores` (k,), `classes` (k,) int64 from
            0, of one image, after suppression, the most certain first; `masks` (k, h, w) where the task has
            them: of the whole square (`mask_frame` input) or of the object's box (`mask_frame` box).
        class_scores: `class_scores` (1, labels + 1, size, size), class 0 is the background.
    """

    kind: Literal["scores", "objects", "class_scores"] = "scores"
    mask_frame: Literal["input", "box"] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        if self.kind != "objects":
            return (self.kind,)
        return ("boxes", "scores", "classes", *(("masks",) if self.mask_frame else ()))


class OnnxProof(_Document):
    """That a graph equals the trained network on real samples.

    Attributes:
        max_abs_diff: the largest difference of two scores that belong together.
        compared_objects: objects paired with one of the same class in the other answer; `least_iou` of the
            worst pair.
        pixel_agreement: share of the pixels of masks or class maps that are equal.
    """

    opset: int
    max_abs_diff: float
    tolerance: float
    sha256: str
    compared_samples: int
    compared_objects: int | None = None
    least_iou: float | None = None
    pixel_agreement: float | None = None


class Variant(_Document):
    """One file of the model and what it was measured to do.

    Attributes:
        quality: the task's figure of quality over the evaluated samples; None where nothing measured it.
        quality_loss: the fp32 file's quality less this one's.
        latency_ms: median of one image on one core of the machine that made the file.
        recommended: its quality lies within the allowed loss.
    """

    precision: Precision
    file: str
    size_bytes: int = Field(ge=1)
    sha256: str
    quality: float | None = None
    quality_loss: float | None = None
    latency_ms: float | None = None
    recommended: bool = True


class ModelManifest(_Document):
    """Attributes:
    variants: files that exist, the fp32 one first; empty in models from before there were variants.
    served: the precision that is served where a deployment names none: the one that was evaluated.
    code_digest, image_digest: of `openbml_kit.provenance`; None in models from before they were told.
    """

    format: Literal["openbml.model/1"] = FORMAT
    task: str
    network: str
    labels: Sequence[str] = Field(min_length=1)
    input: ImageInput
    outputs: Outputs = Outputs()
    recommended_threshold: float = Field(ge=0, le=1)
    top_num_default: int = Field(default=6, ge=1)
    onnx: OnnxProof
    variants: Sequence[Variant] = ()
    served: Precision = "fp32"
    weights_source: str
    run_id: str
    snapshot_id: str
    framework_versions: Mapping[str, str]
    code_digest: str | None = None
    image_digest: str | None = None

    def file_of(self, precision: Precision) -> str:
        """Return the file's name.

        Raises:
            PlatformFault: the model has no such variant.
        """
        if precision == "fp32":
            return MODEL_FILE
        known = {variant.precision: variant.file for variant in self.variants}
        if precision not in known:
            raise PlatformFault(f"the model has no variant {precision}, it has {', '.join(known) or 'fp32'}")
        return known[precision]


class _Task(_Document):
    task: str


def read_task(folder: Path) -> str:
    """Return the task of a model folder, vision or tables.

    Raises:
        PlatformFault: its manifest is missing or names none.
    """
    try:
        return _Task.model_validate_json((folder / MANIFEST_FILE).read_bytes()).task
    except (OSError, ValidationError) as error:
        raise PlatformFault(f"{MANIFEST_FILE} cannot be read: {error}") from error


def read_model_manifest(folder: Path) -> ModelManifest:
    """Return the manifest of a model folder.

    Raises:
        PlatformFault: it is missing or of another format.
    """
    try:
        return ModelManifest.model_validate_json((folder / MANIFEST_FILE).read_bytes())
    except (OSError, ValidationError) as error:
        raise PlatformFault(f"{MANIFEST_FILE} cannot be read: {error}") from error
