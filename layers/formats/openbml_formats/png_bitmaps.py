"""Bitmaps as PNG, without an image library: written with one bit per pixel, read as masks come."""

import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from openbml_formats.limits import MASK_PIXELS

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER = struct.Struct(">IIBBBBB")
_GREY, _PALETTE = 0, 3
_UNPACKED = [bytes(value >> bit & 1 for bit in range(7, -1, -1)) for value in range(256)]


class PngFormatError(ValueError):
    """Not a PNG, or not one that a mask is written as."""


class Bitmap(NamedTuple):
    """`pixels` has a byte per pixel, row by row."""

    width: int
    height: int
    pixels: bytes


def written_png(bitmap: Bitmap) -> bytes:
    """Return a PNG of one bit per pixel; whatever is not 0 is white."""
    rows = []
    padding = -bitmap.width % 8
    for start in range(0, len(bitmap.pixels), bitmap.width):
        bits = bitmap.pixels[start : start + bitmap.width].translate(b"0" + b"1" * 255) + b"0" * padding
        rows.append(b"\0" + int(bits, 2).to_bytes(len(bits) // 8, "big"))
    header = _HEADER.pack(bitmap.width, bitmap.height, 1, _GREY, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows))), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def read_png(data: bytes) -> Bitmap:
    """Return the pixels of a grey or palette image of 1 or 8 bits. Raises PngFormatError."""
    header = b""
    packed = []
    for kind, content in _chunks(data):
        if kind == b"IHDR":
            header = content
        elif kind == b"IDAT":
            packed.append(content)
    width, height, depth = _checked_header(header)
    row_bytes = (width * depth + 7) // 8
    raw = _inflated(b"".join(packed), height * (row_bytes + 1))
    rows = _unfiltered(raw, row_bytes, height)
    if depth == 1:
        rows = (b"".join(map(_UNPACKED.__getitem__, row))[:width] for row in rows)
    return Bitmap(width, height, b"".join(rows))


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    if not data.startswith(_SIGNATURE):
        raise PngFormatError("is not a PNG")
    place = len(_SIGNATURE)
    while place + 8 <= len(data):
        (size,) = struct.unpack_from(">I", data, place)
        yield data[place + 4 : place + 8], data[place + 8 : place + 8 + size]
        place += 12 + size


def _checked_header(header: bytes) -> tuple[int, int, int]:
    if len(header) != _HEADER.size:
        raise PngFormatError("is not a PNG")
    width, height, depth, colour, _, _, interlaced = _HEADER.unpack(header)
    if colour not in (_GREY, _PALETTE) or depth not in (1, 8) or interlaced:
        raise PngFormatError("is not a PNG of one grey channel of 1 or 8 bits")
    if not 0 < width * height <= MASK_PIXELS:
        raise PngFormatError(f"has {width} × {height} pixels")
    return width, height, depth


def _inflated(packed: bytes, size: int) -> bytes:
    try:
        raw = zlib.decompressobj().decompress(packed, size)
    except zlib.error as error:
        raise PngFormatError("is a damaged PNG") from error
    if len(raw) != size:
        raise PngFormatError("is a PNG that is cut off")
    return raw


def _unfiltered(raw: bytes, row_bytes: int, height: int) -> Iterator[bytes]:
    above = bytes(row_bytes)
    for start in range(0, height * (row_bytes + 1), row_bytes + 1):
        kind, row = raw[start], bytearray(raw[start + 1 : start + 1 + row_bytes])
        if kind == 1:
            _add_left(row)
        elif kind == 2:
            row = bytearray((value + up) & 255 for value, up in zip(row, above, strict=True))
        elif kind == 3:
            _add_mean(row, above)
        elif kind == 4:
            _add_nearest(row, above)
        elif kind:
            raise PngFormatError("is a damaged PNG")
        above = bytes(row)
        yield above


def _add_left(row: bytearray) -> None:
    left = 0
    for place, value in enumerate(row):
        left = row[place] = (value + left) & 255


def _add_mean(row: bytearray, above: bytes) -> None:
    left = 0
    for place, value in enumerate(row):
        left = row[place] = (value + (left + above[place]) // 2) & 255


def _add_nearest(row: bytearray, above: bytes) -> None:
    left = corner = 0
    for place, value in enumerate(row):
        up = above[place]
        guess = left + up - corner
        by_left, by_up, by_corner = abs(guess - left), abs(guess - up), abs(guess - corner)
        nearest = left if by_left <= by_up and by_left <= by_corner else up if by_up <= by_corner else corner
        left = row[place] = (value + nearest) & 255
        corner = up
