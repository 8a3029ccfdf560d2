"""`data.conll`: a token, a tab and its tag on each line, an empty line between sentences."""

from collections.abc import Iterable, Iterator

from openbml_formats.protocols import Archive, ExportInfo, Writer
from openbml_formats.records import ExportSample
from openbml_formats.unwritable import UnwritableSampleError


class ConllWriter:
    def write(self, info: ExportInfo, samples: Iterable[ExportSample], archive: Archive) -> None:
        archive.add_from("data.conll", (_sentence(sample) for sample in samples))


def _sentence(sample: ExportSample) -> bytes:
    tokens, tags = sample.texts, sample.annotation.tags
    if len(tokens) != len(tags):
        raise UnwritableSampleError(sample.sample_id, "has no tag for each token")
    for item in (*tokens, *tags):
        if not item or item.startswith(("-DOCSTART-", "\ufeff")) or set(item) & set("\t\n\r\0"):
            raise UnwritableSampleError(sample.sample_id, "has a token that the line cannot hold")
    return "".join(_lines(tokens, tags)).encode()


def _lines(tokens: Iterable[str], tags: Iterable[str]) -> Iterator[str]:
    for token, tag in zip(tokens, tags, strict=True):
        yield f"{token}\t{tag}\n"
    yield "\n"


WRITER: Writer = ConllWriter()
