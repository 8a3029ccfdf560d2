"""Archives in memory, and the way of annotations through a writer and back through a reader."""

import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

from openbml_catalog.datasets import dataset_kinds
from openbml_formats.annotations import Annotation
from openbml_formats.protocols import ExportInfo, ReadSettings, SidecarReader
from openbml_formats.readers import reader_of
from openbml_formats.records import ExportSample, Picture, Problem, Record
from openbml_formats.sources import FilesInMemory
from openbml_formats.writers import writer_of


class ArchiveInMemory:
    """The Archive port: names are unique, files are whole."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def add(self, name: str, data: bytes) -> None:
        assert name not in self.files, name
        assert not name.startswith("/")
        assert ".." not in name.split("/")
        self.files[name] = data

    def add_from(self, name: str, parts: Iterable[bytes]) -> None:
        self.add(name, b"".join(parts))


def settings_for(kind: str, *, labelled: bool = True) -> ReadSettings:
    return ReadSettings(kind=dataset_kinds()[kind], labelled=labelled)


def export_sample(
    number: int, annotation: Annotation, *, name: str = "", size: tuple[int, int] = (640, 480)
) -> ExportSample:
    content = f"image {number}".encode()
    return ExportSample(
        number, name or f"{number}.jpg", (), annotation, "jpg", *size, len(content), lambda: content
    )


def written(
    format_code: str, kind: str, samples: Sequence[ExportSample], labels: Sequence[str] = ()
) -> dict[str, bytes]:
    """Return the files of an export."""
    info = ExportInfo(dataset_name="d", version_number=1, kind=dataset_kinds()[kind], labels=labels)
    archive = ArchiveInMemory()
    writer_of(format_code).write(info, samples, archive)
    return archive.files


def read(
    format_code: str,
    kind: str,
    files: Mapping[str, bytes],
    *,
    size: tuple[int, int] = (640, 480),
    labelled: bool = True,
) -> tuple[dict[str, Annotation], list[Problem]]:
    """Return annotations by the images' names, and all problems. Raises what readers raise."""
    source, settings = FilesInMemory(files), settings_for(kind, labelled=labelled)
    reader = reader_of(format_code)
    shared = cast(SidecarReader, reader).shared(source, settings) if hasattr(reader, "shared") else None
    annotations: dict[str, Annotation] = {}
    problems: list[Problem] = []
    for found in reader.records(source, settings):
        if isinstance(found, Problem):
            problems.append(found)
            continue
        assert found.name not in annotations
        if found.sidecar is not None and shared is not None:
            data = source.read(found.sidecar, limit=10**9)
            picture = Picture(found.name, *size)
            annotations[found.name] = cast(SidecarReader, reader).annotation(data, picture, shared)
        else:
            annotations[found.name] = found.annotation or Annotation()
    return annotations, problems


def records(format_code: str, kind: str, files: Mapping[str, bytes]) -> Iterator[Record | Problem]:
    return reader_of(format_code).records(FilesInMemory(files), settings_for(kind))


def unzipped(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
