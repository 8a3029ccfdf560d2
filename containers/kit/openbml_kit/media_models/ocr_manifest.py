"""Models of text in pictures: a graph that finds lines and one that reads them.

`detection.onnx`: input `image` (1, 3, h, w) float32, h and w multiples of 32; output `text_map` (1, 1, h, w):
how likely a pixel is text (Liao et al., Real-time Scene Text Detection with Differentiable Binarization).
`model.onnx`: input `lines` (n, 3, height, w) float32; output `steps` (n, t, characters + 1): how likely each
character is, and none of them at place 0 (Graves et al., Connectionist Temporal Classification, 2006).
"""

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from openbml_kit.media_models.served_manifest import ServedManifest

DETECTION_FILE = "detection.onnx"
Triple = tuple[float, float, float]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)

    mean: Triple = (0.5, 0.5, 0.5)
    std: Triple = (0.5, 0.5, 0.5)


class LineDetection(_Part):
    """Attributes:
    longest_side: pictures are scaled down to it, in pixels.
    pixel_threshold: a pixel is text above it; line_threshold: of the mean over a line.
    growth: how far a found core grows to the whole line, by its area and perimeter.
    """

    longest_side: int = Field(default=960, ge=32, le=4096)
    pixel_threshold: float = Field(default=0.3, gt=0, lt=1)
    line_threshold: float = Field(default=0.5, ge=0, lt=1)
    growth: float = Field(default=1.5, ge=0, le=4)


class LineReading(_Part):
    """Attributes:
    height: of a line's picture in pixels; longest: its greatest width.
    """

    height: int = Field(default=48, ge=8, le=256)
    longest: int = Field(default=1280, ge=32, le=8192)


class OcrManifest(ServedManifest):
    """Attributes:
    labels: name of what is found; one, or none: `text`.
    reply: which of the manual's two answers a request gets that does not say (spec 08 section 10.2, spec 03
        section 10.7).
    """

    task: Literal["ocr"]
    labels: Sequence[str] = Field(default=("text",), max_length=1)
    characters: Sequence[str] = Field(min_length=1)
    detection: LineDetection = LineDetection()
    reading: LineReading = LineReading()
    reply: Literal["results", "words"] = "results"
