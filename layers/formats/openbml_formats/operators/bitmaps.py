"""Bitmaps of regions, moved as their image is."""

from PIL import Image

from openbml_formats import masks
from openbml_formats.annotations import Mask
from openbml_formats.geometry import checked_mask
from openbml_formats.operators.affine import Affine
from openbml_formats.records import AnnotationError


def moved_mask(mask: Mask, matrix: Affine, size: tuple[int, int]) -> Mask | None:
    """Return the mask of the new image by nearest pixels, None when its runs do not fill it."""
    try:
        whole = checked_mask(mask.width, mask.height, mask.counts)
    except AnnotationError:
        return None
    pixels = Image.frombytes("L", (whole.width, whole.height), masks.to_rows(whole))
    moved = pixels.transform(
        size, Image.Transform.AFFINE, tuple(matrix.inverse()), resample=Image.Resampling.NEAREST
    )
    return masks.from_rows(*size, moved.tobytes())
