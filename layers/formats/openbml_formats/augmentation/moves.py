"""Operators that move an image with all that is marked in it."""

from collections.abc import Sequence
from dataclasses import replace

from PIL import Image

from openbml_formats.augmentation.scene import (
    FILL,
    IGNORED,
    LEAST_SIDE,
    LEAST_VISIBLE,
    BoxXyxy,
    Randomness,
    Scene,
    cut,
    sign,
)
from openbml_formats.operators.affine import Affine, flipped, mirrored, rotated
from openbml_formats.operators.affine import moved as shifted

# A picture is not shifted by more of its side, so that something of it stays.
_MOST_SHIFTED = 0.45


def shear_x(scene: Scene, ratio: float, random: Randomness) -> Scene:
    return moved(scene, sheared_x(scene.image.height, sign(random) * ratio))


def shear_y(scene: Scene, ratio: float, random: Randomness) -> Scene:
    return moved(scene, sheared_y(scene.image.width, sign(random) * ratio))


def translate_x(scene: Scene, distance: float, random: Randomness) -> Scene:
    return moved(scene, shifted(sign(random) * shift_within(distance, scene.image.width), 0))


def translate_y(scene: Scene, distance: float, random: Randomness) -> Scene:
    return moved(scene, shifted(0, sign(random) * shift_within(distance, scene.image.height)))


def rotate(scene: Scene, degrees: float, random: Randomness) -> Scene:
    return moved(scene, rotated(*scene.image.size, sign(random) * degrees))


def mirror(scene: Scene) -> Scene:
    """Return the scene mirrored left to right."""
    return _transposed(scene, Image.Transpose.FLIP_LEFT_RIGHT, mirrored(scene.image.width))


def turn_over(scene: Scene) -> Scene:
    """Return the scene mirrored top to bottom."""
    return _transposed(scene, Image.Transpose.FLIP_TOP_BOTTOM, flipped(scene.image.height))


def sheared_x(height: float, ratio: float) -> Affine:
    """Return a shear along the horizontal edge that leaves the middle row where it is."""
    return Affine(b=ratio, c=-ratio * height / 2)


def sheared_y(width: float, ratio: float) -> Affine:
    return Affine(d=ratio, f=-ratio * width / 2)


def shift_within(distance: float, side: float) -> int:
    """Return the distance as whole pixels, at most 45 % of the side."""
    return round(min(distance, _MOST_SHIFTED * side))


def moved(scene: Scene, matrix: Affine) -> Scene:
    """Return the scene with its content moved, in an image of the same size.

    Boxes become the upright boxes of their moved corners, cut at the edges; one with a mask becomes the
    mask's outline. An object of which less than `LEAST_VISIBLE` stays is dropped.
    """
    image = warped(scene.image, matrix)
    if scene.class_map is not None:
        class_map = warped(scene.class_map, matrix, fill=IGNORED)
        scene = replace(scene, class_map=class_map)
    if scene.masks:
        return _with_moved_masks(scene, image, [warped(mask, matrix, fill=0) for mask in scene.masks], matrix)
    return with_boxes(scene.with_image(image), [moved_box(box, matrix) for box in scene.boxes])


def with_boxes(scene: Scene, boxes: Sequence[BoxXyxy]) -> Scene:
    """Return the scene with its boxes replaced, cut at the image's edges; too small rests are dropped."""
    window = (0.0, 0.0, float(scene.image.width), float(scene.image.height))
    rests = [(place, cut(box, window)) for place, box in enumerate(boxes)]
    kept = [(place, rest) for place, rest in rests if rest is not None]
    return scene.kept([place for place, _ in kept], [rest for _, rest in kept])


def moved_box(box: BoxXyxy, matrix: Affine) -> BoxXyxy:
    """Return the upright box around the moved corners."""
    x1, y1, x2, y2 = box
    xs, ys = zip(*matrix.points(((x1, y1), (x2, y1), (x2, y2), (x1, y2))), strict=True)
    return (min(xs), min(ys), max(xs), max(ys))


def warped(image: Image.Image, matrix: Affine, *, fill: int | None = None) -> Image.Image:
    """Return a picture moved: smoothly with grey around it, or by nearest pixels with a fill for labels."""
    return image.transform(
        image.size,
        Image.Transform.AFFINE,
        tuple(matrix.inverse()),
        resample=Image.Resampling.BILINEAR if fill is None else Image.Resampling.NEAREST,
        fillcolor=FILL if fill is None else fill,
    )


def outline(mask: Image.Image) -> BoxXyxy | None:
    """Return the box around a mask's pixels, None when it has none."""
    found = mask.getbbox()
    return None if found is None else (float(found[0]), float(found[1]), float(found[2]), float(found[3]))


def pixel_count(mask: Image.Image) -> int:
    return mask.width * mask.height - int(mask.histogram()[0])


def mask_rest(before: Image.Image, after: Image.Image, growth: float) -> BoxXyxy | None:
    """Return the outline of a moved mask, None when too little of it is left; `growth` is of the area."""
    box = outline(after)
    if box is None or min(box[2] - box[0], box[3] - box[1]) < LEAST_SIDE:
        return None
    return box if pixel_count(after) >= LEAST_VISIBLE * growth * pixel_count(before) else None


def _with_moved_masks(
    scene: Scene, image: Image.Image, masks: Sequence[Image.Image], matrix: Affine
) -> Scene:
    growth = abs(matrix.a * matrix.e - matrix.b * matrix.d)
    places, boxes = [], []
    for place, (before, after) in enumerate(zip(scene.masks, masks, strict=True)):
        box = mask_rest(before, after, growth)
        if box is not None:
            places.append(place)
            boxes.append(box)
    return replace(scene, image=image, masks=tuple(masks)).kept(places, boxes)


def _transposed(scene: Scene, turn: Image.Transpose, matrix: Affine) -> Scene:
    class_map = None if scene.class_map is None else scene.class_map.transpose(turn)
    return replace(
        scene,
        image=scene.image.transpose(turn),
        boxes=tuple(moved_box(box, matrix) for box in scene.boxes),
        masks=tuple(mask.transpose(turn) for mask in scene.masks),
        class_map=class_map,
    )
