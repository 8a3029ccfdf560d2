"""`texts.txt`, a text and its label on each line with a tab between; several labels with slashes between."""

from collections.abc import Iterable, Iterator

from openbml_formats.carried import joined_labels, line_of
from openbml_formats.protocols import Archive, ExportInfo, Writer
from openbml_formats.records import ExportSample


class TextLabelsWriter:
    def write(self, info: ExportInfo, samples: Iterable[ExportSample], archive: Archive) -> None:
        archive.add_from("texts.txt", _lines(info, samples))


def _lines(info: ExportInfo, samples: Iterable[ExportSample]) -> Iterator[bytes]:
    for sample in samples:
        labels = joined_labels(sample, several=info.kind.several)
        yield line_of(sample, [*sample.texts, *labels])


WRITER: Writer = TextLabelsWriter()
