"""Image files as operators see them: opened upright, measured, and written back in their kind."""

import io
import struct
import zlib
from typing import NamedTuple

from PIL import Image, ImageFilter, ImageOps, UnidentifiedImageError

_FORMATS = ("JPEG", "PNG", "BMP")
_JPEG = ("JPEG", "MPO")
_DAMAGED = (OSError, ValueError, TypeError, SyntaxError, IndexError, KeyError, EOFError, OverflowError)
_DAMAGED_BELOW = (struct.error, zlib.error, MemoryError)
# Sides for which sharpness is told: the same picture in several sizes has about the same figure.
_MEASURED_SIDE = 512
_MOST_PIXELS = 1 << 26
_SMALL_SIDE = 16
_REDUCED = 4
_QUALITIES = (95, 88, 80, 65, 50)
# The Laplacian in steps of 4 around 128: a byte holds it up to ±512; rounding adds a twelfth to the variance.
_STEP = 4
_ROUNDING = 1 / 12
_LAPLACIAN = ImageFilter.Kernel((3, 3), (0, 1, 0, 1, -4, 1, 0, 1, 0), scale=_STEP, offset=128)

# Pillow's own check warns by pixel count; `_opened` refuses by sides, before anything is decoded.
Image.MAX_IMAGE_PIXELS = None


class PictureError(ValueError):
    """The bytes cannot be used as an image; `reason` is a report's code."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Loaded(NamedTuple):
    """An upright image of mode L, RGB or RGBA.

    Attributes:
        extension: what it is written as: `jpg` or `png`.
        was_turned: its file is stored lying and has an orientation tag.
    """

    image: Image.Image
    extension: str
    was_turned: bool
    icc_profile: bytes | None


class Measures(NamedTuple):
    """Figures of a picture.

    Attributes:
        brightness: mean luminance, 0 to 255.
        sharpness: variance of the Laplacian at 512 pixels (responses beyond ±512 count as that).
        look: 64 bits that similar pictures share for the most part (difference hash).
        tones: 16 x 16 grey levels, row by row.
    """

    width: int
    height: int
    brightness: float
    sharpness: float
    look: int
    tones: bytes


class Seen(NamedTuple):
    """What pictures are compared by: `look` and `tones` of `Measures`."""

    look: int
    tones: bytes


def loaded(data: bytes) -> Loaded:
    """Return a file's picture, decoded once. Raises PictureError."""
    image = _opened(data)
    try:
        image.load()
        extension = "jpg" if image.format in _JPEG else "png"
        profile = image.info.get("icc_profile")
        turned = int(image.getexif().get(0x0112, 1)) in range(2, 9)
        upright = ImageOps.exif_transpose(image) if turned else image
        return Loaded(_plain(upright), extension, turned, profile if isinstance(profile, bytes) else None)
    except (*_DAMAGED, *_DAMAGED_BELOW) as error:
        raise PictureError("image_damaged", "is damaged or cut off") from error


def written(
    image: Image.Image, extension: str, *, most_bytes: int, icc_profile: bytes | None = None
) -> bytes:
    """Return the image as a file of at most so many bytes; JPEG gives up quality for that.

    Raises:
        PictureError: it does not fit.
    """
    profile = {"icc_profile": icc_profile} if icc_profile else {}
    if extension == "png":
        out = io.BytesIO()
        image.save(out, "PNG", **profile)
        if out.tell() <= most_bytes:
            return out.getvalue()
        raise PictureError("image_size", f"would be larger than {most_bytes} bytes")
    opaque = image if image.mode in ("L", "RGB") else image.convert("RGB")
    for quality in _QUALITIES:
        out = io.BytesIO()
        opaque.save(out, "JPEG", quality=quality, subsampling=0, **profile)
        if out.tell() <= most_bytes:
            return out.getvalue()
    raise PictureError("image_size", f"would be larger than {most_bytes} bytes")


