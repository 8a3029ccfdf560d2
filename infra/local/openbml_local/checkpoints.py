"""Generations of MiniStack's saved state: each complete and verified, or not there at all.

Runs inside MiniStack's environment, so it uses the standard library only.

A generation is a folder `<number>` of one JSON file per service and a `MANIFEST.json` with their SHA-256.
It is written under a temporary name, flushed, and renamed: a crash leaves the previous one untouched.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

MANIFEST = "MANIFEST.json"
KEPT = 3


class NoUsableCheckpointError(Exception):
    """Generations exist, and every one is damaged."""


@dataclass(frozen=True)
class Checkpoint:
    path: Path
    number: int
    files: Mapping[str, str]


def _manifest(folder: Path) -> Checkpoint:
    data = json.loads((folder / MANIFEST).read_text())
    return Checkpoint(folder, int(folder.name), dict(data["files"]))


def _readable_manifest(folder: Path) -> Checkpoint | None:
    try:
        return _manifest(folder)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _damage(checkpoint: Checkpoint) -> str | None:
    for name, digest in checkpoint.files.items():
        path = checkpoint.path / name
        if not path.is_file():
            return f"{name} is missing"
        if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            return f"{name} is damaged"
    return None


def generations(root: Path) -> list[Path]:
    """Folders of generations, newest first; unfinished ones (temporary names) are not among them."""
    if not root.is_dir():
        return []
    return sorted((p for p in root.iterdir() if p.name.isdigit()), key=lambda p: int(p.name), reverse=True)


def newest_usable(root: Path, *, say: Callable[[str], None]) -> Checkpoint | None:
    """The newest generation whose files are all there and undamaged.

    Returns:
        None if nothing was ever saved.

    Raises:
        NoUsableCheckpointError: generations exist and all are damaged.
    """
    found = generations(root)
    for folder in found:
        checkpoint = _readable_manifest(folder)
        if checkpoint is None:
            say(f"checkpoint {folder.name} has no usable manifest; trying the one before")
            continue
        damage = _damage(checkpoint)
        if damage is None:
            return checkpoint
        say(f"checkpoint {folder.name} is not usable ({damage}); trying the one before")
    if found:
        raise NoUsableCheckpointError(
            f"none of the {len(found)} saved states in {root} is usable. Start afresh with: bml reset --yes"
        )
    return None


def newest_file(root: Path, name: str) -> bytes | None:
    """One file of the newest generation, if it has it."""
    for folder in generations(root)[:1]:
        path = folder / name
        if path.is_file():
            return path.read_bytes()
    return None


def write(root: Path, files: Mapping[str, bytes]) -> Checkpoint:
    """Save a generation and drop the oldest. Nothing is written if the newest holds the same already."""
    root.mkdir(parents=True, exist_ok=True)
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    existing = generations(root)
    newest = _readable_manifest(existing[0]) if existing else None
    if newest is not None and _damage(newest) is not None:
        newest = None
    if newest is not None and newest.files == digests:
        return newest
    number = int(existing[0].name) + 1 if existing else 1
    temporary = root / f".{number}.{os.getpid()}"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    for name, data in files.items():
        if newest is not None and newest.files.get(name) == digests[name]:
            os.link(newest.path / name, temporary / name)  # files of a generation never change
        else:
            _write_flushed(temporary / name, data)
    manifest = json.dumps({"files": digests}, indent=1, sort_keys=True)
    _write_flushed(temporary / MANIFEST, manifest.encode())
    _flush_folder(temporary)
    final = root / str(number)
    temporary.rename(final)
    _flush_folder(root)
    for old in existing[KEPT - 1 :]:
        shutil.rmtree(old, ignore_errors=True)
    for leftover in root.glob(".*"):
        shutil.rmtree(leftover, ignore_errors=True)
    return Checkpoint(final, number, digests)


class BlobStore:
    """Large binary values (code of functions and layers), each kept once under its SHA-256."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, data: bytes) -> str:
        digest = hashlib.sha256(data).hexdigest()
        path = self._root / digest
        if not path.exists():
            self._root.mkdir(parents=True, exist_ok=True)
            temporary = self._root / f".{digest}.{os.getpid()}"
            _write_flushed(temporary, data)
            temporary.replace(path)
        return digest

    def get(self, digest: str) -> bytes:
        return (self._root / digest).read_bytes()

    def prune(self, generations_root: Path) -> None:
        """Delete what no generation names any more."""
        named = set()
        for folder in generations(generations_root):
            for path in folder.glob("*.json"):
                named.update(
                    re.findall(rb'"(?:__openbml_blob__|code_blob_ref)": "([0-9a-f]{64})"', path.read_bytes())
                )
        kept = {digest.decode() for digest in named}
        for path in self._root.iterdir() if self._root.is_dir() else ():
            if path.name.removesuffix(".zip") not in kept:
                path.unlink(missing_ok=True)


def _write_flushed(path: Path, data: bytes) -> None:
    with path.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _flush_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
