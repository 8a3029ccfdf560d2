"""The run lengths of Label Studio's brush (the `@thi.ng/rle-pack` coding of RGBA pixels)."""

from collections.abc import Sequence

from openbml_formats import masks
from openbml_formats.annotations import Mask
from openbml_formats.limits import MASK_PIXELS

_CHANNELS = 4
_ALPHA = 3


class RunLengthError(ValueError):
    """Not such run lengths, or not of that many pixels."""


class _Bits:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 0

    def read(self, count: int) -> int:
        end = self._place + count
        if end > len(self._data) * 8:
            raise RunLengthError("are cut off")
        first, last = self._place // 8, (end + 7) // 8
        value = int.from_bytes(self._data[first:last], "big") >> (last * 8 - end)
        self._place = end
        return value & ((1 << count) - 1)


def mask_of(codes: Sequence[int], width: int, height: int) -> Mask:
    """Return the pixels that are not transparent. Raises RunLengthError."""
    if not 0 < width * height <= MASK_PIXELS:
        raise RunLengthError(f"are of {width} × {height} pixels")
    try:
        data = bytes(codes)
    except (TypeError, ValueError) as error:
        raise RunLengthError("are not bytes") from error
    values = _decoded(_Bits(data), width * height * _CHANNELS)
    return masks.from_rows(width, height, bytes(values[_ALPHA::_CHANNELS]))


def _decoded(bits: _Bits, size: int) -> bytearray:
    if bits.read(32) != size:
        raise RunLengthError("are of another number of pixels")
    word = bits.read(5) + 1
    if word != 8:
        raise RunLengthError(f"have words of {word} bits, not 8")
    lengths = [bits.read(4) + 1 for _ in range(4)]
    values = bytearray()
    while len(values) < size:
        repeated = bits.read(1)
        count = bits.read(lengths[bits.read(2)]) + 1
        if len(values) + count > size:
            raise RunLengthError("are of more pixels")
        if repeated:
            values += bytes([bits.read(8)]) * count
        else:
            values += bytes(bits.read(8) for _ in range(count))
    return values
