"""Names of archive entries: their encoding, and which of them can be trusted."""

import posixpath

from openbml.datasets.limits import ENTRY_NAME_CHARACTERS

# What systems leave in archives without being asked.
_JUNK_NAMES = frozenset({".ds_store", "thumbs.db", "desktop.ini", "ehthumbs.db", ".directory"})
_JUNK_FOLDERS = frozenset({"__macosx", "@eadir", ".git"})
_ARCHIVES = (".zip", ".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst")


def decoded_name(name: str, *, is_utf8: bool) -> str:
    """Return the name in its likely encoding, with `/` between folders.

    Args:
        name: as zipfile gives it, that is read as cp437 unless the entry says UTF-8.
        is_utf8: the entry's flag. Archivers of Chinese Windows write GBK, those of macOS UTF-8, both without
            the flag.
    """
    if not is_utf8:
        raw = name.encode("cp437")
        for encoding in ("utf-8", "gbk"):
            try:
                name = raw.decode(encoding)
            except UnicodeDecodeError:
                continue
            break
    return name.replace("\\", "/")


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
