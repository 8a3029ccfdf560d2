"""Splitting, batching, filtering and joining of batch transform."""

import io
import json
import struct
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_local.inputs import recordio
from sagemaker_local.transform.batching import RecordTooLargeError, batches
from sagemaker_local.transform.data_processing import (
    JoinError,
    OutputProcessing,
    append_answer,
    filter_input,
)
from sagemaker_local.transform.json_paths import NothingSelectedError, PathError, parse_path
from sagemaker_local.transform.records import RecordError, codec, raw_records
from sagemaker_local.transform.splitting import Span, SplitError, SplitType, masked_crc32c, spans

BLOBS = st.lists(st.binary(max_size=60), max_size=20)
LINES = st.lists(st.binary(max_size=40).map(lambda text: text.replace(b"\n", b"")), max_size=20)
CELLS = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0")), min_size=1, max_size=5)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


def tfrecord(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", masked_crc32c(length)) + data + struct.pack("<I", masked_crc32c(data))


def split(content: bytes, split_type: SplitType) -> list[bytes]:
    return [content[one.start : one.end] for one in spans(io.BytesIO(content), split_type)]


def lines_file(lines: list[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


@given(LINES)
def test_lines_split_and_assembled_with_newlines_are_the_file_again(lines: list[bytes]) -> None:
    assert split(lines_file(lines), "Line") == lines


@given(LINES, st.binary(min_size=1, max_size=9).map(lambda text: text.replace(b"\n", b"_")))
def test_a_last_line_needs_no_newline(lines: list[bytes], last: bytes) -> None:
    assert split(lines_file(lines) + last, "Line") == [*lines, last]


def test_a_line_longer_than_what_is_read_at_once_is_one_record() -> None:
    long = b"x" * (3 * 1024 * 1024 + 7)
    assert split(long + b"\nend", "Line") == [long, b"end"]


@pytest.mark.parametrize(("kind", "frame"), [("RecordIO", recordio.frame), ("TFRecord", tfrecord)])
@given(blobs=BLOBS)
def test_framed_records_come_whole_and_concatenate_to_the_file(
    kind: SplitType, frame: Callable[[bytes], bytes], blobs: list[bytes]
) -> None:
    framed = [frame(blob) for blob in blobs]
    assert split(b"".join(framed), kind) == framed


@pytest.mark.parametrize(("kind", "frame"), [("RecordIO", recordio.frame), ("TFRecord", tfrecord)])
@given(blob=st.binary(min_size=1, max_size=40), data=st.data())
def test_a_cut_file_is_refused(
    kind: SplitType, frame: Callable[[bytes], bytes], blob: bytes, data: st.DataObject
) -> None:
    framed = frame(blob)
    cut = data.draw(st.integers(1, len(framed) - 1))
    with pytest.raises(SplitError):
        split(framed[:cut], kind)


@pytest.mark.parametrize("kind", ["RecordIO", "TFRecord"])
@given(junk=st.binary(min_size=1, max_size=64))
def test_bytes_that_are_no_records_end_in_a_typed_error_or_in_records(kind: SplitType, junk: bytes) -> None:
    with suppress(SplitError):
        assert b"".join(split(junk, kind)) == junk


def test_a_record_in_parts_is_one_record_and_its_parts_must_be_in_order() -> None:
    def part(flag: int, data: bytes) -> bytes:
        head = recordio.HEADER.pack(recordio.MAGIC, flag << 29 | len(data))
        return head + data + bytes(recordio.padding(len(data)))

    whole = part(1, b"abcd") + part(2, b"e") + part(3, b"fg")
    assert split(whole + recordio.frame(b"next"), "RecordIO") == [whole, recordio.frame(b"next")]
    for wrong in (part(1, b"a"), part(3, b"a"), part(1, b"a") + recordio.frame(b"b")):
        with pytest.raises(SplitError):
            split(wrong, "RecordIO")


def test_a_huge_length_is_refused_without_reading_it() -> None:
    length = struct.pack("<Q", 2**60)
    with pytest.raises(SplitError, match="cut off"):
        split(length + struct.pack("<I", masked_crc32c(length)), "TFRecord")


def test_the_checksum_is_masked_castagnoli() -> None:
    known = 0xE3069283  # of the check string of every CRC catalogue
    assert masked_crc32c(b"123456789") == ((known >> 15 | known << 17) + 0xA282EAD8) & 0xFFFFFFFF


@given(LINES, st.integers(1, 100), st.booleans())
def test_batches_hold_all_records_in_order_within_the_limit(
    lines: list[bytes], limit: int, one_each: bool
) -> None:
    content = lines_file(lines)
    todo = batches(spans(io.BytesIO(content), "Line"), max_bytes=limit, one_each=one_each)
    if any(len(line) > limit for line in lines):
        with pytest.raises(RecordTooLargeError):
            list(todo)
        return
    found = list(todo)
    assert sum(one.records for one in found) == len(lines)
    assert all(one.span.size <= limit for one in found)
    assert b"\n".join(content[one.span.start : one.span.end] for one in found) == b"\n".join(lines)
    if one_each:
        assert all(one.records == 1 for one in found)
    else:
        for first, second in pairwise(found):
            next_record_ends = content.index(b"\n", second.span.start)
            assert next_record_ends - first.span.start > limit


def test_without_a_limit_everything_is_one_batch() -> None:
    assert [
        one.records for one in batches(iter([Span(0, 5), Span(6, 9)]), max_bytes=None, one_each=False)
    ] == [2]


@pytest.mark.parametrize(
    ("path", "record", "found"),
    [
        ("$", [1, 2], [1, 2]),
        ("$[1:]", ["a", "b", "c"], ["b", "c"]),
        ("$[:-1]", ["a", "b", "c"], ["a", "b"]),
        ("$[0, -1]", ["a", "b", "c"], ["a", "c"]),
        ("$[1]", ["a", "b"], "b"),
        ("$.a.b", {"a": {"b": {"c": 1}}}, {"c": 1}),
        ("$['a', 'b']", {"a": 1, "b": 2, "c": 3}, [1, 2]),
        ("$.SageMakerOutput", {"SageMakerOutput": [1]}, [1]),
        ("$.x[0:2]", {"x": [1, 2, 3]}, [1, 2]),
    ],
)
def test_the_path_subset_selects(path: str, record: Any, found: Any) -> None:
    assert parse_path(path).select(record) == found


@pytest.mark.parametrize(
    "path", ["", "a", "$..a", "$.*", "$[*]", "$[?(@.a>1)]", "$[0:4:2]", "$.a()", "$['a]", "$ "]
)
def test_paths_outside_the_subset_are_refused(path: str) -> None:
    with pytest.raises(PathError):
        parse_path(path)


@given(st.text(alphabet="$.[]'0123:,-ab*?@() ", max_size=20))
def test_any_text_is_a_path_or_a_typed_error(text: str) -> None:
    with suppress(PathError, NothingSelectedError):
        parse_path(text).select({"a": [1, 2, {"b": 3}]})


@given(CELLS)
def test_a_csv_row_survives_reading_and_writing(cells: list[str]) -> None:
    coder = codec("csv")
    assert coder.read(coder.write(cells)) == cells


@given(st.lists(JSON, min_size=1, max_size=6), st.data())
def test_joining_adds_each_answer_to_its_record(records: list[Any], data: st.DataObject) -> None:
    coder = codec("jsonlines")
    answers = data.draw(st.lists(JSON, min_size=len(records), max_size=len(records)))
    target = io.BytesIO()
    processing = OutputProcessing("jsonlines", joins=True, path=None, ends_with_newline=True)
    inputs = iter([coder.write(one) for one in records])
    processing.write(
        io.BytesIO(lines_file([coder.write(one) for one in answers])), inputs, len(records), target
    )
    for record, answer, line in zip(records, answers, target.getvalue().splitlines(), strict=True):
        found = json.loads(line)
        assert found["SageMakerOutput"] == answer
        if isinstance(record, dict):
            assert {**found, "SageMakerOutput": 0} == {**record, "SageMakerOutput": 0}
        else:
            assert found["SageMakerInput"] == record


@pytest.mark.parametrize("answer", [b"1\n", b"1\n2\n3\n", b""])
def test_counts_must_agree_to_join(answer: bytes) -> None:
    processing = OutputProcessing("csv", joins=True, path=None, ends_with_newline=True)
    with pytest.raises(JoinError):
        processing.write(io.BytesIO(answer), iter([b"a", b"b", b"c"]), 2, io.BytesIO())


def test_one_json_document_may_have_many_lines() -> None:
    target = io.BytesIO()
    processing = OutputProcessing(
        "jsonlines", joins=True, path=parse_path("$.SageMakerOutput.y"), ends_with_newline=True
    )
    processing.write(io.BytesIO(b'{\n "y": 1\n}\n'), iter([b'{"x": 2}']), 1, target)
    assert target.getvalue() == b"1\n"


@pytest.mark.parametrize(
    ("kind", "text"), [("json", b"{"), ("csv", b'"open'), ("csv", b"\xff"), ("jsonlines", b"[" * 9999)]
)
def test_what_is_not_of_its_format_is_a_typed_error(kind: Any, text: bytes) -> None:
    with pytest.raises(RecordError):
        codec(kind).read(text)


def test_a_whole_json_document_is_one_record() -> None:
    target = io.BytesIO()
    processing = OutputProcessing("json", joins=True, path=None, ends_with_newline=False)
    processing.write(io.BytesIO(b'{\n"y": 1}'), iter([b'{"x":\n2}']), None, target)
    assert target.getvalue() == b'{"x":2,"SageMakerOutput":{"y":1}}'


def test_the_input_filter_writes_what_is_sent(tmp_path: Path) -> None:
    source, target = tmp_path / "in", tmp_path / "out"
    source.write_bytes(b"id1,1,2\r\nid2,3,4\n")
    filter_input(source, target, "csv", parse_path("$[1:]"))
    assert target.read_bytes() == b"1,2\n3,4"
    with pytest.raises(RecordError, match=r"nothing at \$\.x"):
        filter_input(source, target, "csv", parse_path("$.x"))


@pytest.mark.parametrize(
    ("answer", "by_line", "written"),
    [(b"a", True, b"a\n"), (b"a\n", True, b"a\n"), (b"a", False, b"a"), (b"", True, b"")],
)
def test_answers_are_assembled(answer: bytes, by_line: bool, written: bytes) -> None:
    target = io.BytesIO()
    append_answer(io.BytesIO(answer), target, by_line=by_line)
    assert target.getvalue() == written


def test_raw_records_of_lines_have_no_line_ends() -> None:
    assert list(raw_records(io.BytesIO(b"a\r\nb\n\nc"), "csv")) == [b"a", b"b", b"", b"c"]
