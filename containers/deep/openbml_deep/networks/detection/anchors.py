"""How the hyper-parameters `anchor_scale` and `anchor_ratio` change a network's published anchors.

Both are whole numbers (spec 03 section 2.12). A scale of 8 and a ratio of 2 leave the published anchors as
they are: pyramid detectors were published with anchors eight strides long and sides of 1:2, 1:1 and 2:1.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PUBLISHED_SCALE = 8
PUBLISHED_RATIO = 2


@dataclass(frozen=True)
class AnchorChange:
    """What becomes of a published anchor.

    Attributes:
        scale: 8 keeps its sides, 16 doubles them.
        ratio: 2 keeps its shape; r makes an anchor of 1:2 one of 1:r and leaves squares square, at equal
            area.
    """

    scale: float = PUBLISHED_SCALE
    ratio: float = PUBLISHED_RATIO

    @staticmethod
    def of(options: Mapping[str, Any]) -> "AnchorChange":
        return AnchorChange(
            float(options.get("anchor_scale", PUBLISHED_SCALE)),
            float(options.get("anchor_ratio", PUBLISHED_RATIO)),
        )

    def side(self, published: float) -> float:
        return published * self.scale / PUBLISHED_SCALE

    def aspect(self, published: float) -> float:
        """Return what becomes of a quotient of two sides."""
        return float(published ** math.log(self.ratio, PUBLISHED_RATIO))

    def sides(self, width: float, height: float) -> tuple[float, float]:
        side, aspect = self.side(math.sqrt(width * height)), self.aspect(width / height)
        return side * math.sqrt(aspect), side / math.sqrt(aspect)
