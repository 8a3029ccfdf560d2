"""Frames of ``application/vnd.amazon.eventstream``, as the AWS clients read them.

A frame is: total length, length of the headers, CRC-32 of these 8 bytes; headers; payload; CRC-32 of all
before it. Integers are big-endian. A header is: length of its name, name, type 7 (text), length, value.
"""

import json
import struct
import zlib
from collections.abc import Iterator, Mapping

CONTENT_TYPE = "application/vnd.amazon.eventstream"
_TEXT = 7
_PRELUDE_BYTES = 12
_CRC_BYTES = 4
#: Clients refuse payloads of 24 MB; small frames show progress sooner.
_MAX_PAYLOAD_BYTES = 128 * 1024


def payload_parts(content: bytes) -> Iterator[bytes]:
    """The frames that carry a piece of the container's answer."""
    for start in range(0, len(content), _MAX_PAYLOAD_BYTES):
        headers = {
            ":event-type": "PayloadPart",
            ":content-type": "application/octet-stream",
            ":message-type": "event",
        }
        yield frame(headers, content[start : start + _MAX_PAYLOAD_BYTES])


def failure(name: str, members: Mapping[str, str]) -> bytes:
    """The frame that ends a stream with a modelled error."""
    headers = {":exception-type": name, ":content-type": "application/json", ":message-type": "exception"}
    return frame(headers, json.dumps(dict(members)).encode())


def frame(headers: Mapping[str, str], payload: bytes) -> bytes:
    packed = b"".join(_header(name, value) for name, value in headers.items())
    total = _PRELUDE_BYTES + len(packed) + len(payload) + _CRC_BYTES
    lengths = struct.pack("!II", total, len(packed))
    content = b"".join((lengths, struct.pack("!I", zlib.crc32(lengths)), packed, payload))
    return content + struct.pack("!I", zlib.crc32(content))


def _header(name: str, value: str) -> bytes:
    encoded, text = name.encode(), value.encode()
    return struct.pack("!B", len(encoded)) + encoded + struct.pack("!BH", _TEXT, len(text)) + text
