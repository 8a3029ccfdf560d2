"""What each text format reads, and what it tells of what it does not take."""

import io
import json
import tracemalloc
from typing import Any, BinaryIO, cast

import pytest

from openbml_formats.annotations import Annotation, Span
from openbml_formats.readers import reader_of
from openbml_formats.records import NameMismatchError, Severity, SourceFormatError
from openbml_formats.sources import FilesInMemory, MemberUnreadableError
from tests.fakes.format_files import read, read_settings

SINGLE = read_settings("text_classification")
SEVERAL = read_settings("text_classification_multi_label")
PAIRS = read_settings("short_text_matching")
ENTITIES = read_settings("entity_extraction")
IOB = read_settings("sequence_labelling", scheme="IOB")


def lines(*items: Any) -> bytes:
    return "\n".join(json.dumps(item, ensure_ascii=False) for item in items).encode()


# --- unlabelled texts ---


def test_every_line_of_an_unlabelled_file_is_a_sample() -> None:
    records, problems = read("text_lines", {"a.txt": b"one\ntwo\twith tab\n", "b.TXT": b"three"}, SINGLE)
    assert [(record.name, record.texts) for record in records] == [
        ("a.txt:1", ("one",)),
        ("a.txt:2", ("two\twith tab",)),
        ("b.TXT:1", ("three",)),
    ]
    assert problems == []
    assert all(record.annotation is None for record in records)


def test_a_long_line_is_cut_to_512_characters_and_taken() -> None:
    records, problems = read("text_lines", {"a.txt": b"x" * 600}, SINGLE)
    assert len(records[0].texts[0]) == 512
    assert [(problem.reason, problem.severity) for problem in problems] == [("text_cut", Severity.CUT)]


def test_two_texts_with_a_tab_between_are_a_pair_and_other_counts_are_told() -> None:
    records, problems = read("text_lines", {"a.txt": b"a\tb\nonly one\na\tb\tc\n\tb\n"}, PAIRS)
    assert [record.texts for record in records] == [("a", "b")]
    assert [(problem.line, problem.reason) for problem in problems] == [
        (2, "column_count"),
        (3, "column_count"),
        (4, "text_missing"),
    ]


def test_each_file_of_an_archive_is_one_text() -> None:
    files = {
        "x/r1.txt": "\ufefffirst line\r\nsecond\n".encode(),
        "r2.txt": b"",
        "r3.txt": "天气".encode("gb18030"),
        "photo.jpg": b"",
        "__MACOSX/._r1.txt": b"\0\1",
        "x/": b"",
    }
    records, problems = read("text_files", files, SINGLE)
    assert [(record.name, record.texts) for record in records] == [("x/r1.txt", ("first line\nsecond",))]
    assert [(problem.file, problem.reason) for problem in problems] == [
        ("photo.jpg", "file_kind"),
        ("r2.txt", "text_missing"),
        ("r3.txt", "not_utf8"),
    ]
    assert "GB18030" in problems[2].message


@pytest.mark.parametrize(
    "format_code", ["text_lines", "text_files", "text_labels", "json_lines", "conll", "excel"]
)
def test_an_upload_without_a_fitting_file_is_refused(format_code: str) -> None:
    settings = IOB if format_code == "conll" else SINGLE
    with pytest.raises(SourceFormatError, match="there is no"):
        read(format_code, {"a.png": b""}, settings)


class DamagedFiles(FilesInMemory):
    """Files whose bytes end in a fault of the archive around them."""

    def open(self, name: str) -> BinaryIO:
        return cast(BinaryIO, io.BufferedReader(DamagedStream(self.read(name, limit=1 << 20))))


class DamagedStream(io.RawIOBase):
    def __init__(self, data: bytes) -> None:
        self._rest = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = self._rest.readinto(buffer)
        if not count:
            raise MemberUnreadableError("its checksum is wrong")
        return count


