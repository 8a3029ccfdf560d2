"""Tagged sentences in files of at most 32 MiB, with `label_map.json`."""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, count

from openbml_formats.protocols import Archive, ExportInfo, Writer
from openbml_formats.records import ExportSample
from openbml_formats.tag_schemes import OUTSIDE
from openbml_formats.unwritable import UnwritableSampleError

PART_BYTES = 32 * 1024 * 1024  # an import takes files of 40


class TaggedWriter:
    def __init__(self, *, part_bytes: int = PART_BYTES) -> None:
        self._part_bytes = part_bytes

    def write(self, info: ExportInfo, samples: Iterable[ExportSample], archive: Archive) -> None:
        tags: dict[str, None] = {}
        lines = _lines(samples, tags)
        for number in count(1):
            first = next(lines, None)
            if first is None:
                break
            archive.add_from(f"part{number}.txt", chain([first], _some(lines, self._part_bytes)))
        archive.add("label_map.json", json.dumps(_label_map(info, tags), ensure_ascii=False).encode())


def _some(lines: Iterator[bytes], most: int) -> Iterator[bytes]:
    size = 0
    while size < most and (line := next(lines, None)) is not None:
        size += len(line)
        yield line


def _lines(samples: Iterable[ExportSample], tags: dict[str, None]) -> Iterator[bytes]:
    for sample in samples:
        items = [*sample.texts, *sample.annotation.tags]
        if any(not item or item.startswith("\ufeff") or set(item) & set(" \t\n\r\0") for item in items):
            raise UnwritableSampleError(sample.sample_id, "has a token that the line cannot hold")
        if len(sample.annotation.tags) != len(sample.texts):
            raise UnwritableSampleError(sample.sample_id, "has no tag for each token")
        tags.update(dict.fromkeys(sample.annotation.tags))
        yield f"{' '.join(sample.texts)}\t{' '.join(sample.annotation.tags)}\n".encode()


def _label_map(info: ExportInfo, tags: Iterable[str]) -> Mapping[str, int]:
    """Return the dataset's map, with what is missing in it behind."""
    labels = dict(info.label_map)
    following = count(max(labels.values(), default=-1) + 1)
    for tag in [*sorted(tag for tag in tags if tag != OUTSIDE), OUTSIDE]:
        if tag not in labels:
            labels[tag] = next(following)
    return labels


WRITER: Writer = TaggedWriter()
