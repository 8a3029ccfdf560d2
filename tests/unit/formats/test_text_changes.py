"""Changes of texts: what they do, and that what was marked still stands where it is said to."""

import random
import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbml_catalog.datasets.operators import data_operators
from openbml_formats.annotations import Span
from openbml_formats.operators.edits import Edit, edited, moved_spans
from openbml_formats.operators.operations import Operation
from openbml_formats.operators.text_changes import TEXT_CHANGES

TEXTS = st.text(st.sampled_from("ab <>/&;brpＡ　１。中国頭发😀\n\t.@:www-"), max_size=60)


def changed(code: str, text: str, spans: tuple[Span, ...] = (), *, seed: int = 0, **values: object) -> str:
    return edited(text, edits_of(code, text, spans, seed=seed, **values))


def edits_of(
    code: str, text: str, spans: tuple[Span, ...] = (), *, seed: int = 0, **values: object
) -> list[Edit]:
    parameters = {**data_operators()[code].defaults(), **values}
    operation = Operation.model_validate({"code": code, "parameters": parameters})
    return list(TEXT_CHANGES[code](text, spans, operation, random.Random(seed)))


def marked(text: str, part: str, label: str = "x") -> Span:
    start = text.index(part)
    return Span(label=label, start=start, end=start + len(part), text=part)


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        ("strip_markup", "<p class='x'>a &amp; b</p><br/>c", " a & b  c"),
        ("strip_markup", "1 < 2 and 3 > 2, a&b", "1 < 2 and 3 > 2, a&b"),
        ("strip_markup", "a<script>if (x < 1) {}</script>b<!-- c -->d", "abd"),
        ("strip_markup", "open <script>never closed", "open "),
        ("narrow_characters", "ＡＢＣ１２３！　全角。", "ABC123! 全角。"),
        ("trim_blanks", "  a \n b  ", "a b"),
        ("remove_urls", "看 http://t.cn/Ab1?x=2，好 www.x.cn", "看 ，好 "),
        ("remove_emails", "an me.you+1@example.co.uk!", "an !"),
        ("remove_emoji", "好👍🏽的👨‍👩‍👧❤️", "好的"),
    ],
)
def test_an_operator_does_what_it_says(code: str, text: str, expected: str) -> None:
    assert changed(code, text) == expected


@pytest.mark.parametrize("code", sorted(set(TEXT_CHANGES) - {"convert_chinese"}))
@settings(deadline=None)
@given(text=TEXTS, place=st.integers(0, 60), length=st.integers(1, 10), seed=st.integers(0, 5))
def test_edits_are_in_order_and_spans_say_what_stands_there(
    code: str, text: str, place: int, length: int, seed: int
) -> None:
    end = min(len(text), place + length)
    spans = (Span(label="x", start=place, end=end, text=text[place:end]),) if place < end else ()
    edits = edits_of(code, text, spans, seed=seed)
    for before, after in pairwise(edits):
        assert before.end <= after.start
    new = edited(text, edits)
    for span in moved_spans(spans, text, edits).spans:
        assert new[span.start : span.end] == span.text
        assert span.text


@settings(deadline=None)
@given(TEXTS)
def test_augmentation_of_texts_leaves_entities_as_they_are(text: str) -> None:
    if len(text) < 4:
        return
    span = Span(label="x", start=1, end=3, text=text[1:3])
    for code in ("swap_characters", "delete_characters"):
        edits = edits_of(code, text, (span,), share=0.3)
        moved = moved_spans((span,), text, edits)
        assert [one.text for one in moved.spans] == [span.text]


def test_an_entity_moves_with_the_markup_around_it() -> None:
    text = "<b>Anna</b> lives in <i>Köln</i>"
    spans = (marked(text, "Anna"), marked(text, "Köln"))
    edits = edits_of("strip_markup", text, spans)
    moved = moved_spans(spans, text, edits)
    assert edited(text, edits) == "Anna lives in Köln"
    assert [(span.start, span.end, span.text) for span in moved.spans] == [(0, 4, "Anna"), (14, 18, "Köln")]


def test_an_entity_that_is_taken_out_is_dropped_and_one_cut_by_a_change_is_widened() -> None:
    text = "see www.a.de now &amp; then"
    gone = moved_spans((marked(text, "www.a.de"),), text, edits_of("remove_urls", text))
    assert gone.spans == ()
    assert list(gone.dropped) == ["x"]
    half = moved_spans((marked(text, "now &a"),), text, edits_of("strip_markup", text))
    assert half.spans[0].text == "now &"
    assert list(half.widened) == ["x"]


def test_the_same_seed_gives_the_same_text() -> None:
    text = "the quick brown fox jumps over the lazy dog"
    for code in ("swap_characters", "delete_characters"):
        assert changed(code, text, seed=3) == changed(code, text, seed=3)
        assert changed(code, text, seed=3) != changed(code, text, seed=4)


@pytest.mark.parametrize(
    "code", ["strip_markup", "remove_urls", "remove_emails", "remove_emoji", "trim_blanks"]
)
@pytest.mark.parametrize("unit", ["<a", "<!--", "&a", "<script>", "a@", "www.", "a", " ", "<a a", "😀"])
def test_hostile_texts_take_time_in_proportion_to_their_length(code: str, unit: str) -> None:
    text = unit * (20_000 // len(unit))
    start = time.monotonic()
    changed(code, text)
    assert time.monotonic() - start < 2


def test_chinese_is_converted_by_words_and_other_scripts_stay() -> None:
    pytest.importorskip("opencc")
    assert changed("convert_chinese", "头发发展 abc", target="traditional") == "頭髮發展 abc"
    assert changed("convert_chinese", "漢字轉換 カナ", target="simplified") == "汉字转换 カナ"


def test_entities_stay_right_when_their_script_is_converted() -> None:
    pytest.importorskip("opencc")
    text = "他在頭髮中心工作"
    span = marked(text, "頭髮中心")
    edits = edits_of("convert_chinese", text, (span,), target="simplified")
    assert moved_spans((span,), text, edits).spans[0].text == "头发中心"
