"""What the manifests of all these models share; the repository reads these fields, whatever the task."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from openbml_kit.faults import PlatformFault
from openbml_kit.model_manifest import FORMAT, MANIFEST_FILE, OnnxProof, Variant


class ServedManifest(BaseModel):
    """Attributes:
    labels: the classes in the order of the scores.
    onnx: that `model.onnx` equals the trained network.
    """

    model_config = ConfigDict(frozen=True)

    format: Literal["openbml.model/1"] = FORMAT
    network: str
    labels: Sequence[str] = ()
    recommended_threshold: float = Field(default=0.5, ge=0, le=1)
    onnx: OnnxProof
    variants: Sequence[Variant] = ()
    run_id: str
    snapshot_id: str


M = TypeVar("M", bound=ServedManifest)


def read_served_manifest(folder: Path, kind: type[M]) -> M:
    """Return the folder's manifest.

    Raises:
        PlatformFault: it is missing, malformed, or of another task.
    """
    try:
        return kind.model_validate_json((folder / MANIFEST_FILE).read_bytes())
    except (OSError, ValidationError) as error:
        raise PlatformFault(f"{MANIFEST_FILE} cannot be read: {error}") from error
