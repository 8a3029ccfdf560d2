"""Request bodies of image predictions, and the manual's error bodies."""

import base64
import json
import struct
import zlib

from PIL import Image

from tests.contract.containers.conftest import file_of

INVALID_ARGUMENT = {"error_code": 336001, "error_msg": "Invalid Argument"}
JSON_INVALID = {"error_code": 336002, "error_msg": "JSON不合法"}
BASE64_INVALID = {"error_code": 336003, "error_msg": "Base64解码失败"}
SIZE_INVALID = {"error_code": 336004, "error_msg": "输入文件大小不合法"}
UNDECODABLE = {"error_code": 336005, "error_msg": "图片解码失败"}
MISSING = {"error_code": 336006, "error_msg": "缺失必要参数"}


def body(data: bytes, **more: object) -> bytes:
    return json.dumps({"image": base64.b64encode(data).decode(), **more}).encode()


def sized(width: int, height: int) -> bytes:
    return file_of(Image.new("RGB", (width, height), "teal"))


def bomb() -> bytes:
    """A PNG of 50,000 x 50,000 declared pixels in a few hundred bytes."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(10_000)))
