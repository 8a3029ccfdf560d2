"""Archives of strangers."""

import gzip
import io
import tarfile
import tracemalloc
from pathlib import Path

import pytest

from sagemaker_local.storage.archives import ArchiveError, pack_directory, unpack_archive


def info(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    found = tarfile.TarInfo(name)
    found.type, found.linkname = kind, target
    return found


def packed(folder: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    path = folder / "archive.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for member, content in members:
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def test_what_was_packed_comes_out_again(tmp_path: Path) -> None:
    source, target = tmp_path / "in", tmp_path / "out"
    (source / "deep").mkdir(parents=True)
    target.mkdir()
    (source / "deep" / "a.txt").write_text("a")
    (source / "link").symlink_to("/etc/passwd")
    pack_directory(source, tmp_path / "x.tar.gz")
    unpack_archive(tmp_path / "x.tar.gz", target)
    assert [path.relative_to(target).as_posix() for path in sorted(target.rglob("*"))] == [
        "deep",
        "deep/a.txt",
    ]


@pytest.mark.parametrize(
    "members",
    [
        [info("../evil")],
        [info("/evil")],
        [info("a/../../evil")],
        [info("link", tarfile.SYMTYPE, "/etc")],
        [info("link", tarfile.SYMTYPE, "../..")],
        [info("hard", tarfile.LNKTYPE, "/etc/passwd")],
        [info("device", tarfile.CHRTYPE)],
        [info("pipe", tarfile.FIFOTYPE)],
        [info("twice"), info("twice")],
        [info("door", tarfile.SYMTYPE, "room"), info("room", tarfile.SYMTYPE, "/"), info("door/evil")],
        [info("a", tarfile.SYMTYPE, "b"), info("b", tarfile.SYMTYPE, "../..")],
        [info("a/b", tarfile.SYMTYPE, ".."), info("c", tarfile.SYMTYPE, "a/b/..")],
        [info("me", tarfile.SYMTYPE, "me")],
        [info("a", tarfile.SYMTYPE, "b"), info("b", tarfile.SYMTYPE, "a")],
        [info("file"), info("file/below")],
        [info("block", tarfile.BLKTYPE)],
        [info("link", tarfile.SYMTYPE, "."), info("link/../../evil")],
        [info("a/b/link", tarfile.SYMTYPE, "../../.."), info("ok")],
        [info("x", tarfile.SYMTYPE, "y"), info("y", tarfile.SYMTYPE, "x/../../..")],
    ],
)
def test_members_that_lead_outside_are_refused(tmp_path: Path, members: list[tarfile.TarInfo]) -> None:
    target = tmp_path / "out"
    target.mkdir()
    with pytest.raises(ArchiveError):
        unpack_archive(packed(tmp_path, *((one, b"") for one in members)), target)
    assert not (tmp_path / "evil").exists()


def test_a_link_inside_is_kept(tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir()
    unpack_archive(
        packed(tmp_path, (info("a/data"), b"x"), (info("a/link", tarfile.SYMTYPE, "data"), b"")), target
    )
    assert (target / "a" / "link").read_bytes() == b"x"


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_header_bomb_does_not_get_into_memory(tmp_path: Path, kind: bytes) -> None:
    """A header of gigabytes of zeros takes a few kilobytes in the archive."""
    size = 64 * 1024 * 1024
    path, target = tmp_path / "bomb.tar.gz", tmp_path / "out"
    target.mkdir()
    with gzip.open(path, "wb") as file:
        header = info("header", kind)
        header.size = size
        file.write(header.tobuf(tarfile.GNU_FORMAT))
        for _ in range(64):
            file.write(bytes(size // 64))
    tracemalloc.start()
    try:
        with pytest.raises(ArchiveError, match="one of its headers"):
            unpack_archive(path, target)
        assert tracemalloc.get_traced_memory()[1] < 16 * 1024 * 1024
    finally:
        tracemalloc.stop()


def test_bombs_are_refused_by_count_and_by_size(tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir()
    many = packed(tmp_path, *((info(f"f{number}"), b"") for number in range(20)))
    with pytest.raises(ArchiveError, match="more than 10 members"):
        unpack_archive(many, target, max_members=10)
    big = packed(tmp_path, (info("zeros"), bytes(3_000_000)))
    with pytest.raises(ArchiveError, match="unpacks to more than"):
        unpack_archive(big, target, max_ratio=10)


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b\x08\x00broken"])
def test_garbage_is_no_archive(tmp_path: Path, content: bytes) -> None:
    path, target = tmp_path / "x.tar.gz", tmp_path / "out"
    path.write_bytes(content)
    target.mkdir()
    with pytest.raises(ArchiveError):
        unpack_archive(path, target)


def test_a_truncated_archive_is_refused(tmp_path: Path) -> None:
    path = packed(tmp_path, (info("a"), b"x" * 100_000), (info("b"), bytes(range(256)) * 400))
    path.write_bytes(path.read_bytes()[:-60])
    (tmp_path / "out").mkdir()
    with pytest.raises(ArchiveError):
        unpack_archive(path, tmp_path / "out")
