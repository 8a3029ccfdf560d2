"""What formats of tagged sentences read, refuse as a whole at first, and filter out later."""

import pytest

from openbml_formats.annotations import Annotation
from openbml_formats.readers.tagged import READER as TAGGED
from openbml_formats.records import SourceFormatError
from openbml_formats.sources import FilesInMemory
from tests.fakes.format_files import read, read_settings

IOB = read_settings("sequence_labelling", scheme="IOB")
MAP = b'{"P-B": 0, "P-I": "1", "T-B": 2, "O": 3}'


def test_sentences_of_several_files_are_read_with_one_map() -> None:
    files = {
        "d/a.txt": "王 五 1 3\tP-B P-I T-B O\n".encode(),
        "b.tsv": b"x y\tO P-B\n\n",
        "label_map.json": MAP,
    }
    records, problems = read("tagged", files, IOB)
    assert [(record.texts, record.annotation) for record in records] == [
        (("王", "五", "1", "3"), Annotation(tags=("P-B", "P-I", "T-B", "O"))),
        (("x", "y"), Annotation(tags=("O", "P-B"))),
    ]
    assert [problem.reason for problem in problems] == ["empty_line"]
    assert TAGGED.label_map(FilesInMemory(files)) == {"P-B": 0, "P-I": 1, "T-B": 2, "O": 3}


@pytest.mark.parametrize(
    ("files", "named"),
    [
        ({"a.txt": b"x\tO\n"}, "label_map.json"),
        ({"a.txt": b"x\tO\n", "labels.json": MAP}, "label_map.json"),
        ({"a.txt": b"x\tO\n", "label_map.json": MAP, "x/label_map.json": MAP}, "2 files"),
        ({"label_map.json": MAP}, "no .txt"),
        ({"a.txt": b"x\tO\n", "label_map.json": MAP, "b.png": b""}, "b.png"),
        ({"a.txt": b"x y\tO\n", "label_map.json": MAP}, "a.txt:1.*2 tokens and 1 labels"),
        ({"a.txt": b"x\tO\nx\tP-E\n", "label_map.json": b'{"P-E": 0, "O": 1}'}, "a.txt:2.*P-E"),
        ({"a.txt": b"x\tQ-B\n", "label_map.json": MAP}, "a.txt:1.*Q-B"),
        ({"a.txt": b"x\n", "label_map.json": MAP}, "a.txt:1.*1 columns"),
        ({"a.txt": b"x\tO\n", "label_map.json": b"[]"}, "label_map.json"),
        ({"a.txt": b"x\tO\n", "label_map.json": b"{}"}, "label_map.json"),
        ({"a.txt": b"x\tO\n", "label_map.json": b'{"O": 0, "P-B": 0}'}, "same number"),
        ({"a.txt": b"x\tO\n", "label_map.json": b'{"O": -1}'}, "no whole number"),
        ({"a.txt": b"x\tO\n", "label_map.json": b'{"O": true}'}, "no whole number"),
        ({"a.txt": b"x\tO\n", "label_map.json": b'{"O": 1.5}'}, "no whole number"),
        ({"a.txt": b"x\tO\n", "label_map.json": b'{"person": 1}'}, "no label"),
        ({"a.txt": "天\tO\n".encode("gb18030"), "label_map.json": MAP}, "a.txt.*GB18030"),
    ],
)
def test_the_first_archive_of_sentences_fails_as_a_whole_and_says_where(
    files: dict[str, bytes], named: str
) -> None:
    with pytest.raises(SourceFormatError, match=named):
        read("tagged", files, IOB)


def test_a_wrong_scheme_is_told_apart_from_a_wrong_shape() -> None:
    for line, reason in ((b"x\tP-S\n", "tag_scheme"), (b"x\n", "archive_format")):
        with pytest.raises(SourceFormatError) as refused:
            read("conll", {"a.txt": line}, IOB)
        assert refused.value.reason == reason


def test_a_file_of_sentences_above_40_mb_is_refused() -> None:
    line = b"x\tO\n"
    with pytest.raises(SourceFormatError, match="40 MB"):
        read("tagged", {"a.txt": line * (40 * 1024 * 1024 // 4 + 1), "label_map.json": MAP}, IOB)


def test_a_second_import_filters_lines_and_does_not_look_at_the_map() -> None:
    settings = read_settings("sequence_labelling", scheme="IOB", label_map={"P-B": 0, "P-I": 1, "O": 2})
    files = {"a.txt": b"x y\tP-B P-I\nz\tT-B\nx\tO O\nx\nw\tO\n", "label_map.json": b"broken"}
    records, problems = read("tagged", files, settings)
    assert [record.line for record in records] == [1, 5]
    assert [(problem.line, problem.reason) for problem in problems] == [
        (2, "unknown_label"),
        (3, "tag_count"),
        (4, "column_count"),
    ]
    del files["label_map.json"]
    assert len(read("tagged", files, settings)[0]) == 2


def test_conll_is_read_with_blanks_or_tabs_and_any_number_of_columns() -> None:
    text = """-DOCSTART- -X- -X- O

# sent_id = 1
EU NNP B-NP B-ORG
rejects VBZ B-VP O
#a=b X Y O

New York\tB-LOC

"""
    records, problems = read("conll", {"a.conll": text.encode()}, IOB)
    assert [(record.name, record.texts, record.annotation) for record in records] == [
        ("a.conll:4", ("EU", "rejects", "#a=b"), Annotation(tags=("B-ORG", "O", "O"))),
        ("a.conll:8", ("New York",), Annotation(tags=("B-LOC",))),
    ]
    assert problems == []


@pytest.mark.parametrize(
    ("text", "named"),
    [("word\n", "a.txt:1"), ("x S-PER\n", "a.txt:1"), ("x person\n", "a.txt:1"), ("x O\n" * 10_001, "10000")],
)
def test_conll_of_another_scheme_or_shape_is_refused(text: str, named: str) -> None:
    with pytest.raises(SourceFormatError, match=named):
        read("conll", {"a.txt": text.encode()}, IOB)
