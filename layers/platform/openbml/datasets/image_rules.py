"""Images of a dataset: which are taken (spec 02 section 3.1), and their thumbnails.

Beyond the manual: the content decides the type, not the suffix. CMYK, 16-bit and palette images are taken as
they are; animated ones are not. Sizes are those a person sees, after the EXIF orientation.
"""

import io
import struct
import threading
import zlib
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

from PIL import Image, UnidentifiedImageError

from openbml.datasets.limits import (
    IMAGE_ASPECT_RATIO,
    IMAGE_BYTES,
    IMAGE_LONGEST_SIDE,
    IMAGE_SHORTEST_SIDE,
    LINE_SHORTEST_SIDE,
    THUMBNAIL_SIDE,
)
from openbml.datasets.rejections import rejection

_FORMATS = ("JPEG", "PNG", "BMP")
# MPO is a JPEG with further pictures behind the first; several phones write it under the suffix .jpg.
_EXTENSIONS = {"JPEG": "jpg", "MPO": "jpg", "PNG": "png", "BMP": "bmp"}
_CONTENT_TYPES = {"jpg": "image/jpeg", "png": "image/png", "bmp": "image/bmp"}
_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_LYING = frozenset({5, 6, 7, 8})
_WIDE_MODES = frozenset({"I", "I;16", "I;16B", "I;16L", "F"})
_THUMBNAIL_QUALITY = 80
_LARGE_PIXELS = 4_000_000
_one_large = threading.Lock()  # one of 16 million pixels takes 200 MB when it is transparent
# What Pillow's readers raise on damaged files.
_DAMAGED = (
    OSError,
    ValueError,
    TypeError,
    SyntaxError,
    IndexError,
    KeyError,
    EOFError,
    OverflowError,
    struct.error,
    zlib.error,
)

# Pillow's own bomb check warns by pixel count; ours by sides is stricter and comes before any decoding.
Image.MAX_IMAGE_PIXELS = None


class CheckedImage(NamedTuple):
    extension: str
    width: int
    height: int
    thumbnail: bytes

    @property
    def content_type(self) -> str:
        return _CONTENT_TYPES[self.extension]


def checked_image(data: bytes, *, any_ratio: bool = False) -> CheckedImage:
    """Return what is kept of an image; it is decoded once, so that damaged ones are found.

    Args:
        any_ratio: whether it may be long and low, as cut-out text lines are.

    Raises:
        SampleRejectedError: it breaks a rule.
    """
    if len(data) > IMAGE_BYTES:
        raise rejection("image_size", f"is larger than {IMAGE_BYTES} bytes")
    image = _opened(data)
    with image:
        checked_sides(image.width, image.height, any_ratio=any_ratio)
        if image.format != "MPO" and getattr(image, "is_animated", False):
            raise rejection("image_animated", "is animated; a dataset takes still images")
        try:
            orientation = _orientation(image)
            width, height = image.size[::-1] if orientation in _LYING else image.size
            with _room_for(width * height):
                thumbnail = _thumbnail(image, orientation)
        except _DAMAGED as error:
            raise rejection("image_damaged", "is damaged or cut off") from error
        return CheckedImage(_EXTENSIONS[str(image.format)], width, height, thumbnail)


def _room_for(pixels: int) -> AbstractContextManager[object]:
    """Return what decoding waits for, so that memory holds one large image at a time."""
    return _one_large if pixels > _LARGE_PIXELS else nullcontext()


def _opened(data: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=_FORMATS)
    except UnidentifiedImageError as error:
        raise rejection("image_type", "is not a jpg, png or bmp image") from error
    except _DAMAGED as error:
        raise rejection("image_damaged", "is damaged or cut off") from error


def checked_sides(width: int, height: int, *, any_ratio: bool = False) -> None:
    """Raises SampleRejectedError."""
    longest, shortest = max(width, height), min(width, height)
    least = LINE_SHORTEST_SIDE if any_ratio else IMAGE_SHORTEST_SIDE
    if longest >= IMAGE_LONGEST_SIDE or shortest <= least:
        raise rejection(
            "image_sides",
            f"has {width}x{height} pixels; the sides must be more than {least} "
            f"and less than {IMAGE_LONGEST_SIDE}",
        )
    if not any_ratio and longest > IMAGE_ASPECT_RATIO * shortest:
        raise rejection(
            "image_ratio", f"has {width}x{height} pixels; at most {IMAGE_ASPECT_RATIO}:1 is taken"
        )


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except _DAMAGED:
        return 1  # an unreadable tag does not make the picture unreadable


def _thumbnail(image: Image.Image, orientation: int) -> bytes:
    """Return a JPEG that fits the square; JPEG is decoded at the smallest scale that is still no smaller.

    Decoding at a scale reads all of the file's data as well: what is damaged is found.
    """
    size = _fitted(image.size)
    image.draft("RGB", size)
    image.load()
    small = _rgb(image)
    if small.size != size:
        small = small.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    turn = _TURNS.get(orientation)
    upright = small if turn is None else small.transpose(turn)
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=_THUMBNAIL_QUALITY)
    return out.getvalue()


def _fitted(size: tuple[int, int]) -> tuple[int, int]:
    """Return the largest size of the same shape inside the thumbnail's square; small ones stay."""
    width, height = size
    scale = min(1.0, THUMBNAIL_SIDE / max(size))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _rgb(image: Image.Image) -> Image.Image:
    """Return 8-bit RGB: wide samples scaled down, transparency over white."""
    if image.mode in _WIDE_MODES:
        return image.convert("I").point(lambda value: value / 256).convert("L").convert("RGB")
    if "A" in image.getbands() or "transparency" in image.info:
        layer = image.convert("RGBA")
        flat = Image.new("RGB", layer.size, "white")
        flat.paste(layer, mask=layer.getchannel("A"))
        return flat
    return image if image.mode == "RGB" else image.convert("RGB")
