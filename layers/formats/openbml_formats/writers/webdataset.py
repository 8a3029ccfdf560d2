"""WebDataset: tar files of `000000001.jpg` and `000000001.json` side by side; the same bytes each time."""

import json
import tarfile
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from openbml_catalog.datasets import AnnotationForm
from openbml_formats.export_names import file_suffix
from openbml_formats.image_json import document_of
from openbml_formats.limits import SHARD_BYTES
from openbml_formats.protocols import Archive, ExportInfo
from openbml_formats.records import ExportSample

_END = bytes(2 * tarfile.BLOCKSIZE)


class _File(NamedTuple):
    name: str
    data: bytes


class WebDatasetWriter:
    def write(self, info: ExportInfo, samples: Iterable[ExportSample], archive: Archive) -> None:
        files = _Ahead(_files(info, samples))
        shard = 0
        while files.has_next or not shard:
            archive.add_from(f"shard-{shard:06}.tar", _shard(files))
            shard += 1
        classes = "".join(f"{label}\n" for label in info.labels)
        archive.add("classes.txt", classes.encode())


class _Ahead:
    """The samples' files, with a look at whether more come."""

    def __init__(self, samples: Iterator[list[_File]]) -> None:
        self._samples = samples
        self._next = next(samples, None)

    @property
    def has_next(self) -> bool:
        return self._next is not None

    def take(self) -> list[_File]:
        taken, self._next = self._next or [], next(self._samples, None)
        return taken


def _files(info: ExportInfo, samples: Iterable[ExportSample]) -> Iterator[list[_File]]:
    classes = {label: place for place, label in enumerate(info.labels)}
    single = info.kind.annotation_form is AnnotationForm.CLASSES and not info.kind.several
    for sample in samples:
        key = f"{sample.sample_id:09}"
        document = {"name": sample.name, **document_of(sample.annotation)}
        files = [
            _File(f"{key}{file_suffix(sample)}", sample.content()),
            _File(f"{key}.json", json.dumps(document, ensure_ascii=False).encode()),
        ]
        if single and sample.annotation.labels and sample.annotation.labels[0] in classes:
            files.append(_File(f"{key}.cls", str(classes[sample.annotation.labels[0]]).encode()))
        yield files


def _shard(files: _Ahead) -> Iterator[bytes]:
    size = 0
    while files.has_next and size < SHARD_BYTES:
        for file in files.take():
            block = _block(file)
            size += len(block)
            yield block
    yield _END


def _block(file: _File) -> bytes:
    header = tarfile.TarInfo(file.name)
    header.size = len(file.data)
    padding = bytes(-len(file.data) % tarfile.BLOCKSIZE)
    return header.tobuf(tarfile.USTAR_FORMAT) + file.data + padding


WRITER = WebDatasetWriter()
