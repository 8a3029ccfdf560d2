"""Lines of text in a picture: from the map of likely pixels to quadrilaterals.

The post-processing of Liao et al. (Differentiable Binarization, 2020): connected pixels above a threshold,
the smallest rectangle around them, grown by area x growth / perimeter on all sides.
"""

import math
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from openbml_kit.images import Normalisation, Pixels
from openbml_kit.media_models.ocr_manifest import LineDetection

Map = npt.NDArray[np.float32]
Corners = npt.NDArray[np.float32]  # (4, 2): x and y, clockwise from the upper left
_STEP = 32
_SHORTEST_SIDE = 3.0  # of a core in pixels of the map
MOST_LINES = 1000


class LineFinder:
    def __init__(self, settings: LineDetection) -> None:
        self._settings = settings
        self._normalisation = Normalisation(settings.mean, settings.std)

    def planes(self, image: Image.Image) -> Map:
        """Return the graph's input: the picture, scaled down where it is too large, sides multiples of 32."""
        scale = min(1.0, self._settings.longest_side / max(image.size))
        sides = [max(_STEP, round(side * scale / _STEP) * _STEP) for side in image.size]
        resized = image.resize((sides[0], sides[1]), Image.Resampling.BILINEAR)
        return self._normalisation.planes(np.asarray(resized))

    def lines(self, text_map: Map, size: tuple[int, int]) -> Sequence[Corners]:
        """Return the lines in pixels of a picture of (width, height), by rows, then from the left."""
        settings = self._settings
        binary = (text_map > settings.pixel_threshold).astype(np.uint8)
        contours, _ = cv2.findContours(binary, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        height, width = text_map.shape
        scale = np.array([size[0] / width, size[1] / height], dtype=np.float32)
        found: list[Corners] = []
        for contour in sorted(contours, key=len, reverse=True)[:MOST_LINES]:
            (x, y), (w, h), angle = cv2.minAreaRect(contour)
            if min(w, h) < _SHORTEST_SIDE or _mean_inside(text_map, contour) < settings.line_threshold:
                continue
            grown = 2 * w * h * settings.growth / (2 * (w + h))
            box = cv2.boxPoints(((x, y), (w + grown, h + grown), angle)) * scale
            limits = np.array(size, dtype=np.float32)
            found.append(_clockwise(np.clip(box, 0, limits).astype(np.float32)))
        return sorted(found, key=lambda line: (round(float(line[0][1]) / 10), float(line[0][0])))


def line_picture(pixels: Pixels, corners: Corners, *, height: int, longest: int) -> Pixels:
    """Return the line, straightened, of the given height; upright ones are turned."""
    sides = [float(np.linalg.norm(corners[i] - corners[(i + 1) % 4])) for i in range(4)]
    w, h = max(sides[0], sides[2], 1.0), max(sides[1], sides[3], 1.0)
    source = corners
    if h > 1.5 * w:
        source, w, h = np.roll(corners, -1, axis=0), h, w
    width = min(longest, max(_STEP // 4, math.ceil(w * height / h)))
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    turn = cv2.getPerspectiveTransform(source, target)
    warped: Pixels = cv2.warpPerspective(
        pixels, turn, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return warped


def _mean_inside(text_map: Map, contour: npt.NDArray[np.int32]) -> float:
    x, y, w, h = cv2.boundingRect(contour)
    mask = np.zeros((h, w), dtype=np.uint8)
    cv2.drawContours(mask, [contour - np.array([x, y], dtype=np.int32)], 0, 1, cv2.FILLED)
    return float(text_map[y : y + h, x : x + w][mask > 0].mean())


def _clockwise(box: Corners) -> Corners:
    """Return the corners clockwise, the first one nearest to the picture's upper left."""
    centre = box.mean(axis=0)
    angles = np.arctan2(box[:, 1] - centre[1], box[:, 0] - centre[0])
    ordered = box[np.argsort(angles)]
    rolled: Corners = np.roll(ordered, -int(ordered.sum(axis=1).argmin()), axis=0)
    return rolled