@pytest.mark.parametrize(
    ("format_code", "files"),
    [
        ("text_lines", {"a.txt": b"a\nb\n"}),
        ("text_labels", {"a.txt": b"a\tx\n"}),
        ("json_lines", {"a.jsonl": b'{"text": "a"}\n'}),
        ("csv", {"a.csv": b"text,label\na,b\n"}),
    ],
)
def test_a_file_that_its_archive_does_not_give_whole_is_refused_by_name(
    format_code: str, files: dict[str, bytes]
) -> None:
    with pytest.raises(SourceFormatError, match="checksum") as refused:
        read(format_code, DamagedFiles(files), SINGLE)
    assert next(iter(files)) in str(refused.value)


# --- labelled texts ---


def test_a_text_and_its_label_are_read_and_a_line_without_one_is_unlabelled() -> None:
    records, _ = read(
        "text_labels", {"a.txt": b"The battery died\tcomplaint\nwell packed\t praise \nhm\nhm\t\n"}, SINGLE
    )
    assert [record.annotation for record in records] == [
        Annotation(labels=("complaint",)),
        Annotation(labels=("praise",)),
        Annotation(),
        Annotation(),
    ]


def test_two_labels_of_a_single_label_text_are_a_fault_of_that_line() -> None:
    records, problems = read("text_labels", {"a.txt": b"a\tx\ty\nb\tx/y\n"}, SINGLE)
    assert [record.annotation for record in records] == [Annotation(labels=("x/y",))]
    assert [(problem.line, problem.reason) for problem in problems] == [(1, "several_labels")]


def test_several_labels_stand_in_columns_or_with_slashes_between() -> None:
    records, _ = read(
        "text_labels", {"a.txt": b"a\teducation/science\nb\teducation\tscience\tscience\n"}, SEVERAL
    )
    assert [record.annotation for record in records] == [Annotation(labels=("education", "science"))] * 2


def test_a_label_that_is_too_long_is_told() -> None:
    _, problems = read("text_labels", {"a.txt": b"a\t" + b"x" * 51}, SINGLE)
    assert [problem.reason for problem in problems] == ["label_name"]


def test_pairs_take_1_and_0_as_labels_and_nothing_else() -> None:
    records, problems = read("text_labels", {"a.txt": b"a\tb\t1\nc\td\t0\ne\tf\nc\td\tyes\nx\n"}, PAIRS)
    assert [(record.texts, record.annotation) for record in records] == [
        (("a", "b"), Annotation(labels=("1",))),
        (("c", "d"), Annotation(labels=("0",))),
        (("e", "f"), Annotation()),
    ]
    assert [problem.reason for problem in problems] == ["label_name", "column_count"]


@pytest.mark.parametrize("format_code", ["text_labels", "text_json", "json_lines", "csv"])
def test_an_unlabelled_import_leaves_annotations_out(format_code: str) -> None:
    files = {
        "text_labels": {"a.txt": b"text\tlabel"},
        "text_json": {"a.txt": b"text", "a.json": b'{"labels": [{"name": "label"}]}'},
        "json_lines": {"a.jsonl": b'{"text": "text", "label": "label"}'},
        "csv": {"a.csv": b"text,label\ntext,label\n"},
    }[format_code]
    records, problems = read(format_code, files, read_settings("text_classification", labelled=False))
    assert [(record.texts, record.annotation) for record in records] == [(("text",), None)]
    assert problems == []


def test_a_txt_and_a_json_of_one_stem_are_a_sample() -> None:
    files = {
        "x/r1.txt": b"text\n",
        "x/r1.json": b'{"labels": [{"name": "complaint"}]}',
        "r2.txt": b"b",
        "r2.json": b'{"labels": []}',
    }
    records, problems = read("text_json", files, SINGLE)
    assert [(record.texts[0], record.annotation) for record in records] == [
        ("text", Annotation(labels=("complaint",))),
        ("b", Annotation()),
    ]
    assert problems == []


