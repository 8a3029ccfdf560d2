"""Packing artefacts and unpacking archives that may be hostile."""

import gzip
import io
import os
import stat
import tarfile
import zlib
from pathlib import Path, PurePosixPath

MAX_MEMBERS = 100_000
MAX_UNPACKED_BYTES = 64 * 1024**3
MAX_RATIO = 2000
_CHUNK = 1024 * 1024
#: More than any read of content (by chunks) and any honest header.
_MAX_READ = 4 * 1024 * 1024


class ArchiveError(Exception):
    """The archive is damaged or holds something it must not."""


def pack_directory(source: Path, target: Path) -> None:
    """Write ``source``'s content as tar.gz; links are stored as what they point to inside it."""
    root = source.resolve()
    with (
        gzip.GzipFile(target, "wb", compresslevel=1, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w") as tar,
    ):
        for path in files_below(root):
            tar.add(path, arcname=path.relative_to(root).as_posix(), recursive=False)


def files_below(root: Path) -> list[Path]:
    """Regular files below ``root`` in a fixed order; symbolic links are left out."""
    found: list[Path] = []
    for folder, names, files in os.walk(root, followlinks=False):
        names.sort()
        found += [Path(folder, name) for name in sorted(files)]
    return [path for path in found if stat.S_ISREG(path.lstat().st_mode)]


def unpack_archive(
    archive: Path,
    target: Path,
    *,
    max_members: int = MAX_MEMBERS,
    max_bytes: int = MAX_UNPACKED_BYTES,
    max_ratio: int = MAX_RATIO,
) -> None:
    """Unpack a tar.gz into the empty folder ``target``.

    Refused: absolute names, ``..``, devices and pipes, links that lead outside, members
    below a link, duplicate names, too many or too large members.

    Raises:
        ArchiveError: something is refused, or the archive is damaged.
    """
    limit = min(max_bytes, max(archive.stat().st_size * max_ratio, 1024 * 1024))
    links: list[tuple[PurePosixPath, str]] = []
    count = total = 0
    try:
        with gzip.open(archive) as content, tarfile.open(fileobj=_Headers(content), mode="r:") as tar:
            for member in tar:
                count += 1
                if count > max_members:
                    raise ArchiveError(f"it has more than {max_members} members")
                name = _safe_name(member.name)
                if member.isdir():
                    _make_directory(target, name)
                elif member.issym():
                    links.append((name, member.linkname))
                elif member.isreg():
                    total += member.size
                    if total > limit:
                        raise ArchiveError(f"it unpacks to more than {limit} bytes")
                    _write(tar, member, target, name)
                else:
                    raise ArchiveError(f"member {member.name!r} is a hard link, a device or a pipe")
    except (tarfile.TarError, EOFError, OSError, zlib.error, ValueError) as error:
        if isinstance(error, OSError) and not isinstance(error, gzip.BadGzipFile) and error.errno is not None:
            raise ArchiveError(f"it cannot be unpacked: {error.strerror}") from error
        raise ArchiveError(f"it is not a readable tar.gz: {error}") from error
    _make_links(target, links)


class _Headers(io.RawIOBase):
    """The unpacked stream as tarfile reads it: a header that claims to be huge is not read into memory."""

    def __init__(self, content: gzip.GzipFile) -> None:
        super().__init__()
        self._content = content

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _MAX_READ:
            raise ArchiveError(f"one of its headers has {size} bytes")
        return self._content.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._content.seek(offset, whence)

    def tell(self) -> int:
        return self._content.tell()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True


def _safe_name(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\0" in name:
        raise ArchiveError(f"member name {name!r} leads outside")
    return path


def _make_directory(target: Path, name: PurePosixPath) -> None:
    (target / name).mkdir(parents=True, exist_ok=True)


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path, name: PurePosixPath) -> None:
    source = tar.extractfile(member)
    if source is None:
        raise ArchiveError(f"member {member.name!r} has no content")
    path = target / name
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = 0o755 if member.mode & 0o100 else 0o644
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    except FileExistsError as error:
        raise ArchiveError(f"member name {member.name!r} occurs twice") from error
    with os.fdopen(handle, "wb") as file, source:
        while chunk := source.read(_CHUNK):
            file.write(chunk)


def _make_links(target: Path, links: list[tuple[PurePosixPath, str]]) -> None:
    """Links come last, so nothing was written through one; each must stay inside."""
    root = target.resolve()
    for name, points_to in links:
        path = target / name
        inside = os.path.normpath(name.parent / points_to)
        if PurePosixPath(points_to).is_absolute() or inside.startswith(".."):
            raise ArchiveError(f"link {str(name)!r} leads outside")
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            path.symlink_to(points_to)
        except FileExistsError as error:
            raise ArchiveError(f"member name {str(name)!r} occurs twice") from error
    for name, _ in links:
        try:
            ends_inside = (target / name).resolve().is_relative_to(root)
        except (RuntimeError, OSError) as error:
            raise ArchiveError(f"link {str(name)!r} leads to itself") from error
        if not ends_inside or not path_is_direct(root, name.parent):
            raise ArchiveError(f"link {str(name)!r} leads outside")


def path_is_direct(root: Path, relative: PurePosixPath) -> bool:
    """No component of the path is a link."""
    current = root
    for part in relative.parts:
        current = current / part
        if current.is_symlink():
            return False
    return True
