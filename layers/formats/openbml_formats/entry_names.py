"""Names of archive entries: their encoding, and which of them can be trusted."""

import posixpath
from collections.abc import Iterable, Sequence

ENTRY_NAME_CHARACTERS = 400
_ASSUMED = "cp437"
_TRIED = ("utf-8", "gbk")

# What systems leave in archives without being asked.
_JUNK_NAMES = frozenset({".ds_store", "thumbs.db", "desktop.ini", "ehthumbs.db", ".directory"})
_JUNK_FOLDERS = frozenset({"__macosx", "@eadir", ".git"})
_ARCHIVES = (".zip", ".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst")


def likely_encoding(names: Iterable[str]) -> str:
    """Return the encoding of an archive's names that do not say theirs.

    Archivers of Chinese Windows write GBK, those of macOS UTF-8, both without the flag. One archive has one
    encoding: a short name alone can be read in several.

    Args:
        names: as zipfile gives them, that is read as cp437, the archive format's own encoding.
    """
    raw = [name.encode(_ASSUMED) for name in names]
    return next((encoding for encoding in _TRIED if _all_read(raw, encoding)), _ASSUMED)


def _all_read(names: Sequence[bytes], encoding: str) -> bool:
    try:
        for name in names:
            name.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def decoded_name(name: str, encoding: str) -> str:
    """Return a name that zipfile has read as cp437, with `/` between folders."""
    return (name if encoding == _ASSUMED else name.encode(_ASSUMED).decode(encoding)).replace("\\", "/")


def unsafe_reason(name: str) -> str | None:
    """Return why no sound archiver writes such a name, None for a good one."""
    if not name or len(name) > ENTRY_NAME_CHARACTERS:
        return f"has a name of {len(name)} characters (1 to {ENTRY_NAME_CHARACTERS} are possible)"
    if name.startswith("/") or name[1:3] == ":/" or name[1:2] == ":":
        return "has an absolute name"
    if ".." in name.split("/"):
        return "points outside of the archive"
    if any(ord(character) < 32 or 0xD800 <= ord(character) < 0xE000 for character in name):
        return "has control characters in its name"
    return None


def is_junk(name: str) -> bool:
    """Return whether an operating system put the file there, not a person."""
    folders, leaf = posixpath.split(name.lower())
    if leaf in _JUNK_NAMES or leaf.startswith("._"):
        return True
    return any(folder in _JUNK_FOLDERS for folder in folders.split("/"))


def is_archive(name: str) -> bool:
    return name.lower().endswith(_ARCHIVES)
