"""Operators that change what is inside annotation boxes and leave every pixel outside them as it is."""

from collections.abc import Callable

from PIL import Image

from openbml_formats.augmentation.moves import sheared_x, sheared_y, shift_within, warped
from openbml_formats.augmentation.scene import Randomness, Scene, inner_pixels, sign
from openbml_formats.augmentation.tones import equalize, solarize
from openbml_formats.operators.affine import moved as shifted
from openbml_formats.operators.affine import rotated

Patch = Callable[[Image.Image], Image.Image]


def inside_boxes(scene: Scene, change: Patch) -> Scene:
    """Return the scene with the pixels of each box changed, one box after the other; nothing else moves."""
    image = scene.image.copy()
    for box in scene.boxes:
        pixels = inner_pixels(box, image.size)
        if pixels is not None:
            image.paste(change(image.crop(pixels)), pixels)
    return scene.with_image(image)


def shear_x_inside(scene: Scene, ratio: float, random: Randomness) -> Scene:
    return inside_boxes(scene, lambda patch: warped(patch, sheared_x(patch.height, sign(random) * ratio)))


def shear_y_inside(scene: Scene, ratio: float, random: Randomness) -> Scene:
    return inside_boxes(scene, lambda patch: warped(patch, sheared_y(patch.width, sign(random) * ratio)))


def translate_x_inside(scene: Scene, distance: float, random: Randomness) -> Scene:
    return inside_boxes(
        scene,
        lambda patch: warped(patch, shifted(sign(random) * shift_within(distance, patch.width), 0)),
    )


def translate_y_inside(scene: Scene, distance: float, random: Randomness) -> Scene:
    return inside_boxes(
        scene,
        lambda patch: warped(patch, shifted(0, sign(random) * shift_within(distance, patch.height))),
    )


def rotate_inside(scene: Scene, degrees: float, random: Randomness) -> Scene:
    return inside_boxes(scene, lambda patch: warped(patch, rotated(*patch.size, sign(random) * degrees)))


def flip_inside(scene: Scene) -> Scene:
    return inside_boxes(scene, lambda patch: patch.transpose(Image.Transpose.FLIP_LEFT_RIGHT))


def equalize_inside(scene: Scene) -> Scene:
    return inside_boxes(scene, equalize)


def solarize_inside(scene: Scene, threshold: float) -> Scene:
    return inside_boxes(scene, lambda patch: solarize(patch, threshold))
