"""Log files: one framed line per line of output, so that its time and stream are kept.

A frame is ``<epoch milliseconds> <O|E> <text>\\n``. Standard library only (used by the shim).
"""

import os
import time

LINE_LIMIT_BYTES = 256 * 1024
_CUT = b" [line cut at 256 KiB]"


class LineFramer:
    """Turns chunks of one output stream into frames; an overlong line is cut, once."""

    def __init__(self, mark: bytes) -> None:
        self._mark = mark
        self._pending = bytearray()
        self._skipping = False

    def feed(self, chunk: bytes) -> bytes:
        frames = bytearray()
        *complete, rest = chunk.split(b"\n")
        for piece in complete:
            self._append(piece)
            frames += self._frame()
        self._append(rest)
        return bytes(frames)

    def close(self) -> bytes:
        return self._frame() if self._pending else b""

    def _append(self, piece: bytes) -> None:
        if self._skipping:
            return
        room = LINE_LIMIT_BYTES - len(self._pending)
        self._pending += piece[:room]
        if len(piece) > room:
            self._pending += _CUT
            self._skipping = True

    def _frame(self) -> bytes:
        text = bytes(self._pending).rstrip(b"\r")
        self._pending.clear()
        self._skipping = False
        return b"%d %s %s\n" % (time.time_ns() // 1_000_000, self._mark, text)


class LogFile:
    """Appends frames up to a size; what comes later is counted and dropped with one notice."""

    def __init__(self, descriptor: int, limit_bytes: int) -> None:
        self._descriptor = descriptor
        self._limit = limit_bytes
        self._size = os.fstat(descriptor).st_size
        self._dropped = 0

    def write(self, frames: bytes) -> None:
        if not frames:
            return
        if self._size >= self._limit:
            self._dropped += frames.count(b"\n")
            return
        self._put(frames)

    def close(self) -> None:
        if self._dropped:
            notice = f"log limit of {self._limit} bytes reached, {self._dropped} lines dropped"
            self._put(b"%d E %s\n" % (time.time_ns() // 1_000_000, notice.encode()))
        os.fsync(self._descriptor)
        os.close(self._descriptor)

    def _put(self, frames: bytes) -> None:
        view = memoryview(frames)
        while view:
            written = os.write(self._descriptor, view)
            self._size += written
            view = view[written:]
