"""Annotation files of one label per image (spec 02 section 3.4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbml.datasets.annotations import SampleRejectedError, parsed_labels
from tests.fakes.datasets_archives import annotation


def reason(data: bytes) -> str:
    with pytest.raises(SampleRejectedError) as caught:
        parsed_labels(data)
    return str(caught.value.details["reason"])


def test_one_label_and_none_are_taken() -> None:
    assert parsed_labels(annotation("scratch_1-a")) == ["scratch_1-a"]
    assert parsed_labels(annotation()) == []


def test_a_byte_order_mark_and_unknown_members_do_no_harm() -> None:
    assert parsed_labels(b"\xef\xbb\xbf" + annotation("a")) == ["a"]
    assert parsed_labels(b'{"version": 2, "labels": [{"name": "a", "score": 1}]}') == ["a"]


def test_several_labels_are_rejected() -> None:
    assert reason(annotation("a", "b")) == "several_labels"


@pytest.mark.parametrize("name", ["", "裂纹", "a b", "a/b", "a" * 21, "a\n", "a#b"])
def test_bad_label_names_are_rejected(name: str) -> None:
    assert reason(annotation(name)) == "label_name"


@pytest.mark.parametrize("name", ["a" * 20, "7", "-", "_x"])
def test_good_label_names_are_taken(name: str) -> None:
    assert parsed_labels(annotation(name)) == [name]


@pytest.mark.parametrize(
    "data",
    [
        b"[]",
        b"null",
        b"1",
        b"{}",
        b'{"labels": {}}',
        b'{"labels": ["a"]}',
        b'{"labels": [{}]}',
        b'{"labels": [{"name": 1}]}',
    ],
)
def test_other_shapes_are_rejected(data: bytes) -> None:
    assert reason(data) == "annotation_shape"


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe{}", "裂".encode("gbk"), b"[" * 100_000])
def test_what_is_not_json_is_rejected(data: bytes) -> None:
    assert reason(data) == "annotation_json"


def test_an_annotation_over_five_megabytes_is_rejected_unread() -> None:
    assert reason(b" " * (5 * 1024 * 1024 + 1)) == "annotation_size"


@given(st.binary(max_size=200))
def test_no_bytes_break_the_parser(data: bytes) -> None:
    try:
        parsed_labels(data)
    except SampleRejectedError:
        return
