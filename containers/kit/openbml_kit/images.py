"""Decoding and resizing of images: one piece of code for training, evaluation and serving.

A model is evaluated on what this module returns and is served the same, pixel for pixel.
"""

import io
import struct
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError
from PIL import __version__ as pillow_version

# Written into model.json: a model's figures hold for the decoder it was evaluated with.
DECODER = f"pillow-{pillow_version}"
RESIZE = "shorter-side-center-crop-0.875-bilinear"

# Spec 08 section 4.3: jpg, png, bmp. JPEG covers MPO, which several phones and cameras write.
_FORMATS = ("JPEG", "PNG", "BMP")
_CROP_SHARE = 0.875
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

# Pillow's own bomb check warns or fails by pixel count; `SideLimits` is stricter and always asked before
# decoding.
Image.MAX_IMAGE_PIXELS = None

Pixels = npt.NDArray[np.uint8]


class ImageError(ValueError):
    """The bytes cannot be used as an image."""


class UndecodableImageError(ImageError):
    """Not a jpg, png or bmp image, or a damaged one."""


class ImageSidesError(ImageError):
    """The image is too small or too large; known before any pixel is decoded."""


@dataclass(frozen=True)
class SideLimits:
    shortest: int
    longest: int


# Spec 08 section 4.3: what an online prediction accepts.
PREDICTION_SIDES = SideLimits(shortest=15, longest=4096)
# Training data was checked at import; this only keeps a bomb from filling the memory.
TRAINING_SIDES = SideLimits(shortest=1, longest=16384)


def decode(data: bytes, *, limits: SideLimits, shorter_side: int | None = None) -> Image.Image:
    """Return the first frame as upright RGB; alpha is laid over white, 16 bits are scaled to 8.

    Args:
        data: a jpg, png or bmp file.
        shorter_side: a JPEG may be decoded at a smaller scale that keeps at least this many pixels.

    Raises:
        ImageSidesError: a side is outside the limits.
        UndecodableImageError: anything else is wrong with it.
    """
    image = _opened(data)
    if min(image.size) < limits.shortest or max(image.size) > limits.longest:
        raise ImageSidesError(
            f"sides {image.width}x{image.height} are outside {limits.shortest}..{limits.longest}"
        )
    try:
        turn = _TURNS.get(_orientation(image))
        if shorter_side is not None and image.format in ("JPEG", "MPO"):
            scale = shorter_side / min(image.size)
            image.draft("RGB", (max(1, int(image.width * scale)), max(1, int(image.height * scale))))
        image.load()
        upright = _rgb(image)
        return upright if turn is None else upright.transpose(turn)
    except (OSError, ValueError, SyntaxError, IndexError, EOFError, OverflowError, struct.error) as error:
        raise UndecodableImageError(
            str(error)
        ) from error  # the types Pillow's plugins raise on damaged files


def central_square(image: Image.Image, size: int) -> Pixels:
    """Return the evaluation view, shape `(size, size, 3)`: the middle 87.5 % of the shorter side."""
    side = min(image.size) * _CROP_SHARE
    left, top = (image.width - side) / 2, (image.height - side) / 2
    return np.asarray(
        image.resize((size, size), Image.Resampling.BILINEAR, box=(left, top, left + side, top + side))
    )


def evaluation_view(data: bytes, *, size: int, limits: SideLimits) -> Pixels:
    """Return the pixels a classifier sees of an image file, shape `(size, size, 3)`."""
    return central_square(decode(data, limits=limits, shorter_side=training_side(size)), size)


def training_side(size: int) -> int:
    """Return the shorter side that holds every detail a view of `size` can show."""
    return round(size / _CROP_SHARE)


def shrunk(image: Image.Image, shorter_side: int) -> Image.Image:
    """Return the image scaled down to the shorter side; smaller ones come back as they are."""
    scale = shorter_side / min(image.size)
    if scale >= 1:
        return image
    return image.resize(
        (max(1, round(image.width * scale)), max(1, round(image.height * scale))), Image.Resampling.BILINEAR
    )


class Normalisation:
    """Turns uint8 pixels into the network's float input by a table: one pass, no intermediate arrays."""

    def __init__(self, mean: tuple[float, float, float], std: tuple[float, float, float]) -> None:
        levels = np.arange(256, dtype=np.float64) / 255.0
        self._tables = [((levels - m) / s).astype(np.float32) for m, s in zip(mean, std, strict=True)]

    def planes(self, pixels: Pixels) -> npt.NDArray[np.float32]:
        """Return shape `(1, 3, height, width)` of pixels of shape `(height, width, 3)`."""
        height, width, _ = pixels.shape
        planes = np.empty((1, 3, height, width), dtype=np.float32)
        for channel, table in enumerate(self._tables):
            np.take(table, pixels[:, :, channel], out=planes[0, channel], mode="clip")
        return planes


def _opened(data: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=_FORMATS)
    except (
        UnidentifiedImageError,
        OSError,
        ValueError,
        SyntaxError,
        IndexError,
        OverflowError,
        struct.error,
    ) as error:
        raise UndecodableImageError("not a jpg, png or bmp image") from error


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except (ValueError, TypeError, SyntaxError, OSError, IndexError, KeyError, OverflowError, struct.error):
        return 1  # a damaged EXIF block says nothing about the pixels: the image is taken as it lies


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    if image.mode.startswith("I"):
        levels = np.asarray(image, dtype=np.int64) >> 8
        return Image.fromarray(levels.clip(0, 255).astype(np.uint8)).convert("RGB")
    if "transparency" in image.info or image.mode in ("RGBA", "LA", "La", "PA", "RGBa"):
        layered = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layered.size, "white"), layered).convert("RGB")
    return image.convert("RGB")
