"""The data image's streams: zips written front to back, uploads in parts, files read by ranges."""

import io
import random
import struct
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbml_data.part_stream import PartStream
from openbml_data.range_file import RangeFile
from openbml_data.zip_stream import ZipStream
from tests.fakes.s3_memory import MemoryS3


class Buffer:
    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.size = 0

    def write(self, data: bytes) -> None:
        self.parts.append(data)
        self.size += len(data)

    def zip(self) -> zipfile.ZipFile:
        return zipfile.ZipFile(io.BytesIO(b"".join(self.parts)))


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as executor:
        yield executor


@given(
    st.dictionaries(st.from_regex(r"[a-zäö猫0-9]{1,8}\.(txt|png)", fullmatch=True), st.binary(max_size=400))
)
def test_any_files_come_out_of_the_archive_as_they_went_in(files: dict[str, bytes]) -> None:
    sink = Buffer()
    archive = ZipStream(sink)
    for name, data in files.items():
        archive.add(f"a/{name}", data)
        archive.add_from(f"b/{name}", iter([data, data]))
    archive.finish()
    read = sink.zip()
    assert read.testzip() is None
    assert {name: read.read(name) for name in read.namelist()} == {
        **{f"a/{name}": data for name, data in files.items()},
        **{f"b/{name}": data + data for name, data in files.items()},
    }


def test_the_same_files_give_the_same_bytes() -> None:
    sinks = [Buffer(), Buffer()]
    for sink in sinks:
        archive = ZipStream(sink)
        archive.add("one.json", b"{}" * 100)
        archive.finish()
    assert sinks[0].parts == sinks[1].parts


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../up.txt", "a\\b", "x" * 70_000])
def test_a_name_that_leads_out_of_the_archive_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="name of a file"):
        ZipStream(Buffer()).add(name, b"")


def test_a_name_is_taken_once() -> None:
    archive = ZipStream(Buffer())
    archive.add("a.txt", b"1")
    with pytest.raises(ValueError, match="two files"):
        archive.add_from("a.txt", [b"2"])


def test_more_files_than_the_old_format_counts_are_all_in_the_directory() -> None:
    sink = Buffer()
    archive = ZipStream(sink)
    for number in range(66_000):
        archive.add(f"{number}", b"")
    archive.finish()
    assert len(sink.zip().namelist()) == 66_000


def test_places_beyond_four_gigabytes_are_written_in_their_long_form() -> None:
    sink = Buffer()
    sink.size = 5 * 1024**3  # as if so much had been written before
    archive = ZipStream(sink)
    archive.add("late.txt", b"x")
    archive.finish()
    body = b"".join(sink.parts)
    record = body.index(b"PK\1\2")
    extra = body[record + 46 + len("late.txt") :]
    assert struct.unpack_from("<HHQ", extra) == (1, 8, 5 * 1024**3)
    assert b"PK\6\6" in body


def test_an_upload_is_the_bytes_in_their_order(pool: ThreadPoolExecutor) -> None:
    s3, body = MemoryS3(), random.Random(1).randbytes(100_000)
    with PartStream(s3, pool, bucket="b", key="k", content_type="x", part=1_000) as stream:
        for start in range(0, len(body), 777):
            stream.write(body[start : start + 777])
    assert (s3.objects["b", "k"], stream.size) == (body, len(body))


def test_an_empty_upload_is_an_empty_object(pool: ThreadPoolExecutor) -> None:
    s3 = MemoryS3()
    with PartStream(s3, pool, bucket="b", key="k", content_type="x"):
        pass
    assert s3.objects["b", "k"] == b""


def test_an_error_in_the_middle_leaves_no_object_and_no_upload(pool: ThreadPoolExecutor) -> None:
    s3 = MemoryS3()

    def stopped_in_the_middle() -> None:
        with PartStream(s3, pool, bucket="b", key="k", content_type="x", part=10) as stream:
            stream.write(b"x" * 100)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped_in_the_middle()
    assert s3.objects == {}
    assert "AbortMultipartUpload" in s3.calls


def test_a_part_that_storage_refuses_ends_the_upload(pool: ThreadPoolExecutor) -> None:
    s3 = MemoryS3()
    s3.refusing["UploadPart"] = "AccessDenied"
    with (
        pytest.raises(Exception, match="AccessDenied"),
        PartStream(s3, pool, bucket="b", key="k", content_type="x") as stream,
    ):
        stream.write(b"x")
    assert (s3.objects, s3.uploads) == ({}, {})


@given(st.lists(st.tuples(st.integers(0, 120), st.integers(0, 60)), max_size=20))
def test_any_place_can_be_read(places: list[tuple[int, int]]) -> None:
    s3, body = MemoryS3(), bytes(range(100))
    s3.objects["b", "k"] = body
    file = RangeFile(s3, "b", "k", block=7)
    for start, size in places:
        file.seek(start)
        assert file.read(size) == body[start : start + size]
    file.seek(-3, io.SEEK_END)
    assert file.read() == body[-3:]


def test_a_zip_is_read_by_ranges(pool: ThreadPoolExecutor) -> None:
    s3 = MemoryS3()
    with PartStream(s3, pool, bucket="b", key="k.zip", content_type="application/zip") as stream:
        archive = ZipStream(stream)
        archive.add("a.txt", b"hello")
        archive.finish()
    with zipfile.ZipFile(RangeFile(s3, "b", "k.zip")) as read:  # type: ignore[arg-type]  # a raw file is enough
        assert read.read("a.txt") == b"hello"


def test_a_file_that_changes_while_it_is_read_is_not_mixed() -> None:
    s3 = MemoryS3()
    s3.objects["b", "k"] = b"old" * 10
    file = RangeFile(s3, "b", "k", block=4)
    file.read(4)
    s3.objects["b", "k"] = b"new" * 10
    with pytest.raises(Exception, match="PreconditionFailed"):
        file.read(4)
