"""`framework.json`: what the repository writes beside the files of an imported model and its image reads."""

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from openbml_catalog.frameworks import Contract

FORMAT: Literal["openbml.framework-model/1"] = "openbml.framework-model/1"
MANIFEST_FILE = "framework.json"


class PictureInput(BaseModel):
    """How a picture becomes a classifier's or detector's input (contract `task`).

    Attributes:
        size: side of the square input in pixels.
        mean, std: of each channel, of values scaled to 0..1.
        channels: order of the colours; layout: `chw` is (n, 3, size, size), `hwc` (n, size, size, 3).
        resize: `cover` scales the shorter side and crops the centre, `stretch` ignores the sides' ratio.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int = Field(default=224, ge=15, le=4096)
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)
    channels: Literal["rgb", "bgr"] = "rgb"
    layout: Literal["chw", "hwc"] = "chw"
    resize: Literal["cover", "stretch"] = "cover"


class FrameworkManifest(BaseModel):
    """A model of a framework; its files lie in the same folder, under the names they were given.

    Attributes:
        model_file: the file, or the folder (`.`: the root), that the framework loads.
        code_file: the user's service code; None where the framework needs none.
        labels: names of the classes in the order of the model's outputs.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["openbml.framework-model/1"] = FORMAT
    framework: str
    task: str
    contract: Contract
    model_file: str = "."
    code_file: str | None = None
    labels: Sequence[str] = ()
    picture: PictureInput | None = None
    recommended_threshold: float = Field(default=0.5, ge=0, le=1)
