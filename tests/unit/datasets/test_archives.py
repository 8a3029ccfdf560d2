"""Archives that no sound archiver writes are refused as a whole; their entries are read exactly."""

import io
import os
import struct
import zipfile
import zlib
from typing import IO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbml.datasets.importing.range_reader import RangeReader
from openbml_formats.zip_directory import (
    ArchiveFormatError,
    Directory,
    Entry,
    EntryDataError,
    entry_data,
    read_directory,
)
from tests.fakes.datasets_archives import archive, raw_named_archive, zip_of
from tests.fakes.datasets_memory import MemoryObjectStore


def directory_of(body: bytes) -> Directory:
    return read_directory(io.BytesIO(body), len(body))


def refusal(body: bytes) -> str:
    with pytest.raises(ArchiveFormatError) as caught:
        directory_of(body)
    return str(caught.value)


def linked(name: str, target: str) -> tuple[zipfile.ZipInfo, bytes]:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = 0o120777 << 16
    return info, target.encode()


def entry_of(body: bytes) -> tuple[Entry, bytes]:
    entry = directory_of(body).entries[0]
    return entry, body[entry.offset : entry.offset + entry.room]


@pytest.mark.parametrize("body", [b"", b"PK", b"hello, I am a text" * 99, b"PK\5\6" + b"\0" * 4])
def test_something_else_than_a_zip_is_refused(body: bytes) -> None:
    assert "not a zip" in refusal(body)


