"""MPEG-4 audio: one sound track of AAC or ALAC in a file with its index."""

import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from openbml_formats.sounds.facts import SoundError, SoundFacts, facts

_CODECS = (b"mp4a", b"alac")
_MOST_BOXES = 10_000
_FRAGMENT = b"moof"


class _Box(NamedTuple):
    name: bytes
    start: int
    end: int


def m4a_facts(data: bytes) -> SoundFacts:
    """Raises SoundError: `sound_damaged` or `sound_codec`."""
    boxes = _outer_boxes(data)
    movie = _only(boxes, b"moov")
    if any(box.name == _FRAGMENT for box in boxes):
        raise SoundError("sound_codec", "is cut into fragments; save it as one piece")
    if not any(box.name == b"mdat" for box in boxes):
        raise SoundError("sound_damaged", "has no sound in it")
    tracks = [_Track(data, box) for box in _inside(data, movie) if box.name == b"trak"]
    if any(track.handler == b"vide" for track in tracks):
        raise SoundError("sound_codec", "is a video")
    sounds = [track for track in tracks if track.handler == b"soun"]
    if len(sounds) != 1:
        raise SoundError("sound_damaged", f"has {len(sounds)} sound tracks; one is read")
    return sounds[0].facts(
        _unsigned(data, _only(_inside(data, movie), b"mvhd"), version_0=12, version_1=20)[0]
    )


class _Track:
    def __init__(self, data: bytes, box: _Box) -> None:
        self._data = data
        self._parts = list(_inside(data, box))
        self._media = list(_inside(data, _only(self._parts, b"mdia")))
        handler = _only(self._media, b"hdlr")
        self.handler = data[handler.start + 8 : min(handler.start + 12, handler.end)]

    def facts(self, movie_scale: int) -> SoundFacts:
        header = _only(self._media, b"mdhd")
        scale, units = _unsigned(self._data, header, version_0=12, version_1=20)
        channels, rate = self._format()
        if not scale:
            raise SoundError("sound_damaged", "has no time scale")
        samples = units * rate // scale
        edited = self._edited_units()
        if edited and movie_scale:  # what an encoder added in front is cut off by the edit
            samples = min(samples, edited * rate // movie_scale)
        return facts("m4a", samples, rate, channels)

    def _format(self) -> tuple[int, int]:
        information = _only(self._media, b"minf")
        table = _only(list(_inside(self._data, information)), b"stbl")
        description = _only(list(_inside(self._data, table)), b"stsd")
        entry = next(_boxes(self._data, description.start + 8, description.end), None)
        if entry is None or entry.end - entry.start < 28:
            raise SoundError("sound_damaged", "does not say how it is coded")
        if entry.name not in _CODECS:
            name = entry.name.decode("latin-1")
            raise SoundError("sound_codec", f"has the codec {name!r}; AAC and ALAC are read")
        channels, _, _, _, rate = struct.unpack_from(">HHHHI", self._data, entry.start + 16)
        return channels, rate >> 16 or self._media_scale()

    def _media_scale(self) -> int:
        """Rates beyond 16 bits are told by the time scale."""
        return _unsigned(self._data, _only(self._media, b"mdhd"), version_0=12, version_1=20)[0]

    def _edited_units(self) -> int:
        """Return how long the only real edit is, 0 where there is none."""
        edits = next((box for box in self._parts if box.name == b"edts"), None)
        listed = (
            next((box for box in _inside(self._data, edits) if box.name == b"elst"), None) if edits else None
        )
        if listed is None or listed.end - listed.start < 20 or self._data[listed.start] != 0:
            return 0
        count, units, media_time = struct.unpack_from(">IIi", self._data, listed.start + 4)
        return int(units) if count == 1 and media_time >= 0 else 0


def _outer_boxes(data: bytes) -> Sequence[_Box]:
    """Return the boxes of the file; what tags stand behind the whole sound and its index is passed over."""
    boxes: list[_Box] = []
    try:
        for box in _boxes(data, 0, len(data)):
            boxes.append(box)
    except SoundError:
        if not {b"moov", b"mdat"} <= {box.name for box in boxes}:
            raise
    return boxes


def _boxes(data: bytes, start: int, end: int) -> Iterator[_Box]:
    """Yield the boxes of a stretch. Raises SoundError: one that reaches beyond it."""
    place = start
    for _ in range(_MOST_BOXES):
        if place + 8 > end:
            return
        size, name = struct.unpack_from(">I4s", data, place)
        head = 8
        if size == 1 and place + 16 <= end:
            size, head = struct.unpack_from(">Q", data, place + 8)[0], 16
        elif size == 0:
            size = end - place
        if size < head or place + size > end:
            raise SoundError("sound_damaged", f"ends early or is broken at byte {place}")
        yield _Box(name, place + head, place + size)
        place += size


def _inside(data: bytes, box: _Box) -> Sequence[_Box]:
    return list(_boxes(data, box.start, box.end))


def _only(boxes: Sequence[_Box], name: bytes) -> _Box:
    found = [box for box in boxes if box.name == name]
    if len(found) != 1:
        raise SoundError("sound_damaged", f"has {len(found)} parts {name.decode()!r}; one is needed")
    return found[0]


def _unsigned(data: bytes, box: _Box, *, version_0: int, version_1: int) -> tuple[int, int]:
    """Return time scale and duration of a header box, in the layout of its version."""
    is_long = box.end > box.start and data[box.start] == 1
    place, layout = (box.start + version_1, ">IQ") if is_long else (box.start + version_0, ">II")
    if place + struct.calcsize(layout) > box.end:
        raise SoundError("sound_damaged", "has a cut header")
    scale, units = struct.unpack_from(layout, data, place)
    return scale, units
