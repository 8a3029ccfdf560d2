"""Identifiers and list cursors."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbml.core.errors import InvalidCursorError
from openbml.core.ids import new_id, new_log_id
from openbml.core.pages import CursorCodec

CODEC = CursorCodec(b"a secret of this test")
POSITIONS = st.dictionaries(st.text(max_size=8), st.integers() | st.text(max_size=20), min_size=1, max_size=4)


def test_ids_keep_every_digit_in_javascript() -> None:
    assert 0 < new_id() < 2**53


def test_log_ids_fill_63_bits_at_most() -> None:
    assert 0 < new_log_id() < 2**63


def test_later_ids_sort_later() -> None:
    early = new_id() >> 12
    assert early <= new_id() >> 12


def test_ids_of_one_moment_differ() -> None:
    # 22 random bits: twenty of one millisecond collide once in 20,000 runs, a thousand would in one of eight.
    assert len({new_log_id() for _ in range(20)}) == 20


@given(POSITIONS)
def test_a_cursor_leads_back_to_its_position(position: dict[str, Any]) -> None:
    cursor = CODEC.encode(position, purpose="projects/1")
    assert CODEC.decode(cursor, purpose="projects/1") == position


def test_the_last_page_has_no_cursor() -> None:
    assert CODEC.encode(None, purpose="projects/1") is None
    assert CODEC.decode(None, purpose="projects/1") is None


def test_a_cursor_of_another_list_is_refused() -> None:
    cursor = CODEC.encode({"pk": "account#1"}, purpose="projects/1")
    with pytest.raises(InvalidCursorError):
        CODEC.decode(cursor, purpose="projects/2")


def test_a_cursor_signed_with_another_key_is_refused() -> None:
    cursor = CursorCodec(b"another secret").encode({"pk": "account#1"}, purpose="projects/1")
    with pytest.raises(InvalidCursorError):
        CODEC.decode(cursor, purpose="projects/1")


@given(st.text(max_size=200))
def test_no_text_is_a_cursor(text: str) -> None:
    with pytest.raises(InvalidCursorError):
        CODEC.decode(text, purpose="projects/1")


@given(POSITIONS, st.integers(min_value=0, max_value=40), st.integers(min_value=1, max_value=255))
def test_a_changed_cursor_is_refused(position: dict[str, Any], place: int, change: int) -> None:
    cursor = CODEC.encode(position, purpose="p") or ""
    at = place % len(cursor)
    changed = chr(ord("A") + (ord(cursor[at]) + change) % 26)
    if changed == cursor[at]:
        return
    with contextlib.suppress(InvalidCursorError):
        assert CODEC.decode(cursor[:at] + changed + cursor[at + 1 :], purpose="p") == position