def measured(data: bytes) -> Measures:
    """Return a file's figures; a JPEG is decoded at the smallest scale that will do. Raises PictureError."""
    image = _opened(data)
    width, height = image.size
    try:
        image.draft("L", (_MEASURED_SIDE, _MEASURED_SIDE))
        image.load()
        turned = int(image.getexif().get(0x0112, 1))
        grey = _grey(ImageOps.exif_transpose(image) if turned in range(2, 9) else image)
        size = (height, width) if turned in range(5, 9) else (width, height)
        return measures_of(grey, size)
    except (*_DAMAGED, *_DAMAGED_BELOW) as error:
        raise PictureError("image_damaged", "is damaged or cut off") from error


def measures_of(image: Image.Image, size: tuple[int, int] | None = None) -> Measures:
    """Return the figures of a decoded picture; `size` is the whole one's when this is scaled down."""
    grey = _grey(image)
    shown = size or image.size
    grey = _within(grey, _MEASURED_SIDE)
    pixels = grey.width * grey.height
    seen = seen_of(grey)
    return Measures(
        width=shown[0],
        height=shown[1],
        brightness=sum(level * count for level, count in enumerate(grey.histogram())) / pixels,
        sharpness=sharpness(grey),
        look=seen.look,
        tones=seen.tones,
    )


def seen_of(image: Image.Image) -> Seen:
    """Return what a decoded picture is compared by."""
    grey = _within(_grey(image), _MEASURED_SIDE)
    small = grey.reduce(_REDUCED) if min(grey.size) >= _REDUCED * _SMALL_SIDE else grey
    return Seen(look_of(small), small.resize((_SMALL_SIDE, _SMALL_SIDE), Image.Resampling.BOX).tobytes())


def sharpness(grey: Image.Image) -> float:
    """Return the variance of the Laplacian of a grey picture of at least 3 x 3 pixels, else 0."""
    if min(grey.size) < 3:
        return 0.0
    inner = (1, 1, grey.width - 1, grey.height - 1)
    levels = grey.filter(_LAPLACIAN).crop(inner).histogram()
    pixels = sum(levels)
    mean = sum(level * count for level, count in enumerate(levels)) / pixels
    squares = sum(level * level * count for level, count in enumerate(levels)) / pixels
    return max(0.0, _STEP**2 * (squares - mean**2 - _ROUNDING))


def look_of(grey: Image.Image) -> int:
    """Return 64 bits: of 9 x 8 grey levels, whether each is darker than its right neighbour."""
    levels = grey.resize((9, 8), Image.Resampling.BOX).tobytes()
    bits = 0
    for row in range(8):
        for place in range(row * 9, row * 9 + 8):
            bits = bits << 1 | (levels[place] < levels[place + 1])
    return bits


def _opened(data: bytes) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(data), formats=_FORMATS)
    except UnidentifiedImageError as error:
        raise PictureError("image_type", "is not a jpg, png or bmp image") from error
    except (*_DAMAGED, *_DAMAGED_BELOW) as error:
        raise PictureError("image_damaged", "is damaged or cut off") from error
    if image.width * image.height > _MOST_PIXELS:
        raise PictureError("image_sides", f"has {image.width}x{image.height} pixels")
    return image


def _within(image: Image.Image, side: int) -> Image.Image:
    longest = max(image.size)
    if longest <= side:
        return image
    size = (max(1, round(image.width * side / longest)), max(1, round(image.height * side / longest)))
    return image.resize(size, Image.Resampling.BOX)


def _grey(image: Image.Image) -> Image.Image:
    plain = _plain(image)
    if plain.mode == "RGBA":
        flat = Image.new("RGB", plain.size, "white")
        flat.paste(plain, mask=plain.getchannel("A"))
        plain = flat
    return plain.convert("L")


def _plain(image: Image.Image) -> Image.Image:
    """Return 8-bit grey, RGB, or RGBA where there is transparency."""
    if image.mode.startswith("I") or image.mode == "F":
        return image.convert("I").point(lambda value: value / 256).convert("L")
    if "A" in image.getbands() or "transparency" in image.info:
        return image.convert("RGBA")
    return image if image.mode in ("L", "RGB") else image.convert("RGB")