def test_files_without_their_partners_are_named() -> None:
    with pytest.raises(NameMismatchError, match=r"r1\.txt") as refused:
        read("text_json", {"r1.txt": b"a", "r2.json": b"{}"}, SINGLE)
    assert {problem.file for problem in refused.value.problems} == {"r1.txt", "r2.json"}


@pytest.mark.parametrize("name", ["photo.jpg", "r1.xml", "readme"])
def test_other_kinds_of_files_beside_txt_and_json_are_refused(name: str) -> None:
    with pytest.raises(SourceFormatError, match=name):
        read("text_json", {"r1.txt": b"a", "r1.json": b'{"labels": []}', name: b""}, SINGLE)


@pytest.mark.parametrize(
    "document",
    [b"", b"[]", b'{"labels": 1}', b'{"labels": [1]}', b'{"labels": [{"name": 2}]}', b"\xff", b"NaN"],
)
def test_a_json_file_that_says_nothing_is_a_fault_of_its_text(document: bytes) -> None:
    records, problems = read(
        "text_json", {"a.txt": b"a", "a.json": document, "b.txt": b"b", "b.json": b'{"labels": []}'}, SINGLE
    )
    assert [record.name for record in records] == ["b.txt"]
    assert [problem.severity for problem in problems] == [Severity.REJECTED]


# --- JSON Lines ---


def test_json_lines_of_classification_take_a_label_or_labels() -> None:
    data = lines(
        {"text": "a", "label": "x"},
        {"text": "b", "labels": ["x", {"name": "y"}]},
        {"text": "c"},
        {"text": "d", "label": 3},
    )
    records, problems = read("json_lines", {"a.jsonl": data}, SEVERAL)
    assert [record.annotation for record in records] == [
        Annotation(labels=("x",)),
        Annotation(labels=("x", "y")),
        Annotation(),
        Annotation(labels=("3",)),
    ]
    assert problems == []


def test_json_lines_of_pairs_take_both_ways_of_naming() -> None:
    data = lines(
        {"text1": "a", "text2": "b", "label": 1},
        {"text_a": "a", "text_b": "b", "label": "0"},
        {"text1": "a", "text2": "b", "label": True},
    )
    records, _ = read("json_lines", {"a.jsonl": data}, PAIRS)
    assert [record.annotation.labels for record in records if record.annotation] == [("1",), ("0",), ("1",)]


@pytest.mark.parametrize(
    "said",
    [
        {"spans": [{"label": "PER", "start": 3, "end": 7, "text": "Chen"}]},
        {"entities": [{"label": "PER", "start": 3, "end": 7}]},
        {"entities": [{"label": "PER", "start_offset": 3, "end_offset": 7}]},
        {"label": [[3, 7, "PER"]]},
    ],
)
def test_json_lines_of_entities_take_spans_as_several_tools_write_them(said: dict[str, Any]) -> None:
    records, problems = read("json_lines", {"a.jsonl": lines({"text": "Ms Chen"} | said)}, ENTITIES)
    assert problems == []
    assert records[0].annotation == Annotation(spans=(Span(label="PER", start=3, end=7, text="Chen"),))


def test_spans_move_with_their_text_and_go_where_it_is_cut() -> None:
    spans = [{"label": "A", "start": 4, "end": 5}, {"label": "B", "start": 20_000, "end": 20_001}]
    records, problems = read(
        "json_lines", {"a.jsonl": lines({"text": "\r\n\r\nx" + "y" * 30_000, "spans": spans})}, ENTITIES
    )
    assert records[0].annotation == Annotation(spans=(Span(label="A", start=0, end=1, text="x"),))
    assert {problem.reason for problem in problems} == {"text_cut", "span_cut"}


