"""Archives of tagged sentences with `label_map.json` (spec 02 section 4.4)."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from openbml_catalog.datasets import LabelRule
from openbml_formats.json_values import JsonFormatError, strict_json
from openbml_formats.label_names import checked_label
from openbml_formats.limits import MIB
from openbml_formats.protocols import ReadSettings
from openbml_formats.records import AnnotationError, Problem, Record, SourceFormatError
from openbml_formats.sentences import SentenceReader
from openbml_formats.sources import Member, MemberUnreadableError, Source
from openbml_formats.tag_schemes import OUTSIDE, split_tag
from openbml_formats.text_rules import Line, TextError, decoded_text, file_lines
from openbml_formats.text_samples import Place, is_litter

LABEL_MAP = "label_map.json"
FILE_BYTES = 40 * MIB
LABEL_MAP_BYTES = MIB
MOST_LABELS = 10_000

_INDEX = re.compile(r"[0-9]{1,9}")


class TaggedReader:
    """The map is checked in a dataset's first import and not looked at later."""

    def records(self, source: Source, settings: ReadSettings) -> Iterator[Record | Problem]:
        first = settings.label_map is None
        known = frozenset(self.label_map(source)) if first else None
        sentences = SentenceReader(settings)
        for member in _text_files(source):
            for line in file_lines(source, member.name):
                if not isinstance(line, Line):
                    if first and line.reason == "line_too_long":
                        raise SourceFormatError(f"{line.file}:{line.line}: {line.message}")
                    yield line
                    continue
                place = Place(member.name, line.number)
                columns = line.text.split("\t")
                if len(columns) == 2:
                    tokens, tags = ([item for item in column.split(" ") if item] for column in columns)
                    yield from sentences.record(tokens, tags, place, known)
                    continue
                message = f"has {len(columns)} columns where tokens, one tab and labels are expected"
                if first:
                    raise SourceFormatError(f"{place.name}: {message}")
                yield place.problem("column_count", message)

    def label_map(self, source: Source) -> Mapping[str, int]:
        """Return the labels with their numbers.

        Raises:
            SourceFormatError: there is not exactly one `label_map.json`, or it is not an object of labels
                with different numbers.
        """
        names = [member.name for member in source.members() if not is_litter(member.name)]
        found = [name for name in names if name.rpartition("/")[2] == LABEL_MAP]
        if len(found) != 1:
            raise SourceFormatError(f"the archive has {len(found)} files named {LABEL_MAP}, one is needed")
        try:
            text = decoded_text(source.read(found[0], limit=LABEL_MAP_BYTES))
            return _checked_map(strict_json(text))
        except (MemberUnreadableError, TextError, JsonFormatError, AnnotationError) as error:
            raise SourceFormatError(f"{found[0]}: {error}") from error


def _checked_map(document: Any) -> Mapping[str, int]:
    if not isinstance(document, dict) or not 0 < len(document) <= MOST_LABELS:
        raise AnnotationError("label_map", 'is not an object {"label": number}')
    labels: dict[str, int] = {}
    for label, value in document.items():
        parts = split_tag(label)
        if parts is None and label != OUTSIDE:
            raise AnnotationError("label_map", f"{label[:60]!r} is no label such as PER-B, B-PER or O")
        if parts:
            checked_label(parts[0], LabelRule.TEXT)
        labels[label] = _index(label, value)
    if len(set(labels.values())) != len(labels):
        raise AnnotationError("label_map", "gives two labels the same number")
    return labels


def _index(label: str, value: Any) -> int:
    if isinstance(value, str) and _INDEX.fullmatch(value):
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 10**9:
        raise AnnotationError("label_map", f"the number of {label[:60]!r} is no whole number from 0")
    return value


def _text_files(source: Source) -> Iterator[Member]:
    files: list[Member] = []
    for member in source.members():
        name = member.name.rpartition("/")[2]
        if is_litter(member.name) or name == LABEL_MAP:
            continue
        if not name.lower().endswith((".txt", ".tsv")):
            raise SourceFormatError(
                f"{member.name}: only .txt, .tsv and {LABEL_MAP} are possible in the archive"
            )
        if member.size > FILE_BYTES:
            raise SourceFormatError(f"{member.name} is larger than {FILE_BYTES // MIB} MB")
        files.append(member)
    if not files:
        raise SourceFormatError("there is no .txt or .tsv file in the archive")
    yield from files


READER = TaggedReader()
