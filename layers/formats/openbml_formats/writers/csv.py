"""`data.csv` of texts: a header, then a row for each sample; texts of several lines are quoted."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from openbml_catalog.datasets import AnnotationForm
from openbml_formats.carried import joined_labels
from openbml_formats.protocols import Archive, ExportInfo, Writer
from openbml_formats.records import ExportSample
from openbml_formats.unwritable import UnwritableSampleError


class CsvWriter:
    """Tables are not samples: their rows are exported by the job that reads their parts."""

    def write(self, info: ExportInfo, samples: Iterable[ExportSample], archive: Archive) -> None:
        archive.add_from("data.csv", _rows(info, samples))


def _rows(info: ExportInfo, samples: Iterable[ExportSample]) -> Iterator[bytes]:
    pairs = info.kind.annotation_form is AnnotationForm.SIMILARITY
    label = "labels" if info.kind.several else "label"
    yield _row(["text1", "text2", label] if pairs else ["text", label])
    for sample in samples:
        if any("\0" in text or "\r" in text or text.startswith("\ufeff") for text in sample.texts):
            raise UnwritableSampleError(sample.sample_id, "has a text that a cell cannot hold")
        labels = joined_labels(sample, several=info.kind.several)
        yield _row([*sample.texts, *(labels or [""])])


def _row(cells: Sequence[str]) -> bytes:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\n").writerow(cells)
    return buffer.getvalue().encode()


WRITER: Writer = CsvWriter()
