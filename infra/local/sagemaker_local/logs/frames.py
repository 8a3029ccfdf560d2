"""Reading the framed log files that the shim writes."""

from pathlib import Path
from typing import NamedTuple


class Frame(NamedTuple):
    """Tens of thousands a second are made: a tuple, because a frozen dataclass costs three times that."""

    at_ms: int
    stream: str
    text: str
    end_offset: int


def read_frames(
    path: Path, offset: int, limit_bytes: int, *, skip_partial_first: bool = False
) -> tuple[list[Frame], int]:
    """Return whole frames from ``offset`` on and the offset after them.

    A frame longer than ``limit_bytes`` is read all the same, or nothing would ever move.
    """
    try:
        with path.open("rb") as file:
            file.seek(offset)
            data = file.read(limit_bytes)
            if data and b"\n" not in data:
                data += file.readline()
    except FileNotFoundError:
        return [], offset
    if skip_partial_first:
        cut = data.find(b"\n") + 1
        offset, data = offset + cut, data[cut:]
    frames, position = [], 0
    while (end := data.find(b"\n", position)) >= 0:
        frame = _parse(data[position:end], offset + end + 1)
        if frame is not None:
            frames.append(frame)
        position = end + 1
    return frames, offset + position


def _parse(line: bytes, end_offset: int) -> Frame | None:
    stamp, _, rest = line.partition(b" ")
    stream, _, text = rest.partition(b" ")
    if not stamp.isdigit() or stream not in (b"O", b"E"):
        return None
    return Frame(int(stamp), stream.decode(), text.decode("utf-8", "replace"), end_offset)
