"""Files of an archive by ranges: whole, as a stream, damaged; and files that were uploaded one by one."""

import io
import random
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbml_formats.loose_files import LooseFile, LooseFiles
from openbml_formats.planned import StoredFile
from openbml_formats.sources import MemberUnreadableError
from openbml_formats.zip_directory import read_directory
from openbml_formats.zip_source import ZipSource


def zipped(files: dict[str, bytes], *, deflated: bool) -> bytes:
    out = io.BytesIO()
    method = zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED
    with zipfile.ZipFile(out, "w", method) as target:
        for name, data in files.items():
            target.writestr(name, data)
    return out.getvalue()


def source_of(body: bytes, damaged: bytes | None = None) -> ZipSource:
    data = damaged or body
    directory = read_directory(io.BytesIO(body), len(body))
    return ZipSource(directory, lambda start, end: data[start:end], upload=3)


@given(st.binary(max_size=5000), st.integers(1, 400), st.booleans(), st.integers(1, 997))
@settings(max_examples=40, deadline=None)
def test_a_stream_says_what_the_whole_file_says(data: bytes, times: int, deflated: bool, step: int) -> None:
    content = data * times
    source = source_of(zipped({"a.txt": content, "b/c.bin": b"x"}, deflated=deflated))
    assert source.read("a.txt", limit=len(content) + 100) == content
    with source.open("a.txt") as stream:
        assert b"".join(iter(lambda: stream.read(step * 50), b"")) == content


def test_members_and_their_places() -> None:
    source = source_of(zipped({"a.txt": b"hello", "b.txt": b""}, deflated=True))
    assert [(member.name, member.size) for member in source.members()] == [("a.txt", 5), ("b.txt", 0)]
    place = source.content("a.txt")
    assert (place.upload, place.name, place.size) == (3, "a.txt", 5)


def test_a_file_larger_than_the_reader_allows_is_told() -> None:
    source = source_of(zipped({"a.txt": b"x" * 100}, deflated=True))
    with pytest.raises(MemberUnreadableError, match="larger than 99"):
        source.read("a.txt", limit=99)


@pytest.mark.parametrize("deflated", [True, False])
def test_damage_is_found_in_whole_files_and_streams(deflated: bool) -> None:
    content = random.Random(7).randbytes(200_000)
    body = zipped({"a.bin": content}, deflated=deflated)
    damaged = bytearray(body)
    damaged[100_000] ^= 0xFF
    source = source_of(body, bytes(damaged))
    with pytest.raises(MemberUnreadableError):
        source.read("a.bin", limit=10**6)
    with pytest.raises(MemberUnreadableError), source.open("a.bin") as stream:
        list(iter(lambda: stream.read(7000), b""))


def test_an_archive_that_is_cut_off_behind_its_directory_is_told() -> None:
    body = zipped({"a.bin": random.Random(7).randbytes(100_000)}, deflated=False)
    source = source_of(body, body[:50_000])
    with pytest.raises(MemberUnreadableError), source.open("a.bin") as stream:
        stream.read()


def test_more_than_declared_is_never_unpacked() -> None:
    body = bytearray(zipped({"a.txt": b"\0" * 10_000_000}, deflated=True))
    central = body.rfind(b"PK\1\2")
    body[central + 24 : central + 28] = (1000).to_bytes(4, "little")
    source = source_of(bytes(body))
    with pytest.raises(MemberUnreadableError, match="size differs"), source.open("a.txt") as stream:
        stream.read()


def test_loose_files_are_read_by_their_keys() -> None:
    objects = {"k/0": b"first" * 10, "k/1": b""}
    files = [LooseFile("a.txt", "k/0", 50), LooseFile("b.txt", "k/1", 0)]
    source = LooseFiles(files, lambda key, start, end: objects[key][start:end])
    assert [member.size for member in source.members()] == [50, 0]
    assert source.read("a.txt", limit=50) == objects["k/0"]
    assert source.read("b.txt", limit=50) == b""
    with source.open("a.txt") as stream:
        assert stream.read(7) + stream.read() == objects["k/0"]
    assert source.content("a.txt") == StoredFile(key="k/0", size=50)
    with pytest.raises(MemberUnreadableError):
        source.read("a.txt", limit=49)
