"""Operators that change colours and nothing else, each a function of an RGB image and a magnitude."""

from functools import cache

from PIL import Image, ImageEnhance, ImageOps

_LEVELS = range(256)
_CHANNELS = 3
_ADDED_BELOW = 128


def auto_contrast(image: Image.Image) -> Image.Image:
    return ImageOps.autocontrast(image)


def equalize(image: Image.Image) -> Image.Image:
    return ImageOps.equalize(image)


def invert(image: Image.Image) -> Image.Image:
    return ImageOps.invert(image)


def solarize(image: Image.Image, threshold: float) -> Image.Image:
    """Return the image with every value above the threshold inverted; the threshold itself stays."""
    return image.point(_solarized(threshold))


def solarize_add(image: Image.Image, offset: float) -> Image.Image:
    """Return the image with the offset added to every value below 128, cut off at 255."""
    return image.point(_added(round(offset)))


def posterize(image: Image.Image, bits: float) -> Image.Image:
    """Return the image with so many of the highest bits of each value, the others zero."""
    return image.point(_posterized(round(bits)))


def color(image: Image.Image, factor: float) -> Image.Image:
    return ImageEnhance.Color(image).enhance(factor)


def contrast(image: Image.Image, factor: float) -> Image.Image:
    return ImageEnhance.Contrast(image).enhance(factor)


def brightness(image: Image.Image, factor: float) -> Image.Image:
    return ImageEnhance.Brightness(image).enhance(factor)


def sharpness(image: Image.Image, factor: float) -> Image.Image:
    return ImageEnhance.Sharpness(image).enhance(factor)


def gained(image: Image.Image, gain: float, shift: float) -> Image.Image:
    """Return `gain * value + shift` for values in 0..1, cut off at both ends."""
    table = [min(255, max(0, round(gain * level + 255 * shift))) for level in _LEVELS]
    return image.point(table * _CHANNELS)


@cache
def _posterized(bits: int) -> list[int]:
    kept = (255 << (8 - bits)) & 255
    return [level & kept for level in _LEVELS] * _CHANNELS


@cache
def _added(offset: int) -> list[int]:
    return [min(255, level + offset) if level < _ADDED_BELOW else level for level in _LEVELS] * _CHANNELS


def _solarized(threshold: float) -> list[int]:
    return [255 - level if level > threshold else level for level in _LEVELS] * _CHANNELS
