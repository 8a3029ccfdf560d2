"""MPEG audio layer III: frames are counted, constant and variable bit rates alike."""

import struct
from typing import NamedTuple

from openbml_formats.sounds.facts import SoundError, SoundFacts, facts

_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}  # by version bits
_KBITS_1 = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KBITS_2 = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_VERSION_1 = 3
_LAYER_3 = 1
_MONO = 3
_TAG_BYTES = 10
_SEARCHED_BYTES = 64 * 1024  # how far behind a tag the first frame may be
# What encoders add around the sound where they do not tell it, in frames of long (MPEG-1) and short versions.
_UNTOLD_PADDING_FRAMES = {_VERSION_1: 2, 2: 3, 0: 3}


class _Frame(NamedTuple):
    version: int
    rate: int
    channels: int
    size: int

    @property
    def samples(self) -> int:
        return 1152 if self.version == _VERSION_1 else 576

    @property
    def side_bytes(self) -> int:
        if self.version == _VERSION_1:
            return 17 if self.channels == 1 else 32
        return 9 if self.channels == 1 else 17


class _Told(NamedTuple):
    """What an encoder's first, silent frame says: how many frames follow, how many samples are padding."""

    frames: int | None
    padding: int | None


def is_mp3(data: bytes) -> bool:
    return data[:3] == b"ID3" or _frame(data, 0) is not None


def mp3_facts(data: bytes) -> SoundFacts:
    """Raises SoundError: `sound_damaged`."""
    place = _first_frame(data, _after_tags(data))
    first = _frame(data, place)
    if first is None:
        raise SoundError("sound_damaged", "has no sound in it")
    told = _told(data, place, first)
    if told is not None:
        place += first.size
    frames, end = _counted(data, place, first)
    if told is not None and told.frames is not None and frames < told.frames - 1:
        raise SoundError("sound_damaged", f"ends early: {frames} of {told.frames} frames are there")
    if _is_broken(data, end):
        raise SoundError("sound_damaged", f"has no sound from byte {end} on")
    padding = told.padding if told is not None else None
    if padding is None:
        padding = min(_UNTOLD_PADDING_FRAMES[first.version], max(0, frames - 1)) * first.samples
    return facts("mp3", frames * first.samples - padding, first.rate, first.channels)


def _after_tags(data: bytes) -> int:
    place = 0
    while data[place : place + 3] == b"ID3" and place + _TAG_BYTES <= len(data):
        size = 0
        for byte in data[place + 6 : place + _TAG_BYTES]:
            size = size << 7 | (byte & 0x7F)
        has_footer = data[place + 5] & 0x10
        place += _TAG_BYTES + size + (_TAG_BYTES if has_footer else 0)
    return place


def _frame(data: bytes, place: int) -> _Frame | None:
    """Return the frame whose header stands there, None where none does."""
    if place + 4 > len(data):
        return None
    header = struct.unpack_from(">I", data, place)[0]
    version, layer = header >> 19 & 3, header >> 17 & 3
    bitrate, rate = header >> 12 & 15, header >> 10 & 3
    if header >> 21 != 0x7FF or version == 1 or layer != _LAYER_3 or bitrate in (0, 15) or rate == 3:
        return None
    hertz = _RATES[version][rate]
    kbits = (_KBITS_1 if version == _VERSION_1 else _KBITS_2)[bitrate - 1]
    size = (144 if version == _VERSION_1 else 72) * kbits * 1000 // hertz + (header >> 9 & 1)
    return _Frame(version, hertz, 1 if header >> 6 & 3 == _MONO else 2, size)


def _first_frame(data: bytes, start: int) -> int:
    """Return where a frame stands that another of its kind follows, or the end of the file."""
    place = start
    while (place := data.find(b"\xff", place, start + _SEARCHED_BYTES)) >= 0:
        frame = _frame(data, place)
        if frame is not None:
            after = place + frame.size
            following = _frame(data, after)
            if after == len(data) or (following is not None and following.rate == frame.rate):
                return place
        place += 1
    raise SoundError("sound_damaged", "has no sound in it")


def _counted(data: bytes, place: int, first: _Frame) -> tuple[int, int]:
    """Return how many whole frames follow each other, and where they end."""
    frames = 0
    while (frame := _frame(data, place)) is not None and frame.rate == first.rate:
        if place + frame.size > len(data):
            return frames, len(data)  # the last frame is cut, as some recorders leave it
        frames += 1
        place += frame.size
    return frames, place


def _is_broken(data: bytes, end: int) -> bool:
    """Behind the last frame tags may stand; more than a tenth of the file is no tag."""
    rest = data[end : end + 8]
    if rest[:3] in (b"TAG", b"ID3") or rest in (b"APETAGEX", b"LYRICSBE"):
        return False
    return len(data) - end > max(4096, len(data) // 10) and bool(data[end:].strip(b"\0"))


def _told(data: bytes, place: int, frame: _Frame) -> _Told | None:
    """Read an encoder's first frame: Xing's or Info's, or VBRI; None where it is sound."""
    body = data[place : place + frame.size]
    if body[36:40] == b"VBRI" and len(body) >= 54:
        return _Told(struct.unpack_from(">I", body, 50)[0], None)
    start = 4 + frame.side_bytes
    if body[start : start + 4] not in (b"Xing", b"Info") or len(body) < start + 8:
        return None
    flags = struct.unpack_from(">I", body, start + 4)[0]
    after = start + 8
    frames = struct.unpack_from(">I", body, after)[0] if flags & 1 and len(body) >= after + 4 else None
    for flag, size in ((1, 4), (2, 4), (4, 100), (8, 4)):
        after += size if flags & flag else 0
    return _Told(frames, _told_padding(body[after : after + 24]))


def _told_padding(lame: bytes) -> int | None:
    """Return the samples before and behind the sound that LAME and its likes say they added."""
    if len(lame) < 24 or lame[:4] not in (b"LAME", b"Lavf", b"Lavc", b"L3.9"):
        return None
    delay, padding = lame[21] << 4 | lame[22] >> 4, (lame[22] & 15) << 8 | lame[23]
    return delay + padding if delay + padding > 0 else None
