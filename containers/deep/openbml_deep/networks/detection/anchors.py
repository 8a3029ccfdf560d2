"""How the hyper-parameters `anchor_scale` and `anchor_ratio` change a network's published anchors.

Both are whole numbers (spec 03 section 2.12). A scale of 8 and a ratio of 2 leave the published anchors as
they are: pyramid detectors were published with anchors eight strides long and sides of 1:2, 1:1 and 2:1.
A scale that is not given is fitted to the objects of the training set: objects that no anchor resembles are
learnt by the one best anchor only, too little to learn from in a short run.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

PUBLISHED_SCALE = 8
PUBLISHED_RATIO = 2
SCALES = range(2, 33)
# Objects that a fit looks at.
_MOST_OBJECTS = 20_000
# A scale whose overlap is less than this below the best one's is as good.
_AS_GOOD = 0.01

Shapes = npt.NDArray[np.float64]


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


@runtime_checkable
class HasAnchors(Protocol):
    def anchor_shapes(self) -> Shapes:
        """Return width, height and stride of the anchors, shape (m, 3), in pixels of the square."""


def fitted_scale(published: Shapes, objects: Shapes) -> int:
    """Return the scale at which objects resemble anchors best; of equal ones the nearest to the published.

    Args:
        published: shape (m, 3), width, height and stride of the anchors at the published scale.
        objects: shape (k, 2), widths and heights in pixels of the square.
    """
    if not len(objects):
        return PUBLISHED_SCALE
    taken = objects[:: max(1, len(objects) // _MOST_OBJECTS)]
    fits = {scale: _fit(published, scale / PUBLISHED_SCALE, taken) for scale in SCALES}
    best = max(fits.values())
    good = [scale for scale, fit in fits.items() if fit >= best - _AS_GOOD]
    return min(good, key=lambda scale: abs(math.log(scale / PUBLISHED_SCALE)))


def _fit(published: Shapes, factor: float, objects: Shapes) -> float:
    """Return the mean, over the objects, of the overlap with the best anchor, whose centre is on average a
    quarter of a stride away: small anchors of coarse levels fit in shape and are nowhere near."""
    sides, strides = published[None, :, :2] * factor, published[None, :, 2:]
    whole = np.minimum(objects[:, None], sides)
    common = np.clip(np.minimum(whole, (objects[:, None] + sides) / 2 - strides / 4), 0, None).prod(axis=2)
    union = objects.prod(axis=1)[:, None] + sides.prod(axis=2) - common
    return float((common / union).max(axis=1).mean())
