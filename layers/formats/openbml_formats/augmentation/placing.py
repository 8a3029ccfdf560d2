"""Whole scenes in a square: fitted and zoomed, or four of them side by side."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from PIL import Image

from openbml_formats.augmentation.moves import mask_rest
from openbml_formats.augmentation.scene import (
    FILL,
    IGNORED,
    OBJECT,
    Randomness,
    Scene,
    cut,
)

Window = tuple[int, int, int, int]
# Where the corner that four images share lies, as a share of the square's sides.
_CORNER = (0.3, 0.7)
# Pixels around an object's mask that scaling may touch.
_MARGIN = 3
_IS_OBJECT = [OBJECT if level > OBJECT // 2 else 0 for level in range(256)]


class Place(NamedTuple):
    """Size of a scaled image and where its top left corner lies in the square; it may lie outside."""

    width: int
    height: int
    left: int = 0
    top: int = 0


def fitted(image: Image.Image, size: int, zoom: float = 1.0, stretch: float = 1.0) -> Place:
    """Return the image's place in the top left corner; zoom 1 fits it, as `openbml_kit.letterbox` does.

    Args:
        stretch: width against height, of a place of the same area.
    """
    scale, wider = size / max(image.size) * zoom, math.sqrt(stretch)
    return Place(max(1, round(image.width * scale * wider)), max(1, round(image.height * scale / wider)))


def somewhere(place: Place, window: Window, random: Randomness) -> Place:
    """Return the place moved at random: a smaller image lies inside the window, a larger one covers it."""
    left, top, right, bottom = window
    return place._replace(
        left=left + _slack(right - left - place.width, random),
        top=top + _slack(bottom - top - place.height, random),
    )


def placed(scene: Scene, place: Place, size: int, window: Window | None = None) -> Scene:
    """Return the scene in a square of `size`, what lies outside the window cut off, grey around it.

    An object of which too little lies in the window is dropped; boxes of objects with masks
    become the masks' outlines.
    """
    window = window or (0, 0, size, size)
    across, down = place.width / scene.image.width, place.height / scene.image.height
    part = _pasted(scene.image, place, size, window, fill=FILL, resample=Image.Resampling.BILINEAR)
    class_map = scene.class_map
    if class_map is not None:
        class_map = _pasted(class_map, place, size, window, fill=IGNORED, resample=Image.Resampling.NEAREST)
    masks = tuple(_pasted_mask(mask, place, size, window) for mask in scene.masks)
    edges = tuple(float(edge) for edge in window)
    places, boxes = [], []
    for number, (x1, y1, x2, y2) in enumerate(scene.boxes):
        whole = (
            x1 * across + place.left, y1 * down + place.top, x2 * across + place.left, y2 * down + place.top
        )  # fmt: skip
        if masks:
            rest = mask_rest(scene.masks[number], masks[number], across * down)
        else:
            rest = cut(whole, (edges[0], edges[1], edges[2], edges[3]))
        if rest is not None:
            places.append(number)
            boxes.append(rest)
    return replace(scene, image=part, masks=masks, class_map=class_map).kept(places, boxes)


def mosaic(scenes: Sequence[Scene], size: int, random: Randomness, *, zoom: tuple[float, float]) -> Scene:
    """Return four scenes in one square, each zoomed by itself in its own quarter.

    Source: Bochkovskiy et al. 2020, arXiv:2004.10934, section 3.3.
    """
    across = round(size * random.uniform(*_CORNER))
    down = round(size * random.uniform(*_CORNER))
    windows = (
        (0, 0, across, down), (across, 0, size, down), (0, down, across, size), (across, down, size, size)
    )  # fmt: skip
    parts = []
    for scene, window in zip(scenes, windows, strict=True):
        place = somewhere(fitted(scene.image, size, random.uniform(*zoom)), window, random)
        parts.append(placed(scene, place, size, window))
    canvas = parts[0].image
    for part, window in zip(parts[1:], windows[1:], strict=True):
        canvas.paste(part.image.crop(window), window)
    return Scene(
        canvas,
        boxes=tuple(box for part in parts for box in part.boxes),
        classes=tuple(number for part in parts for number in part.classes),
        masks=tuple(mask for part in parts for mask in part.masks),
    )


def _slack(room: int, random: Randomness) -> int:
    low, high = min(0, room), max(0, room)
    return round(random.uniform(low, high))


def _pasted(
    image: Image.Image,
    place: Place,
    size: int,
    window: Window,
    *,
    fill: tuple[int, int, int] | int,
    resample: Image.Resampling,
) -> Image.Image:
    square = Image.new(image.mode, (size, size), fill)
    part = _part(image, place, window, resample)
    if part is not None:
        square.paste(*part)
    return square


def _pasted_mask(mask: Image.Image, place: Place, size: int, window: Window) -> Image.Image:
    """Return the mask in the square; only what is around the object is computed."""
    square = Image.new("L", (size, size), 0)
    found = mask.getbbox()
    if found is None:
        return square
    across, down = place.width / mask.width, place.height / mask.height
    around = (
        max(window[0], int(found[0] * across) + place.left - _MARGIN),
        max(window[1], int(found[1] * down) + place.top - _MARGIN),
        min(window[2], int(found[2] * across) + place.left + _MARGIN + 1),
        min(window[3], int(found[3] * down) + place.top + _MARGIN + 1),
    )
    part = _part(mask, place, around, Image.Resampling.BILINEAR)
    if part is not None:
        piece, corner = part
        square.paste(piece.point(_IS_OBJECT), corner)
    return square


def _part(
    image: Image.Image, place: Place, window: Window, resample: Image.Resampling
) -> tuple[Image.Image, tuple[int, int]] | None:
    """Return what the window shows of the placed image, and where; None: nothing."""
    left, top = max(window[0], place.left), max(window[1], place.top)
    right = min(window[2], place.left + place.width)
    bottom = min(window[3], place.top + place.height)
    if left >= right or top >= bottom:
        return None
    across, down = image.width / place.width, image.height / place.height
    source = (
        (left - place.left) * across,
        (top - place.top) * down,
        min(image.width, (right - place.left) * across),
        min(image.height, (bottom - place.top) * down),
    )
    return image.resize((right - left, bottom - top), resample, box=source), (left, top)
