"""Masks of prediction answers: COCO's compressed run lengths as pixels.

Source of the format: `rleFrString` of the COCO tools, github.com/cocodataset/cocoapi.
"""


def decode_mask(mask: str, width: int, height: int) -> bytes:
    """Return a byte for each pixel of the picture, row by row: 1 belongs to the object, 0 does not.

    Pixel (x, y) is `pixels[y * width + x]`; for an array of shape (height, width) write
    `numpy.frombuffer(pixels, dtype=numpy.uint8).reshape(height, width)`.

    Args:
        mask: the answer's `mask`.
        width: of the picture that was sent, as it is seen (a photograph's orientation applied).

    Raises:
        ValueError: not the mask of a picture of this size.
    """
    columns = b"".join(
        bytes([index % 2]) * count for index, count in enumerate(_counts(mask, width * height))
    )
    if len(columns) != width * height:
        raise ValueError(f"the mask does not hold {width} x {height} pixels")
    return b"".join(columns[y::height] for y in range(height))


def _counts(text: str, most: int) -> list[int]:
    """Return the lengths of the runs, column by column, zeros first."""
    counts: list[int] = []
    value = shift = 0
    for character in text:
        bits = ord(character) - 48
        if not 0 <= bits < 64 or shift > 30:
            raise ValueError("the text is no mask")
        value |= (bits & 0x1F) << shift
        shift += 5
        if bits & 0x20:
            continue
        if bits & 0x10:
            value -= 1 << shift
        counts.append(value + counts[-2] if len(counts) > 2 else value)
        if not 0 <= counts[-1] <= most:
            raise ValueError("the mask is one of a larger picture, or damaged")
        value = shift = 0
    if shift:
        raise ValueError("the mask is cut off")
    return counts