@pytest.mark.parametrize(
    "spans",
    [
        [{"label": "A", "start": 2, "end": 2}],
        [{"label": "A", "start": 0, "end": 9}],
        [{"label": "A", "start": -1, "end": 1}],
        [{"label": "A", "start": 0, "end": 1, "text": "z"}],
        [{"label": "!?", "start": 0, "end": 1}],
        [{"start": 0, "end": 1}],
        [[0, 1]],
        "A",
    ],
)
def test_a_wrong_span_is_a_fault_of_its_line(spans: Any) -> None:
    records, problems = read(
        "json_lines", {"a.jsonl": lines({"text": "abc", "spans": spans}, {"text": "fine"})}, ENTITIES
    )
    assert [record.line for record in records] == [2]
    assert [problem.line for problem in problems if problem.severity is Severity.REJECTED] == [1]


def test_label_names_of_elsewhere_are_adapted_and_told_once() -> None:
    data = lines(*[{"text": f"{n}", "spans": [[0, 1, "first name"]]} for n in range(3)])
    records, problems = read("json_lines", {"a.jsonl": data}, ENTITIES)
    assert {span.label for record in records if record.annotation for span in record.annotation.spans} == {
        "firstname"
    }
    assert [(problem.reason, problem.severity) for problem in problems] == [
        ("label_renamed", Severity.CHANGED)
    ]


def test_a_json_file_with_an_array_is_read_too() -> None:
    data = json.dumps([{"text": "a", "label": "x"}, {"text": "b"}], indent=1).encode()
    records, problems = read("json_lines", {"a.json": data}, SINGLE)
    assert [record.name for record in records] == ["a.json:1", "a.json:2"]
    assert problems == []


@pytest.mark.parametrize(
    "data",
    [b'[{"text": "a"}', b'[{"text": "a"}] x', b'[{"text": "a"}, NaN]', b'[{"text": "a"},]', b"[" * 5000],
)
def test_an_array_that_is_not_whole_is_refused(data: bytes) -> None:
    with pytest.raises(SourceFormatError, match=r"a\.json"):
        read("json_lines", {"a.json": data}, SINGLE)


def test_a_json_file_in_another_encoding_is_refused_as_such() -> None:
    with pytest.raises(SourceFormatError) as refused:
        read("json_lines", {"a.json": '[{"text": "天气"}]'.encode("gb18030")}, SINGLE)
    assert refused.value.reason == "encoding"


def test_an_array_of_any_size_is_read_item_by_item() -> None:
    item = json.dumps({"text": "x" * 500}).encode()
    records = reader_of("json_lines").records(
        FilesInMemory({"a.json": b"[" + b",".join([item] * 40_000) + b"]"}), SINGLE
    )
    tracemalloc.start()
    assert sum(1 for _ in records) == 40_000
    assert tracemalloc.get_traced_memory()[1] < 16 * 1024 * 1024
    tracemalloc.stop()


@pytest.mark.parametrize(
    "line",
    [b"{", b"1", b'{"text": 1}', b'{"label": "x"}', b"[" * 5000, b'{"text": "\\ud800"}', b'{"text": NaN}'],
)
def test_a_line_that_is_no_sample_is_told_and_the_next_is_read(line: bytes) -> None:
    records, problems = read("json_lines", {"a.jsonl": line + b'\n{"text": "fine"}'}, SINGLE)
    assert [record.line for record in records] == [2]
    assert [problem.line for problem in problems] == [1]


# --- CSV of texts ---


def test_csv_columns_are_found_by_name_or_place() -> None:
    named, _ = read("csv", {"a.csv": b'id,label,text\n1,x,"two\nlines, quoted"\n2,,b\n'}, SINGLE)
    assert [(record.texts[0], record.annotation) for record in named] == [
        ("two\nlines, quoted", Annotation(labels=("x",))),
        ("b", Annotation()),
    ]
    placed, _ = read("csv", {"a.csv": b"a;b;1\nc;d;0\n"}, PAIRS)
    assert [record.texts for record in placed] == [("a", "b"), ("c", "d")]


def test_a_table_that_is_none_is_refused() -> None:
    with pytest.raises(SourceFormatError, match="zip archive"):
        read("csv", {"a.csv": b"PK\x03\x04"}, SINGLE)
