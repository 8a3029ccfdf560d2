"""Bitmaps of regions: run lengths to pixels and back, moved as their image is."""

from collections.abc import Sequence

from PIL import Image

from openbml_formats.annotations import Mask
from openbml_formats.operators.affine import Affine

_MOST_PIXELS = 1 << 24  # images are below 4,096 pixels a side


def bitmap(mask: Mask) -> Image.Image | None:
    """Return the mask as an image of 0 and 255, None when runs do not fill it or it is too large."""
    if (
        mask.width * mask.height > _MOST_PIXELS
        or sum(mask.counts) != mask.width * mask.height
        or any(count < 0 for count in mask.counts)
    ):
        return None
    columns = b"".join(bytes([255 * (place % 2)]) * count for place, count in enumerate(mask.counts))
    lying = Image.frombytes("L", (mask.height, mask.width), columns)
    return lying.transpose(Image.Transpose.TRANSPOSE)


def mask_of(image: Image.Image) -> Mask:
    """Return an image of 0 and 255 as run lengths."""
    lying = image.transpose(Image.Transpose.TRANSPOSE).tobytes()
    return Mask(width=image.width, height=image.height, counts=_runs(lying))


def moved_bitmap(image: Image.Image, matrix: Affine, size: tuple[int, int]) -> Image.Image:
    return image.transform(
        size, Image.Transform.AFFINE, tuple(matrix.inverse()), resample=Image.Resampling.NEAREST
    )


def filled(image: Image.Image) -> int:
    """Return how many pixels are set."""
    return image.histogram()[255]


def _runs(pixels: bytes) -> Sequence[int]:
    counts, place, value = [], 0, 0
    while place < len(pixels):
        end = pixels.find(255 - value, place)
        end = len(pixels) if end < 0 else end
        counts.append(end - place)
        place, value = end, 255 - value
    return tuple(counts)
