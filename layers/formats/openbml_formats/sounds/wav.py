"""RIFF WAVE: PCM, float, A-law and µ-law, plain or extensible."""

import struct
from collections.abc import Iterator

from openbml_formats.sounds.facts import SoundError, SoundFacts, facts

_PCM, _FLOAT, _ALAW, _MULAW, _EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
_BITS = {_PCM: (8, 16, 24, 32), _FLOAT: (32, 64), _ALAW: (8,), _MULAW: (8,)}
_GUID_TAIL = bytes.fromhex("000000001000800000aa00389b71")
_UNKNOWN_SIZES = (0, 0xFFFFFFFF)  # what programs write that do not know the end yet
_LEAST_FORMAT = 16
_MOST_CHUNKS = 10_000


def wav_facts(data: bytes) -> SoundFacts:
    """Raises SoundError: `sound_damaged` or `sound_codec`."""
    layout: tuple[int, int, int] | None = None
    for name, start, size in _chunks(data):
        if name == b"fmt ":
            layout = _layout(data[start : start + size])
        elif name == b"data":
            if layout is None:
                break
            rate, channels, frame_bytes = layout
            return facts("wav", _sound_bytes(data, start, size) // frame_bytes, rate, channels)
    raise SoundError("sound_damaged", "has no format or no sound in it")


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    place = 12
    for _ in range(_MOST_CHUNKS):
        if place + 8 > len(data):
            return
        name, size = struct.unpack_from("<4sI", data, place)
        yield name, place + 8, size
        place += 8 + size + size % 2


def _layout(chunk: bytes) -> tuple[int, int, int]:
    """Return rate, channels and bytes for one sample of all channels."""
    if len(chunk) < _LEAST_FORMAT:
        raise SoundError("sound_damaged", "has a cut format")
    codec, channels, rate, _, frame_bytes, bits = struct.unpack_from("<HHIIHH", chunk)
    if codec == _EXTENSIBLE:
        if len(chunk) < 40 or chunk[26:40] != _GUID_TAIL:
            raise SoundError("sound_codec", "has a codec that is not read")
        codec = struct.unpack_from("<H", chunk, 24)[0]
    if bits not in _BITS.get(codec, ()):
        raise SoundError("sound_codec", f"has codec {codec} with {bits} bits; PCM and float are read")
    if frame_bytes != channels * bits // 8 or not frame_bytes:
        raise SoundError("sound_damaged", "has a format that contradicts itself")
    return rate, channels, frame_bytes


def _sound_bytes(data: bytes, start: int, size: int) -> int:
    held = len(data) - start
    if size > held and size not in _UNKNOWN_SIZES:
        raise SoundError("sound_damaged", f"ends early: {held} of {size} bytes of sound are there")
    return held if size in _UNKNOWN_SIZES else size
