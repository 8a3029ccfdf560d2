"""Zips of pictures, texts or sounds: every entry is an item."""

import hashlib
from collections.abc import Iterator
from functools import partial

import numpy as np
import numpy.typing as npt

from openbml_batch.items import Document, Item, Wanted, refused
from openbml_batch.payloads import Payload
from openbml_batch.sources.listings import Listing
from openbml_batch.sources.zip_entries import ZipDirectory, ZipEntry
from openbml_formats.entry_names import decoded_name, is_junk, likely_encoding, unsafe_reason

_ASSUMED = "cp437"
_SAMPLE = 10_000  # names that tell the encoding of those that do not say theirs


class ArchivesSource:
    columns: tuple[str, ...] = ()

    def __init__(self, listing: Listing, payload: Payload) -> None:
        self._payload = payload
        self._archives = [_Archive(ZipDirectory(listing.bucket, stored)) for stored in listing]
        self.total: int | None = sum(archive.files for archive in self._archives)
        self.share = 0.0
        self.print = listing.print

    def items(self, wanted: Wanted) -> Iterator[Item]:
        index = 0
        for archive in self._archives:
            for name, entry in archive.entries():
                self.share = index / max(1, self.total or 0)
                if wanted(index):
                    # A name that stands there twice would be one file of the output.
                    shown = f"{name}#{index}" if archive.is_repeated(entry) else name
                    yield Item(index, shown, partial(self._load, archive, entry, name))
                index += 1
        self.share = 1.0

    def _load(self, archive: "_Archive", entry: ZipEntry, name: str) -> Document:
        if reason := unsafe_reason(name):
            raise refused("invalid_argument", f"the archive's entry {reason}")
        content = archive.directory.content(entry, most_bytes=self._payload.most_bytes)
        return self._payload.document(content)


class _Archive:
    """One archive: how its names are to be read, how many files it has, which names come again."""

    def __init__(self, directory: ZipDirectory) -> None:
        self.directory = directory
        self._encoding = _ASSUMED
        unsaid: list[str] = []
        for entry in directory:
            if not entry.is_utf8 and len(unsaid) < _SAMPLE:
                unsaid.append(entry.name.decode(_ASSUMED))
        if unsaid:
            self._encoding = likely_encoding(unsaid)
        prints = np.fromiter((_print(entry) for _name, entry in self.entries()), np.uint64)
        self.files = len(prints)
        self._repeated = _repeated(prints)

    def entries(self) -> Iterator[tuple[str, ZipEntry]]:
        """Yield the files with their names, less folders and what operating systems leave."""
        for entry in self.directory:
            name = self._name(entry)
            if not entry.is_folder and not is_junk(name):
                yield name, entry

    def is_repeated(self, entry: ZipEntry) -> bool:
        return _print(entry) in self._repeated

    def _name(self, entry: ZipEntry) -> str:
        if entry.is_utf8:
            return entry.name.decode("utf-8", "replace").replace("\\", "/")
        try:
            return decoded_name(entry.name.decode(_ASSUMED), self._encoding)
        except UnicodeDecodeError:  # the sample's encoding is not this name's
            return decoded_name(entry.name.decode(_ASSUMED), _ASSUMED)


def _print(entry: ZipEntry) -> int:
    return int.from_bytes(hashlib.blake2b(entry.name, digest_size=8).digest(), "little")


def _repeated(prints: npt.NDArray[np.uint64]) -> frozenset[int]:
    values, counts = np.unique(prints, return_counts=True)
    return frozenset(int(value) for value in values[counts > 1])
