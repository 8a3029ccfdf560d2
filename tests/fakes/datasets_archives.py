"""Archives, images and annotations of every kind, made by code."""

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Iterable
from typing import Any

from PIL import Image, ImageDraw


def image_bytes(
    kind: str = "JPEG", *, seed: int = 0, size: tuple[int, int] = (64, 48), mode: str = "RGB", **save: Any
) -> bytes:
    """Return an image file; different seeds give different content."""
    image = Image.new("RGB", size, (seed * 37 % 256, seed // 7 % 256, seed * 11 % 256))
    ImageDraw.Draw(image).rectangle((2, 2, 2 + seed % 20, 9), fill=(seed % 256, 255 - seed % 256, 90))
    buffer = io.BytesIO()
    image.convert(mode).save(buffer, kind, **save)
    return buffer.getvalue()


def annotation(*names: str) -> bytes:
    return json.dumps({"labels": [{"name": name} for name in names]}).encode()


def archive(entries: Iterable[tuple[str | zipfile.ZipInfo, bytes]], *, deflated: bool = False) -> bytes:
    buffer = io.BytesIO()
    method = zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED
    with zipfile.ZipFile(buffer, "w", method) as target:
        for name, data in entries:
            target.writestr(name, data)
    return buffer.getvalue()


def labelled_pairs(
    count: int, *, labels: tuple[str, ...] = ("cat", "dog"), first: int = 0, folder: str = ""
) -> list[tuple[str, bytes]]:
    """Return entries of `count` different images with their json files."""
    return [
        entry
        for seed in range(first, first + count)
        for entry in (
            (f"{folder}image_{seed:05}.jpg", image_bytes(seed=seed)),
            (f"{folder}image_{seed:05}.json", annotation(labels[seed % len(labels)])),
        )
    ]


def raw_named_archive(names: Iterable[bytes], data: bytes = b"{}") -> bytes:
    """Return an archive whose names are just these bytes, without the UTF-8 flag, as old archivers write."""
    body, directory, count = b"", b"", 0
    crc = zlib.crc32(data)
    for name in names:
        fixed = struct.pack("<HHHHHLLLHH", 20, 0, 0, 0, 0x21, crc, len(data), len(data), len(name), 0)
        local = b"PK\3\4" + fixed + name + data
        directory += (
            b"PK\1\2" + struct.pack("<H", 20) + fixed + struct.pack("<HHHLL", 0, 0, 0, 0, len(body)) + name
        )
        body += local
        count += 1
    end = b"PK\5\6" + struct.pack("<HHHHLLH", 0, 0, count, count, len(directory), len(body), 0)
    return body + directory + end


def zip_of(name: str, data: bytes, **fields: int) -> bytes:
    """Return an archive of one entry whose directory is changed afterwards: `flag_bits`, `file_size`…"""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr(name, data)
        for field, value in fields.items():
            setattr(target.filelist[0], field, value)
    return buffer.getvalue()
