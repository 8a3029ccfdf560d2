"""CoNLL: a token on each line with its columns, the last one the tag; an empty line ends a sentence."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from openbml_formats.protocols import Reader, ReadSettings
from openbml_formats.records import Problem, Record, SourceFormatError
from openbml_formats.sentences import SENTENCE_TOKENS, SentenceReader
from openbml_formats.sources import Source
from openbml_formats.text_rules import Line, file_lines
from openbml_formats.text_samples import Place, files_of

_COMMENT = re.compile(r"# [\w.]+ = [^\t]*")  # CoNLL-U's
_DOCUMENT = "-DOCSTART-"


class _Sentence(NamedTuple):
    line: int
    tokens: list[str]
    tags: list[str]


class ConllReader:
    """Sentences are known by the line of their first token."""

    def records(self, source: Source, settings: ReadSettings) -> Iterator[Record | Problem]:
        files, others = files_of(source, [".txt", ".tsv", ".conll"], what="CoNLL file")
        yield from others
        sentences = SentenceReader(settings)
        for member in files:
            for sentence in _sentences(source, member.name):
                if isinstance(sentence, Problem):
                    yield sentence
                    continue
                place = Place(member.name, sentence.line)
                yield from sentences.record(sentence.tokens, sentence.tags, place, None)


def _sentences(source: Source, file: str) -> Iterator[_Sentence | Problem]:
    sentence: _Sentence | None = None
    for line in file_lines(source, file):
        if isinstance(line, Problem):
            if line.reason != "empty_line":
                raise SourceFormatError(f"{file}:{line.line}: {line.message}")
            if sentence:
                yield sentence
            sentence = None
        elif line.text.startswith(_DOCUMENT) or (sentence is None and _COMMENT.fullmatch(line.text)):
            continue
        else:
            sentence = sentence or _Sentence(line.number, [], [])
            _add_token(sentence, line, file)
    if sentence:
        yield sentence


def _add_token(sentence: _Sentence, line: Line, file: str) -> None:
    columns = line.text.rstrip(" \t").split("\t")
    if len(columns) == 1:
        columns = [column for column in line.text.split(" ") if column]
    if len(columns) < 2:
        raise SourceFormatError(f"{file}:{line.number}: {line.text[:60]!r} has no tag")
    if len(sentence.tokens) == SENTENCE_TOKENS:
        raise SourceFormatError(
            f"{file}:{line.number}: more than {SENTENCE_TOKENS} tokens without an empty line"
        )
    sentence.tokens.append(columns[0])
    sentence.tags.append(columns[-1].strip(" "))


READER: Reader = ConllReader()
