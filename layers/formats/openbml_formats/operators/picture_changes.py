"""What operators do to a picture: the new pixels, and where the old ones lie in it."""

import random
from collections.abc import Callable, Mapping
from statistics import NormalDist
from typing import NamedTuple

from PIL import Image, ImageChops, ImageEnhance, ImageFilter, ImageStat

from openbml_formats.annotations import Box
from openbml_formats.operators.affine import Affine, flipped, mirrored, moved, rotated, scaled, turned_right
from openbml_formats.operators.operations import Operation
from openbml_formats.operators.pictures import measures_of


class Changed(NamedTuple):
    """A picture after an operator.

    Attributes:
        matrix: from the old picture's coordinates to the new one's; None: nothing moved.
        holes: parts of the new picture that were covered.
    """

    image: Image.Image
    matrix: Affine | None = None
    holes: tuple[Box, ...] = ()


Change = Callable[[Image.Image, Operation, random.Random], Changed]

_TURNS = {1: Image.Transpose.ROTATE_270, 2: Image.Transpose.ROTATE_180, 3: Image.Transpose.ROTATE_90}
_LEVELS = 256
_NORMAL = NormalDist()
_DEVIATES = tuple(_NORMAL.inv_cdf((level + 0.5) / _LEVELS) for level in range(_LEVELS))
_MIDDLE = 128
_LONGEST_SIDE = 4095  # what a dataset takes; a larger picture would only cost memory


def mirror(image: Image.Image, operation: Operation, rng: random.Random) -> Changed:
    direction = operation.choice("direction")
    if direction == "either":
        direction = rng.choice(("horizontal", "vertical"))
    if direction == "horizontal":
        return Changed(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT), mirrored(image.width))
    return Changed(image.transpose(Image.Transpose.FLIP_TOP_BOTTOM), flipped(image.height))


def rotate_90(image: Image.Image, operation: Operation, rng: random.Random) -> Changed:
    angle = operation.choice("angle")
    quarters = rng.randint(1, 3) if angle == "any" else int(angle) // 90
    return Changed(image.transpose(_TURNS[quarters]), turned_right(image.width, image.height, quarters))


def rotate(image: Image.Image, operation: Operation, rng: random.Random) -> Changed:
    largest = operation.number("max_degrees")
    matrix = rotated(image.width, image.height, rng.uniform(-largest, largest))
    turned = image.transform(
        image.size,
        Image.Transform.AFFINE,
        tuple(matrix.inverse()),
        resample=Image.Resampling.BILINEAR,
        fillcolor=_fill(image, operation.choice("fill")),
    )
    return Changed(turned, matrix)


def crop(image: Image.Image, operation: Operation, rng: random.Random) -> Changed:
    least = operation.number("min_share")
    width = max(1, round(image.width * rng.uniform(least, 1)))
    height = max(1, round(image.height * rng.uniform(least, 1)))
    left, top = rng.randint(0, image.width - width), rng.randint(0, image.height - height)
    return Changed(image.crop((left, top, left + width, top + height)), moved(-left, -top))


def scale(image: Image.Image, operation: Operation, rng: random.Random) -> Changed:
    drawn = rng.uniform(operation.number("min_factor"), operation.number("max_factor"))
    factor = min(drawn, _LONGEST_SIDE / max(image.size))
    width, height = max(1, round(image.width * factor)), max(1, round(image.height * factor))
    smooth = image.resize((width, height), Image.Resampling.BICUBIC)
    return Changed(smooth, scaled(width / image.width, height / image.height))


def jitter(image: Image.Image, operation: Operation, rng: random.Random) -> Changed:
    steps = (
        ("brightness", ImageEnhance.Brightness),
        ("contrast", ImageEnhance.Contrast),
        ("colour", ImageEnhance.Color),
    )
    for name, enhancer in steps:
        reach = operation.number(name)
        factor = rng.uniform(1 - reach, 1 + reach)
        image = enhancer(image).enhance(factor)
    return Changed(image)


