"""`model.json`: what the training image says about a model and the serving image reads."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from openbml_kit.faults import PlatformFault

FORMAT: Literal["openbml.model/1"] = "openbml.model/1"
MODEL_FILE = "model.onnx"
MANIFEST_FILE = "model.json"


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True)


class ImageInput(_Document):
    """How an image becomes the network's input; `decoder` and `resize` name code of `openbml_kit.images`."""

    size: int = Field(ge=1)
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    resize: str
    color: Literal["RGB"] = "RGB"
    decoder: str


class OnnxProof(_Document):
    """That the exported graph equals the trained network on real samples."""

    opset: int
    max_abs_diff: float
    tolerance: float
    sha256: str
    compared_samples: int


class ModelManifest(_Document):
    format: Literal["openbml.model/1"] = FORMAT
    task: str
    network: str
    labels: Sequence[str] = Field(min_length=2)
    input: ImageInput
    recommended_threshold: float
    top_num_default: int = 6
    onnx: OnnxProof
    weights_source: str
    run_id: str
    snapshot_id: str
    framework_versions: Mapping[str, str]


def read_model_manifest(folder: Path) -> ModelManifest:
    """Return the manifest of a model folder.

    Raises:
        PlatformFault: it is missing or of another format.
    """
    try:
        return ModelManifest.model_validate_json((folder / MANIFEST_FILE).read_bytes())
    except (OSError, ValidationError) as error:
        raise PlatformFault(f"{MANIFEST_FILE} cannot be read: {error}") from error
