"""`texts.txt`, a text on each line; annotations stay behind."""

from collections.abc import Iterable, Iterator

from openbml_formats.carried import line_of
from openbml_formats.protocols import Archive, ExportInfo, Writer
from openbml_formats.records import ExportSample


class TextLinesWriter:
    def write(self, info: ExportInfo, samples: Iterable[ExportSample], archive: Archive) -> None:
        archive.add_from("texts.txt", _lines(samples))


def _lines(samples: Iterable[ExportSample]) -> Iterator[bytes]:
    for sample in samples:
        yield line_of(sample, sample.texts, tabs=len(sample.texts) == 1)


WRITER: Writer = TextLinesWriter()