def test_a_truncated_zip_is_refused() -> None:
    body = archive([("a.jpg", os.urandom(5000)), ("a.json", b"{}")])
    refusal(body[: len(body) // 2])
    refusal(body[100:])


def test_an_empty_zip_and_one_with_only_system_files_are_refused() -> None:
    assert "no files" in refusal(archive([]))
    assert "no files" in refusal(archive([("__MACOSX/._a.jpg", b"x"), (".DS_Store", b"x"), ("folder/", b"")]))


@pytest.mark.parametrize(
    "name",
    ["../a.jpg", "a/../../b.jpg", "..\\a.jpg", "/etc/a.jpg", "C:/a.jpg", "C:\\a.jpg", "a\x07.jpg", "a" * 401],
)
def test_unsafe_names_are_refused(name: str) -> None:
    assert "the entry" in refusal(archive([(name, b"x")]))


def test_a_name_cut_at_a_nul_byte_is_refused() -> None:
    assert "control characters" in refusal(raw_named_archive([b"a.jpg\0b.exe"]))


def test_links_are_refused() -> None:
    assert "link" in refusal(archive([linked("a.jpg", "/etc/passwd")]))


def test_nested_archives_are_refused() -> None:
    assert "archive itself" in refusal(archive([("inner.zip", archive([("a.jpg", b"x")]))]))


def test_one_name_twice_is_refused() -> None:
    assert "twice" in refusal(raw_named_archive([b"a.jpg", b"a.jpg"]))


def test_encrypted_entries_are_refused() -> None:
    assert "encrypted" in refusal(zip_of("a.jpg", b"x", flag_bits=1))


def test_other_methods_than_deflate_are_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_LZMA) as target:
        target.writestr("a.jpg", b"x" * 100)
    assert "another method" in refusal(buffer.getvalue())


def test_a_bomb_by_its_own_figures_is_refused() -> None:
    assert "unpack" in refusal(zip_of("a.bmp", b"x", file_size=3 * 1024**3))


def test_entries_that_share_their_bytes_are_refused() -> None:
    # The trick of the best-known bombs: many directory entries, one body.
    body = bytearray(raw_named_archive([b"a.jpg", b"b.jpg"], b"0123456789"))
    second = body.rfind(b"PK\1\2")
    struct.pack_into("<L", body, second + 42, 5)
    assert "overlaps" in refusal(bytes(body))


def test_more_entries_than_possible_are_refused_before_they_are_read() -> None:
    body = bytearray(archive([("a.jpg", b"x")]))
    place = body.rfind(b"PK\5\6")
    struct.pack_into("<HHL", body, place + 8, 1, 1, 80 * 1024 * 1024)
    assert "split it" in refusal(bytes(body))


@pytest.mark.parametrize(
    ("names", "encoding"),
    [
        (["猫.jpg", "图片/狗的照片.jpg"], "gbk"),  # 猫 alone in GBK could be è in UTF-8
        (["猫.jpg", "狗.jpg"], "utf-8"),
        (["café.jpg", "a.jpg"], "cp437"),
    ],
)
def test_names_are_read_in_their_likely_encoding(names: list[str], encoding: str) -> None:
    body = raw_named_archive([name.encode(encoding) for name in names])
    assert [entry.name for entry in directory_of(body).entries] == names


def test_names_that_say_they_are_utf8_are_believed() -> None:
    assert [entry.name for entry in directory_of(archive([("猫.jpg", b"x")])).entries] == ["猫.jpg"]


def test_folders_of_windows_are_folders() -> None:
    assert directory_of(raw_named_archive([b"folder\\a.jpg"])).entries[0].name == "folder/a.jpg"


def test_system_files_are_ignored_and_told() -> None:
    found = directory_of(
        archive([("a.jpg", b"x"), ("__MACOSX/._a.jpg", b"x"), ("b/Thumbs.db", b"x"), ("b/", b"")])
    )
    assert [entry.name for entry in found.entries] == ["a.jpg"]
    assert list(found.ignored) == ["__MACOSX/._a.jpg", "b/Thumbs.db"]


@pytest.mark.parametrize("deflated", [True, False])
def test_an_entry_is_read_from_its_range(deflated: bool) -> None:
    content = b"0123456789" * 500
    entry, raw = entry_of(archive([("a.jpg", content), ("b.jpg", b"y")], deflated=deflated))
    assert entry_data(entry, raw) == content


def test_an_entry_that_unpacks_to_more_than_it_declares_is_stopped_there() -> None:
    entry, raw = entry_of(archive([("a.bmp", b"\0" * 50_000_000)], deflated=True))
    small = entry._replace(size=1000)
    with pytest.raises(EntryDataError, match="size differs"):
        entry_data(small, raw)


def test_damaged_entries_are_told() -> None:
    entry, raw = entry_of(archive([("a.jpg", b"0123456789" * 100)], deflated=True))
    with pytest.raises(EntryDataError, match="header"):
        entry_data(entry, b"XX" + raw[2:])
    with pytest.raises(EntryDataError, match="cut off"):
        entry_data(entry, raw[:40])
    with pytest.raises(EntryDataError, match="checksum"):
        entry_data(entry._replace(crc=zlib.crc32(b"other")), raw)
    with pytest.raises(EntryDataError):
        entry_data(entry, raw[:36] + bytes(byte ^ 0xFF for byte in raw[36:]))


def test_a_zip_with_something_before_it_is_read() -> None:
    # Self-extracting archives start with a program; zipfile moves the offsets.
    body = b"#!/bin/sh\n" + archive([("a.jpg", b"content")])
    entry = directory_of(body).entries[0]
    assert entry_data(entry, body[entry.offset : entry.offset + entry.room]) == b"content"


def test_a_zip64_archive_is_read() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target, target.open("a.jpg", "w", force_zip64=True) as file:
        file.write(b"content")
    entry, raw = entry_of(buffer.getvalue())
    assert entry_data(entry, raw) == b"content"


def test_a_directory_is_read_by_few_ranges_whatever_the_size_of_the_archive() -> None:
    body = archive([(f"{number}.jpg", os.urandom(100_000)) for number in range(60)])
    store = MemoryObjectStore({"key": body})
    reader = RangeReader(store, "key", len(body), block_bytes=65_536)
    found = read_directory(cast(IO[bytes], reader), len(body))
    assert len(found.entries) == 60
    assert sum(end - start for start, end in store.ranges) < 300_000


@given(st.binary(max_size=400))
def test_no_bytes_break_the_reader(body: bytes) -> None:
    with pytest.raises(ArchiveFormatError):
        directory_of(body)


@given(st.data())
def test_no_damage_breaks_the_reader(data: st.DataObject) -> None:
    body = bytearray(archive([("a.jpg", b"content" * 9), ("b/a.json", b"{}")], deflated=True))
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = directory_of(bytes(body))
    except ArchiveFormatError:
        return
    for entry in found.entries:
        try:
            entry_data(entry, bytes(body[entry.offset : entry.offset + entry.room]))
        except EntryDataError:
            continue
