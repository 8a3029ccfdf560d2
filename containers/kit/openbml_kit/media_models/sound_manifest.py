"""Models of sounds: the graph computes its own features.

Input `waveform`, float32, shape (1, samples), mono, -1..1; output `scores` (1, labels) in 0..1.
"""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from openbml_kit.media_models.served_manifest import ServedManifest


class SoundManifest(ServedManifest):
    """Attributes:
    sample_rate: in Hz.
    samples: length of the waveform: longer sounds are cut, shorter ones end in silence; None: any length.
    """

    task: Literal["audio_classification"]
    labels: Sequence[str] = Field(min_length=1)
    sample_rate: int = Field(ge=8_000, le=96_000)
    samples: int | None = Field(default=None, ge=1)
    top_num_default: int = Field(default=6, ge=1)
