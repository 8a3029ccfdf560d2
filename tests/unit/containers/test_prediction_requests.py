"""The manual's body checks, in their order (spec 08 sections 4.2-4.3)."""

import base64
import contextlib
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbml_serving.replies import RequestError, error_body
from openbml_serving.requests import (
    MAX_BASE64_CHARACTERS,
    TABLE_BODY,
    check_text,
    read_base64,
    read_boolean,
    read_object,
    read_positive_integer,
    read_share,
)

JSON = "application/json"


def name_of_error(body: bytes, content_type: str = JSON) -> str:
    with pytest.raises(RequestError) as caught:
        read_object(body, content_type)
    return caught.value.name


@pytest.mark.parametrize(
    "header", [JSON, "application/json;charset=UTF-8", "Application/JSON ; charset=utf-8"]
)
def test_parameters_after_the_media_type_are_accepted(header: str) -> None:
    assert read_object(b'{"image": "x"}', header) == {"image": "x"}


@pytest.mark.parametrize(
    "header", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonl"]
)
def test_another_media_type_comes_before_everything_else(header: str) -> None:
    assert name_of_error(b"\xff", header) == "invalid_argument"


def test_bytes_that_are_not_utf8_come_before_json() -> None:
    assert name_of_error(b'{"image": "\xff"') == "image_undecodable"


@pytest.mark.parametrize("body", [b"", b"{", b"image=x", b"{'image': 1}", b'{"a": NaN}', b"[" * 100_000])
def test_what_is_not_json_is_told(body: bytes) -> None:
    assert name_of_error(body) == "json_invalid"


@pytest.mark.parametrize("body", [b"[]", b"1", b"null", b'"x"'])
def test_json_that_is_no_object_is_an_invalid_argument(body: bytes) -> None:
    assert name_of_error(body) == "invalid_argument"


@given(st.binary(max_size=200))
def test_no_body_breaks_the_checks(body: bytes) -> None:
    allowed = "image_undecodable|json_invalid|invalid_argument"
    with contextlib.suppress(RequestError):
        assert isinstance(read_object(body, JSON), dict)
        return
    with pytest.raises(RequestError, match=allowed):
        read_object(body, JSON)


def image_error(document: Mapping[str, Any]) -> str:
    with pytest.raises(RequestError) as caught:
        read_base64(document, "image")
    return caught.value.name


@pytest.mark.parametrize("document", [{}, {"image": ""}, {"image": None}])
def test_a_missing_or_empty_image_is_a_missing_parameter(document: dict[str, Any]) -> None:
    check_text(document, "image")
    assert image_error(document) == "parameter_missing"


@pytest.mark.parametrize("value", [1, ["x"], {"a": 1}, True])
def test_an_image_of_another_type_is_an_invalid_argument(value: object) -> None:
    with pytest.raises(RequestError, match="invalid_argument"):
        check_text({"image": value}, "image")


@pytest.mark.parametrize("text", ["data:image/png;base64,QUJD", "QUJ", "QU*D", "图片", "   ", "QUJD=QUJD"])
def test_undecodable_base64_is_told(text: str) -> None:
    assert image_error({"image": text}) == "base64_invalid"


def test_line_breaks_of_mime_encoders_are_allowed() -> None:
    data = bytes(range(256))
    assert read_base64({"image": base64.encodebytes(data).decode()}, "image") == data


def test_the_size_counts_base64_characters() -> None:
    assert len(read_base64({"image": "A" * MAX_BASE64_CHARACTERS}, "image")) == MAX_BASE64_CHARACTERS * 3 // 4
    assert image_error({"image": "A" * (MAX_BASE64_CHARACTERS + 4)}) == "size_invalid"


def test_undecodable_base64_comes_before_its_size() -> None:
    assert image_error({"image": "*" * (MAX_BASE64_CHARACTERS + 4)}) == "base64_invalid"


@pytest.mark.parametrize(
    ("value", "number"), [(None, 6), (1, 1), ("3", 3), (2.0, 2), ("2.0", 2), (10**9, 10**9)]
)
def test_numbers_and_numeric_strings_are_accepted(value: object, number: int) -> None:
    assert read_positive_integer({"top_num": value}, "top_num", default=6) == number


@pytest.mark.parametrize(
    "value", [0, -1, 1.5, "0", "many", "", True, [], {}, "nan", "inf", "1e999", "1_0", "٣", " 3"]
)
def test_what_is_no_whole_number_of_at_least_one_is_an_invalid_argument(value: object) -> None:
    with pytest.raises(RequestError, match="invalid_argument"):
        read_positive_integer({"top_num": value}, "top_num", default=6)


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        ("invalid_argument", 336001, "Invalid Argument"),
        ("json_invalid", 336002, "JSON不合法"),
        ("base64_invalid", 336003, "Base64解码失败"),
        ("size_invalid", 336004, "输入文件大小不合法"),
        ("image_undecodable", 336005, "图片解码失败"),
        ("parameter_missing", 336006, "缺失必要参数"),
        ("model_unavailable", 336100, "model temporarily unavailable"),
        ("internal", 336000, "Internal error"),
    ],
)
def test_errors_are_told_with_the_manuals_code_and_literal_message(
    name: str, code: int, message: str
) -> None:
    assert json.loads(error_body(name)) == {"error_code": code, "error_msg": message}


@pytest.mark.parametrize(
    ("given", "share"), [(None, 0.4), (0, 0.0), (1, 1.0), (0.25, 0.25), ("0.7", 0.7), ("1", 1.0), ("1.", 1.0)]
)
def test_a_share_may_be_a_number_or_its_text(given: object, share: float) -> None:
    assert read_share({"threshold": given}, "threshold", default=0.4) == share


@pytest.mark.parametrize("given", [-0.01, 1.01, "2", "-1", "0,5", "", "1e-3", True, [0.5], {}, "inf"])
def test_what_is_no_share_is_refused(given: object) -> None:
    with pytest.raises(RequestError) as caught:
        read_share({"threshold": given}, "threshold", default=0.4)
    assert caught.value.name == "invalid_argument"


def test_a_detail_is_said_behind_the_literal_message() -> None:
    message = json.loads(error_body("invalid_argument", "row 0: feature 'age' is missing"))["error_msg"]
    assert message == "Invalid Argument: row 0: feature 'age' is missing"


def test_a_long_detail_is_cut() -> None:
    assert len(error_body("invalid_argument", "x" * 10_000)) < 400


def test_bytes_that_are_not_utf_8_are_no_json_where_the_api_has_no_error_of_its_own() -> None:
    with pytest.raises(RequestError) as caught:
        read_object(b'{"data": "\xff"}', JSON, TABLE_BODY)
    assert caught.value.name == "json_invalid"


@pytest.mark.parametrize(("value", "wanted"), [(True, True), (False, False), (None, False)])
def test_a_boolean_may_be_left_out(value: bool | None, wanted: bool) -> None:
    assert read_boolean({"explain": value}, "explain") is wanted
    assert read_boolean({}, "explain") is False


@pytest.mark.parametrize("value", [0, 1, "true", [], {}])
def test_anything_else_is_no_boolean(value: object) -> None:
    with pytest.raises(RequestError, match="explain must be true or false"):
        read_boolean({"explain": value}, "explain")
