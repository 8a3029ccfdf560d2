"""Tag schemes of sequence labelling (spec 02 section 4.4).

Both orders of type and position are read, `PER-B` and `B-PER`; tags are kept as they were written.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

OUTSIDE = "O"


class TagScheme(StrEnum):
    IOB = "IOB"
    IO = "IO"
    IOE = "IOE"
    IOBES = "IOBES"

    @property
    def positions(self) -> frozenset[str]:
        return frozenset(self.value.replace(OUTSIDE, ""))


class Chunk(NamedTuple):
    """A run of tokens of one entity type; `end` is exclusive."""

    type: str
    start: int
    end: int


def split_tag(tag: str) -> tuple[str, str] | None:
    """Return entity type and position letter, None for `O` and for what is no tag."""
    if len(tag) > 2 and tag[-2] == "-" and tag[-1] in "BIES":
        return tag[:-2], tag[-1]
    if len(tag) > 2 and tag[1] == "-" and tag[0] in "BIES":
        return tag[2:], tag[0]
    return None


def entity_type(tag: str) -> str:
    """Return a tag's entity type, empty for `O`."""
    parts = split_tag(tag)
    return parts[0] if parts else ""


def illegal_tag(tags: Sequence[str], scheme: TagScheme) -> str | None:
    """Return why a sentence's tags are not legal in the scheme, None when they are.

    Positions must be the scheme's. In IOE a chunk that goes on must end in `E`; in IOBES one that begins must
    too, and `I` and `E` need one. In IOB a chunk may begin with `I`, as its older form has it.
    """
    inside: str | None = None
    ends = scheme in (TagScheme.IOE, TagScheme.IOBES)
    for place, tag in enumerate(tags, 1):
        parts = split_tag(tag)
        fault = _fault(tag, parts, scheme)
        if fault is not None:
            return f"{tag!r} (token {place}) {fault}"
        if ends and inside is not None and not _goes_on(parts, inside):
            return f"the chunk before token {place} has no end"
        if scheme is TagScheme.IOBES and inside is None and parts and parts[1] in "IE":
            return f"{tag!r} (token {place}) is outside of a chunk"
        inside = parts[0] if parts and parts[1] in "BI" else None
    return "the last chunk has no end" if ends and inside is not None else None


def _fault(tag: str, parts: tuple[str, str] | None, scheme: TagScheme) -> str | None:
    if parts is None:
        return None if tag == OUTSIDE else "is no tag"
    return None if parts[1] in scheme.positions else f"is not a tag of {scheme.value}"


def _goes_on(parts: tuple[str, str] | None, inside: str) -> bool:
    return parts is not None and parts[0] == inside and parts[1] in "IE"


def chunks(tags: Sequence[str], scheme: TagScheme) -> Iterator[Chunk]:
    """Yield the chunks of a sentence; in `IO` neighbours of one type are one chunk."""
    start, kind = 0, ""
    for place, tag in enumerate([*tags, OUTSIDE]):
        parts = split_tag(tag)
        name, position = parts or ("", "")
        begins = name != kind or position in ("B", "S")
        if kind and begins:
            yield Chunk(kind, start, place)
            kind = ""
        if name and not kind:
            start, kind = place, name
        if kind and position in ("E", "S"):
            yield Chunk(kind, start, place + 1)
            kind = ""
