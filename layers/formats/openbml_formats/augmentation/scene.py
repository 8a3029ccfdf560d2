"""An image with what is marked in it, as operators take and give it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from PIL import Image

BoxXyxy = tuple[float, float, float, float]
T = TypeVar("T")

# Value of a class map's pixel that counts for nothing.
IGNORED = 255
# Value of an object's pixels in its mask.
OBJECT = 255
# What is not of the image: the grey of `openbml_kit.letterbox`.
FILL = (114, 114, 114)
# An object of which a smaller share of its area stays visible is dropped.
LEAST_VISIBLE = 0.25
# So is one with a side, in pixels, below this.
LEAST_SIDE = 2.0


class Randomness(Protocol):
    """What operators draw from; `random.Random` and numpy's generators both are one."""

    def random(self) -> float: ...
    def uniform(self, low: float, high: float, /) -> float: ...


@dataclass(frozen=True)
class Scene:
    """An RGB image; coordinates are its pixels, from the top left corner.

    Attributes:
        boxes: x1, y1, x2, y2 of the objects.
        classes: one for each box.
        masks: one for each box, mode L of the image's size, 0 and 255; empty where the task has none.
        class_map: mode L of the image's size, a class for each pixel or `IGNORED`.
    """

    image: Image.Image
    boxes: tuple[BoxXyxy, ...] = ()
    classes: tuple[int, ...] = ()
    masks: tuple[Image.Image, ...] = ()
    class_map: Image.Image | None = None

    def with_image(self, image: Image.Image) -> "Scene":
        return replace(self, image=image)

    def kept(self, places: Sequence[int], boxes: Sequence[BoxXyxy]) -> "Scene":
        """Return the scene with only the objects at these places, which now have these boxes."""
        masks = tuple(self.masks[place] for place in places) if self.masks else ()
        classes = tuple(self.classes[place] for place in places)
        return replace(self, boxes=tuple(boxes), classes=classes, masks=masks)


def sign(random: Randomness) -> float:
    """Return 1 or -1."""
    return 1.0 if random.random() < 0.5 else -1.0


def drawn(choices: Sequence[T], random: Randomness) -> T:
    """Return one of the choices, all equally likely."""
    return choices[min(len(choices) - 1, int(random.random() * len(choices)))]


def inner_pixels(box: BoxXyxy, size: tuple[int, int]) -> tuple[int, int, int, int] | None:
    """Return left, top, right, bottom of the pixels that lie wholly in a box and the image; None: none do."""
    left, top = max(0, _ceil(box[0])), max(0, _ceil(box[1]))
    right, bottom = min(size[0], int(box[2])), min(size[1], int(box[3]))
    return (left, top, right, bottom) if left < right and top < bottom else None


def area(box: BoxXyxy) -> float:
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])


def clipped(box: BoxXyxy, window: BoxXyxy) -> BoxXyxy:
    """Return what lies of a box in another; its area is 0 where they share nothing."""
    return (
        max(box[0], window[0]), max(box[1], window[1]), min(box[2], window[2]), min(box[3], window[3])
    )  # fmt: skip


def cut(box: BoxXyxy, window: BoxXyxy) -> BoxXyxy | None:
    """Return what lies of a box in a window, None when that is too little of it to be an object."""
    rest = clipped(box, window)
    sides = min(rest[2] - rest[0], rest[3] - rest[1])
    return rest if sides >= LEAST_SIDE and area(rest) >= LEAST_VISIBLE * area(box) else None


def covered(scene: Scene, hole: BoxXyxy) -> Scene:
    """Return the scene without objects of which the hole leaves less than `LEAST_VISIBLE` of the box."""
    places = [
        place
        for place, box in enumerate(scene.boxes)
        if area(box) - area(clipped(box, hole)) >= LEAST_VISIBLE * area(box)
    ]
    if len(places) == len(scene.boxes):
        return scene
    return scene.kept(places, [scene.boxes[place] for place in places])


def _ceil(value: float) -> int:
    return -int(-value // 1)
