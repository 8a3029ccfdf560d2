"""Texts of strangers: encodings, line ends, limits."""

import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbml_catalog.datasets import LengthUnit, dataset_kinds
from openbml_formats.records import Problem, Severity, SourceFormatError
from openbml_formats.sources import FilesInMemory
from openbml_formats.text_rules import (
    LINE_CHARACTERS,
    Line,
    TextError,
    are_clean,
    checked_text,
    checked_token,
    cut_text,
    file_lines,
)

CLASSIFICATION = dataset_kinds()["text_classification"]
ENTITIES = dataset_kinds()["entity_extraction"]


def lines_of(data: bytes) -> list[Line | Problem]:
    return list(file_lines(FilesInMemory({"a.txt": data}), "a.txt"))


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_every_line_end_and_a_byte_order_mark_are_read(end: bytes, mark: bytes) -> None:
    assert lines_of(mark + b"one" + end + b"two") == [Line(1, "one"), Line(2, "two")]


@pytest.mark.parametrize(
    ("text", "encoding", "named"),
    [
        ("天气预报说今天下雨", "gb18030", "GB18030"),
        ("天气", "utf-16", "UTF-16"),
        ("café crème, déjà vu – 5 €\n", "cp1252", "Windows-1252"),
    ],
)
def test_text_that_is_not_utf_8_is_refused_with_its_probable_encoding(
    text: str, encoding: str, named: str
) -> None:
    with pytest.raises(SourceFormatError, match=named) as refused:
        lines_of(b"fine\n" + text.encode(encoding) if encoding != "utf-16" else text.encode(encoding))
    assert "a.txt" in str(refused.value)
    assert refused.value.reason == "encoding"
    assert "UTF-8" in str(refused.value)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_refused_and_named(encoding: str) -> None:
    with pytest.raises(SourceFormatError, match="UTF-16"):
        lines_of("plain ascii\n".encode(encoding))


def test_empty_lines_are_told_once_for_a_run() -> None:
    found = lines_of(b"a\n\n  \n\t\nb\n\n")
    assert found[0] == Line(1, "a")
    assert found[2] == Line(5, "b")
    runs = [item for item in found if isinstance(item, Problem)]
    assert [(run.line, run.severity) for run in runs] == [(2, Severity.SKIPPED), (6, Severity.SKIPPED)]
    assert runs[0].message == "and 2 more are empty"


def test_a_file_of_little_but_line_ends_is_one_problem() -> None:
    assert len(lines_of(b"\n" * 2_000_000)) == 1


class CountedStream(io.BytesIO):
    """A file of one endless line, made while it is read."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.left = size

    def read1(self, size: int | None = -1) -> bytes:
        assert size is not None
        assert 0 < size <= 1 << 20, "a reader asks for pieces"
        part = min(size, self.left)
        self.left -= part
        return b"x" * part

    read = read1


class OneStream(FilesInMemory):
    def __init__(self, stream: io.BytesIO) -> None:
        super().__init__({"a.txt": b""})
        self.stream = stream

    def open(self, name: str) -> io.BytesIO:
        return self.stream


def test_a_line_without_end_is_passed_over_in_pieces() -> None:
    found = list(file_lines(OneStream(CountedStream(20 * LINE_CHARACTERS)), "a.txt"))
    assert [item.reason for item in found if isinstance(item, Problem)] == ["line_too_long"]


def test_what_follows_a_line_that_is_too_long_is_read() -> None:
    found = lines_of(b"x" * (LINE_CHARACTERS + 5) + b"\nnext\n")
    assert found[1] == Line(2, "next")


def test_a_text_of_512_characters_stays_and_the_513th_is_cut() -> None:
    assert checked_text("天" * 512, CLASSIFICATION).notes == ()
    cut = checked_text("天" * 513, CLASSIFICATION)
    assert (len(cut.text), cut.notes[0].severity) == (512, Severity.CUT)


@pytest.mark.parametrize(
    ("character", "kept"), [("天", 5000), ("a", 10_000), ("\uff21", 5000), ("é", 10_000)]
)
def test_a_wide_character_counts_two_units_of_entity_extraction(character: str, kept: int) -> None:
    assert checked_text(character * kept, ENTITIES).notes == ()
    assert len(checked_text(character * (kept + 1), ENTITIES).text) == kept


@pytest.mark.parametrize("cluster", ["e\u0301", "👨\u200d👩\u200d👧", "☎\ufe0f", "e\u0301\u0302\u0323"])
def test_a_cut_never_takes_part_of_what_people_see_as_one_character(cluster: str) -> None:
    for limit in range(1, 12 + len(cluster)):
        cut = cut_text("x" * 6 + cluster + "y" * 9, limit, LengthUnit.CHARACTERS)
        assert cut == ("x" * 6 + cluster + "y" * 9)[: len(cut)]
        assert not 6 < len(cut) < 6 + len(cluster)


@given(st.text(st.characters(codec="utf-8"), max_size=60), st.integers(0, 40), st.sampled_from(LengthUnit))
def test_a_cut_is_a_beginning_within_the_limit(text: str, limit: int, unit: LengthUnit) -> None:
    cut = cut_text(text, limit, unit)
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in cut)
    assert text.startswith(cut)
    assert len(cut) + (wide if unit is LengthUnit.UNITS else 0) <= limit or cut == text


@given(st.text(max_size=80))
def test_a_checked_text_stays_as_it_is(text: str) -> None:
    try:
        once = checked_text(text, CLASSIFICATION).text
    except TextError:
        return
    assert checked_text(once, CLASSIFICATION) == (once, ())
    once.encode()


@given(st.text(max_size=20))
def test_a_token_keeps_its_place_whatever_stands_in_it(token: str) -> None:
    try:
        checked = checked_token(token).text
    except TextError:
        assert not token or "\0" in token or any(0xD800 <= ord(c) <= 0xDFFF for c in token)
        return
    assert len(checked) == len(token)
    assert are_clean([token]) == (checked == token)
    assert not set(checked) & set("\n\r\t") or "\t" in token


def test_control_characters_become_blanks_and_are_told() -> None:
    checked = checked_text("a\x07b\x85c", CLASSIFICATION)
    assert checked.text == "a b c"
    assert [note.reason for note in checked.notes] == ["control_characters"]
