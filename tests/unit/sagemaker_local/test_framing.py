"""Output of jobs on its way to the log."""

import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from sagemaker_local.logs.frames import read_frames
from sagemaker_local.processes.framing import LINE_LIMIT_BYTES, LineFramer, LogFile


def texts(frames: bytes) -> list[bytes]:
    return [line.split(b" ", 2)[2] for line in frames.splitlines()]


@given(
    st.lists(st.text(st.characters(blacklist_characters="\n\r", codec="utf-8"), max_size=20)),
    st.integers(1, 7),
)
def test_lines_come_out_whole_however_the_output_is_cut(lines: list[str], size: int) -> None:
    framer = LineFramer(b"O")
    data = "".join(line + "\n" for line in lines).encode()
    out = (
        b"".join(framer.feed(data[start : start + size]) for start in range(0, len(data), size))
        + framer.close()
    )
    assert [line.split(b" ", 2)[2] for line in out.split(b"\n")[:-1]] == [line.encode() for line in lines]


def test_an_overlong_line_is_cut_once_and_the_next_one_is_whole() -> None:
    framer = LineFramer(b"E")
    out = framer.feed(b"x" * (LINE_LIMIT_BYTES * 2)) + framer.feed(b"x" * 10 + b"\nnext\n")
    first, second = texts(out)
    assert first == b"x" * LINE_LIMIT_BYTES + b" [line cut at 256 KiB]"
    assert second == b"next"


def test_a_last_line_without_an_end_is_kept() -> None:
    framer = LineFramer(b"O")
    assert texts(framer.feed(b"a\nb") + framer.close()) == [b"a", b"b"]


def test_what_is_beyond_the_size_limit_is_dropped_with_a_count(tmp_path: Path) -> None:
    path = tmp_path / "log"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    log = LogFile(handle, limit_bytes=30, rate_bytes_per_s=1_000_000)
    for _ in range(5):
        log.write(b"1 O 0123456789\n")
    log.close()
    frames, _ = read_frames(path, 0, 10_000)
    assert [frame.text for frame in frames] == ["0123456789"] * 2 + [
        "sagemaker-local: 3 lines dropped: the log has reached 30 bytes"
    ]


def test_what_is_beyond_the_rate_is_dropped_with_a_count(tmp_path: Path) -> None:
    path = tmp_path / "log"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    log = LogFile(handle, limit_bytes=10**9, rate_bytes_per_s=30, burst_s=2.0)
    for _ in range(10):
        log.write(b"1 O 0123456789\n")
    assert log.is_flooded
    log.close()
    texts = [frame.text for frame in read_frames(path, 0, 10_000)[0]]
    assert texts[:4] == ["0123456789"] * 4
    notice = texts[-1]
    assert notice.endswith("lines dropped: more than 30 bytes of log per second")
    assert int(notice.split()[1]) == 10 - (len(texts) - 1)


def test_reading_goes_on_where_it_stopped_and_repairs_bad_text(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"1 O first\n2 E b\xffd\n3 O half")
    frames, offset = read_frames(path, 0, 10_000)
    assert [(frame.stream, frame.text) for frame in frames] == [("O", "first"), ("E", "b\ufffdd")]
    with path.open("ab") as file:
        file.write(b" done\n")
    frames, _ = read_frames(path, offset, 10_000)
    assert [frame.text for frame in frames] == ["half done"]