def blur(image: Image.Image, operation: Operation, rng: random.Random) -> Changed:
    radius = rng.uniform(0, operation.number("max_radius"))
    return Changed(image.filter(ImageFilter.GaussianBlur(radius)))


def noise(image: Image.Image, operation: Operation, rng: random.Random) -> Changed:
    sigma = rng.uniform(0, operation.number("max_sigma"))
    table = [min(_LEVELS - 1, max(0, round(_MIDDLE + sigma * deviate))) for deviate in _DEVIATES]
    bands = [
        band if name == "A" else ImageChops.add(band, _grain(band.size, table, rng), scale=1, offset=-_MIDDLE)
        for name, band in zip(image.getbands(), image.split(), strict=True)
    ]
    return Changed(Image.merge(image.mode, bands))


def cutout(image: Image.Image, operation: Operation, rng: random.Random) -> Changed:
    covered = image.copy()
    holes = []
    for _ in range(operation.integer("holes")):
        width = max(1, round(image.width * operation.number("max_share") * rng.uniform(0.3, 1)))
        height = max(1, round(image.height * operation.number("max_share") * rng.uniform(0.3, 1)))
        left, top = rng.randint(0, image.width - width), rng.randint(0, image.height - height)
        covered.paste(_fill(image, "mean"), (left, top, left + width, top + height))
        holes.append(Box(x1=left, y1=top, x2=left + width, y2=top + height))
    return Changed(covered, holes=tuple(holes))


def crop_borders(image: Image.Image, operation: Operation, rng: random.Random) -> Changed:
    del rng
    tolerance = operation.integer("tolerance")
    plain = image.convert("RGB")
    colour = Image.new("RGB", image.size, plain.getpixel((0, 0)))
    apart = ImageChops.difference(plain, colour).convert("L").point(lambda level: 255 * (level > tolerance))
    box = apart.getbbox()
    if box is None or box == (0, 0, *image.size):
        return Changed(image)
    return Changed(image.crop(box), moved(-box[0], -box[1]))


def denoise(image: Image.Image, operation: Operation, rng: random.Random) -> Changed:
    del rng
    return Changed(image.filter(ImageFilter.MedianFilter(int(operation.choice("size")))))


def sharpen(image: Image.Image, operation: Operation, rng: random.Random) -> Changed:
    del rng
    if measures_of(image).sharpness >= operation.number("threshold"):
        return Changed(image)
    mask = ImageFilter.UnsharpMask(operation.number("radius"), operation.integer("percent"), threshold=2)
    return Changed(image.filter(mask))


def turn_upright(image: Image.Image, operation: Operation, rng: random.Random) -> Changed:
    del operation, rng
    return Changed(image)  # `pictures.loaded` has turned it; being written makes that last


PICTURE_CHANGES: Mapping[str, Change] = {
    "mirror": mirror,
    "rotate_90": rotate_90,
    "rotate": rotate,
    "crop": crop,
    "scale": scale,
    "jitter": jitter,
    "blur": blur,
    "noise": noise,
    "cutout": cutout,
    "crop_borders": crop_borders,
    "denoise": denoise,
    "sharpen": sharpen,
    "turn_upright": turn_upright,
}


def _grain(size: tuple[int, int], table: list[int], rng: random.Random) -> Image.Image:
    return Image.frombytes("L", size, rng.randbytes(size[0] * size[1])).point(table)


def _fill(image: Image.Image, name: str) -> tuple[int, ...]:
    levels = {"black": [0.0] * 3, "white": [255.0] * 3}.get(name) or ImageStat.Stat(image.convert("RGB")).mean
    if image.mode == "L":
        return (round(sum(levels) / 3),)
    colour = tuple(round(level) for level in levels)
    return (*colour, 255) if image.mode == "RGBA" else colour
