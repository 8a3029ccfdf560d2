"""Log files: one framed line per line of output, so that its time and stream are kept.

A frame is ``<epoch milliseconds> <O|E> <text>\\n``. Standard library only (used by the shim).
"""

import os
import time

LINE_LIMIT_BYTES = 256 * 1024
_CUT = b" [line cut at 256 KiB]"


def frame(text: str) -> bytes:
    """A line that the engine itself adds to a job's log."""
    return b"%d E sagemaker-local: %s\n" % (time.time_ns() // 1_000_000, text.encode())


class LineFramer:
    """Turns chunks of one output stream into frames; an overlong line is cut, once."""

    def __init__(self, mark: bytes) -> None:
        self._mark = mark
        self._pending = bytearray()
        self._skipping = False

    def feed(self, chunk: bytes) -> bytes:
        first, newline, rest = chunk.partition(b"\n")
        self._append(first)
        if not newline:
            return b""
        found = self._frame()
        last_end = rest.rfind(b"\n") + 1
        whole, self._pending = rest[:last_end], bytearray(rest[last_end:])
        return found + self._frames(whole) if whole else found

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

    def _frames(self, whole: bytes) -> bytes:
        """Many lines of one chunk, which is shorter than the limit, at the speed of ``replace``."""
        while b"\r\n" in whole:
            whole = whole.replace(b"\r\n", b"\n")
        prefix = self._prefix()
        return prefix + whole[:-1].replace(b"\n", b"\n" + prefix) + b"\n"

    def _prefix(self) -> bytes:
        return b"%d %s " % (time.time_ns() // 1_000_000, self._mark)

    def _frame(self) -> bytes:
        text = bytes(self._pending).rstrip(b"\r")
        self._pending.clear()
        self._skipping = False
        return self._prefix() + text + b"\n"


class LogFile:
    """Appends frames up to a size and a rate; what is beyond is counted and dropped with a notice.

    The rate is a bucket that holds ``burst_s`` seconds of it, so a short burst passes whole; half a second
    without output ends a drop.
    """

    def __init__(
        self, descriptor: int, limit_bytes: int, rate_bytes_per_s: int, burst_s: float = 5.0
    ) -> None:
        self._descriptor = descriptor
        self._limit = limit_bytes
        self._rate = rate_bytes_per_s
        self._burst = rate_bytes_per_s * burst_s
        self._allowance = self._burst
        self._at = time.monotonic()
        self._size = os.fstat(descriptor).st_size
        self._dropped = 0
        self._why = ""

    @property
    def is_flooded(self) -> bool:
        """What comes now is dropped; reading it slowly slows whoever writes it."""
        return self._dropped > 0

    def write(self, frames: bytes) -> None:
        if not frames:
            return
        now = time.monotonic()
        self._allowance = min(self._burst, self._allowance + (now - self._at) * self._rate)
        self._at = now
        if self._size >= self._limit:
            self._drop(frames, f"the log has reached {self._limit} bytes")
        elif self._allowance < (self._rate / 2 if self._dropped else 0):
            self._drop(frames, f"more than {self._rate} bytes of log per second")
        else:
            self._tell_dropped()
            self._allowance -= len(frames)
            self._put(frames)

    def close(self) -> None:
        self._tell_dropped()
        os.fsync(self._descriptor)
        os.close(self._descriptor)

    def _drop(self, frames: bytes, why: str) -> None:
        self._dropped += frames.count(b"\n")
        self._why = why

    def _tell_dropped(self) -> None:
        if self._dropped:
            self._put(frame(f"{self._dropped} lines dropped: {self._why}"))
            self._dropped = 0

    def _put(self, frames: bytes) -> None:
        view = memoryview(frames)
        while view:
            written = os.write(self._descriptor, view)
            self._size += written
            view = view[written:]
