"""Operators that cover a part of an image with grey: Cutout and its two relatives of detection."""

from dataclasses import replace

from openbml_formats.augmentation.scene import (
    FILL,
    IGNORED,
    BoxXyxy,
    Randomness,
    Scene,
    covered,
    drawn,
    inner_pixels,
)


def cutout(scene: Scene, share: float, random: Randomness) -> Scene:
    """Cover a rectangle of `share` of the image's sides; its middle is anywhere, so that edges may cut it.

    Source: DeVries and Taylor 2017, arXiv:1708.04552.
    """
    width, height = scene.image.size
    middle = (random.uniform(0, width), random.uniform(0, height))
    return _with_hole(scene, _around(middle, share * width, share * height))


def bbox_cutout(scene: Scene, share: float, random: Randomness) -> Scene:
    """Cover a rectangle of `share` of a box's sides whose middle is in that box; it may reach beyond it.

    Source: Zoph et al. 2019, arXiv:1906.11172, appendix A.
    """
    if not scene.boxes:
        return scene
    x1, y1, x2, y2 = drawn(scene.boxes, random)
    middle = (random.uniform(x1, x2), random.uniform(y1, y2))
    return _with_hole(scene, _around(middle, share * (x2 - x1), share * (y2 - y1)))


def cutout_only_bboxes(scene: Scene, share: float, random: Randomness) -> Scene:
    """Cover a rectangle of `share` of its sides inside every box."""
    for x1, y1, x2, y2 in scene.boxes:
        width, height = share * (x2 - x1), share * (y2 - y1)
        left, top = random.uniform(x1, x2 - width), random.uniform(y1, y2 - height)
        scene = _with_hole(scene, (left, top, left + width, top + height))
    return scene


def _around(middle: tuple[float, float], width: float, height: float) -> BoxXyxy:
    x, y = middle
    return (x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def _with_hole(scene: Scene, hole: BoxXyxy) -> Scene:
    pixels = inner_pixels(hole, scene.image.size)
    if pixels is None:
        return scene
    image = scene.image.copy()
    image.paste(FILL, pixels)
    class_map = scene.class_map
    if class_map is not None:
        class_map = class_map.copy()
        class_map.paste(IGNORED, pixels)
    left, top, right, bottom = pixels
    hidden = (float(left), float(top), float(right), float(bottom))
    return covered(replace(scene, image=image, class_map=class_map), hidden)
