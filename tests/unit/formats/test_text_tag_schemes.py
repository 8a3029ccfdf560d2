"""The equivalences of spec 02 section 4.4: the same chunks in every scheme and order of a tag's parts."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbml_formats.tag_schemes import TagScheme, chunks, illegal_tag

LENGTHS = st.lists(
    st.tuples(st.sampled_from(["CN", "KR", "PER", "ORG", ""]), st.integers(1, 5)), min_size=1, max_size=12
)


def tags_of(kind: str, length: int, scheme: TagScheme) -> list[str]:
    """Return the tags of one chunk as the manual's table has them."""
    if not kind:
        return ["O"] * length
    positions = {
        TagScheme.IOB: ["B", *"I" * (length - 1)],
        TagScheme.IO: ["I"] * length,
        TagScheme.IOE: [*"I" * (length - 1), "E"],
        TagScheme.IOBES: ["S"] if length == 1 else ["B", *"I" * (length - 2), "E"],
    }[scheme]
    return [f"{kind}-{position}" for position in positions]


def sentence(parts: list[tuple[str, int]], scheme: TagScheme) -> list[str]:
    return [tag for kind, length in parts for tag in tags_of(kind, length, scheme)]


def turned(tags: list[str]) -> list[str]:
    return ["-".join(reversed(tag.split("-"))) for tag in tags]


def test_the_table_of_the_manual() -> None:
    for scheme, tags in {
        TagScheme.IOB: ["CN-B", "PER-B", "PER-I", "PER-I", "O"],
        TagScheme.IO: ["CN-I", "PER-I", "PER-I", "PER-I", "O"],
        TagScheme.IOE: ["CN-E", "PER-I", "PER-I", "PER-E", "O"],
        TagScheme.IOBES: ["CN-S", "PER-B", "PER-I", "PER-E", "O"],
    }.items():
        assert illegal_tag(tags, scheme) is None
        assert list(chunks(tags, scheme)) == [("CN", 0, 1), ("PER", 1, 4)]
        assert list(chunks(turned(tags), scheme)) == [("CN", 0, 1), ("PER", 1, 4)]


@given(LENGTHS)
def test_equal_sentences_have_equal_chunks_in_iob_ioe_and_iobes(parts: list[tuple[str, int]]) -> None:
    expected, place = [], 0
    for kind, length in parts:
        if kind:
            expected.append((kind, place, place + length))
        place += length
    for scheme in (TagScheme.IOB, TagScheme.IOE, TagScheme.IOBES):
        tags = sentence(parts, scheme)
        assert illegal_tag(tags, scheme) is None
        assert illegal_tag(turned(tags), scheme) is None
        assert list(chunks(tags, scheme)) == expected
        assert list(chunks(turned(tags), scheme)) == expected


@given(LENGTHS)
def test_io_merges_neighbours_of_one_type(parts: list[tuple[str, int]]) -> None:
    found = list(chunks(sentence(parts, TagScheme.IO), TagScheme.IO))
    assert all(one.end < other.start or one.type != other.type for one, other in pairwise(found))
    assert sum(chunk.end - chunk.start for chunk in found) == sum(length for kind, length in parts if kind)


@pytest.mark.parametrize(
    ("tags", "scheme"),
    [
        (["PER-E"], "IOB"),
        (["PER-B"], "IOE"),
        (["PER-B"], "IO"),
        (["PER-S"], "IOB"),
        (["PER-B"], "IOBES"),
        (["PER-I"], "IOBES"),
        (["PER-E"], "IOBES"),
        (["PER-B", "O"], "IOBES"),
        (["PER-B", "ORG-E"], "IOBES"),
        (["PER-B", "PER-S"], "IOBES"),
        (["person"], "IOB"),
        ([""], "IO"),
    ],
)
def test_tags_of_another_scheme_are_illegal(tags: list[str], scheme: str) -> None:
    assert illegal_tag(tags, TagScheme(scheme)) is not None


def test_an_ioe_chunk_without_an_end_is_illegal() -> None:
    for tags in (["PER-I"], ["PER-I", "O"], ["PER-I", "ORG-E"], ["O", "PER-I", "PER-I"]):
        assert illegal_tag(tags, TagScheme.IOE) is not None


@given(st.lists(st.text(max_size=6), max_size=10), st.sampled_from(TagScheme))
def test_chunks_of_anything_lie_in_order_and_inside(tags: list[str], scheme: TagScheme) -> None:
    illegal_tag(tags, scheme)
    place = 0
    for chunk in chunks(tags, scheme):
        assert place <= chunk.start < chunk.end <= len(tags)
        place = chunk.end
