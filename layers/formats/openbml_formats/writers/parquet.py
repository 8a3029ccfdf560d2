"""`data.parquet` of texts: columns are the members of JSON Lines, null where nothing is said.

Arrow is in the `data` image, which writes exports, and not in the layer: it is loaded on first use.
"""

import io
from collections.abc import Iterable, Iterator
from importlib import import_module
from itertools import islice
from typing import Any

from typing_extensions import Buffer

from openbml_catalog.datasets import AnnotationForm, DatasetKind
from openbml_formats.protocols import Archive, ExportInfo, Writer
from openbml_formats.records import ExportSample
from openbml_formats.writers.json_lines import said_document

_GROUP_SAMPLES = 10_000


class ParquetWriter:
    def write(self, info: ExportInfo, samples: Iterable[ExportSample], archive: Archive) -> None:
        archive.add_from("data.parquet", _pieces(info.kind, iter(samples)))


def _pieces(kind: DatasetKind, samples: Iterator[ExportSample]) -> Iterator[bytes]:
    """Yield the file as its row groups are done; one of them is held at a time."""
    arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    schema = _schema(kind, arrow)
    sink = _Sink()
    with parquet.ParquetWriter(sink, schema, compression="zstd") as writer:
        while group := [dict(said_document(kind, sample)) for sample in islice(samples, _GROUP_SAMPLES)]:
            writer.write_table(arrow.Table.from_pylist(group, schema=schema))
            yield sink.taken()
    yield sink.taken()


def _schema(kind: DatasetKind, arrow: Any) -> Any:
    text, number = arrow.string(), arrow.int32()
    if kind.annotation_form is AnnotationForm.TAGS:
        return arrow.schema({"tokens": arrow.list_(text), "tags": arrow.list_(text)})
    if kind.annotation_form is AnnotationForm.SPANS:
        span = arrow.struct({"label": text, "start": number, "end": number, "text": text})
        return arrow.schema({"text": text, "spans": arrow.list_(span)})
    if kind.annotation_form is AnnotationForm.SIMILARITY:
        return arrow.schema({"text1": text, "text2": text, "label": number})
    if kind.several:
        return arrow.schema({"text": text, "labels": arrow.list_(text)})
    return arrow.schema({"text": text, "label": text})


class _Sink(io.RawIOBase):
    """Takes what is written until somebody fetches it."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, part: Buffer) -> int:
        data = bytes(part)
        self._parts.append(data)
        return len(data)

    def taken(self) -> bytes:
        data = b"".join(self._parts)
        self._parts.clear()
        return data


WRITER: Writer = ParquetWriter()
