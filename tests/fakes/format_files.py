"""Archives in memory, settings and samples for readers and writers of formats."""

import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, cast

from openbml_catalog.datasets import dataset_kinds
from openbml_formats.annotations import Annotation
from openbml_formats.protocols import ExportInfo, ReadSettings
from openbml_formats.readers import reader_of
from openbml_formats.records import ExportSample, Problem, Record
from openbml_formats.sources import FilesInMemory, Member, MemberUnreadableError, Source
from openbml_formats.tag_schemes import TagScheme
from openbml_formats.writers import writer_of


class ArchiveInMemory:
    """An archive being written, which can be read again."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def add(self, name: str, data: bytes) -> None:
        assert name not in self.files, f"{name} is written twice"
        self.files[name] = data

    def add_from(self, name: str, parts: Iterable[bytes]) -> None:
        self.add(name, b"".join(parts))

    def source(self) -> Source:
        return FilesInMemory(self.files)


class ZipFileSource:
    """A zip on disk, as simple as can be."""

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path)

    def members(self) -> Sequence[Member]:
        return [Member(entry.filename, entry.file_size) for entry in self._zip.infolist()]

    def read(self, name: str, *, limit: int) -> bytes:
        if self._zip.getinfo(name).file_size > limit:
            raise MemberUnreadableError(f"is larger than {limit} bytes")
        return self._zip.read(name)

    def open(self, name: str) -> BinaryIO:
        return cast(BinaryIO, self._zip.open(name))


def read_settings(
    kind: str,
    *,
    labelled: bool = True,
    scheme: str | None = None,
    label_map: Mapping[str, int] | None = None,
) -> ReadSettings:
    return ReadSettings(
        kind=dataset_kinds()[kind],
        labelled=labelled,
        tag_scheme=TagScheme(scheme) if scheme else None,
        label_map=label_map,
    )


def read(
    format_code: str, source: Source | Mapping[str, bytes], settings: ReadSettings
) -> tuple[list[Record], list[Problem]]:
    """Return what a reader finds, samples and problems apart."""
    files = source if not isinstance(source, Mapping) else FilesInMemory(source)
    found = list(reader_of(format_code).records(files, settings))
    records = [item for item in found if isinstance(item, Record)]
    return records, [item for item in found if isinstance(item, Problem)]


def export_samples(samples: Iterable[tuple[Sequence[str], Annotation]]) -> list[ExportSample]:
    return [
        ExportSample(number, f"sample {number}", tuple(texts), annotation, "", 0, 0, 0, lambda: b"")
        for number, (texts, annotation) in enumerate(samples, 1)
    ]


def written(format_code: str, settings: ReadSettings, samples: Iterable[ExportSample]) -> ArchiveInMemory:
    """Return the archive that a writer makes of the samples."""
    archive = ArchiveInMemory()
    info = ExportInfo(
        dataset_name="set",
        version_number=1,
        kind=settings.kind,
        labels=(),
        tag_scheme=settings.tag_scheme,
        label_map=settings.label_map or {},
    )
    writer_of(format_code).write(info, samples, archive)
    return archive
