"""Bitmaps as run lengths: from and to COCO's strings, polygons and rows of pixels; no arrays needed.

Runs go column by column from the left, each column from its top, zeros first.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from openbml_formats.annotations import Box, Mask, Point, Ring

_ONES = re.compile(rb"\x01+")
_TO_BITS = bytes([0] + [1] * 255)


def area(mask: Mask) -> int:
    return sum(mask.counts[1::2])


def runs(mask: Mask) -> Iterator[tuple[int, int]]:
    """Yield start and end (exclusive) of the ones, counted over all columns; neighbours are joined."""
    place, start, end = 0, -1, -1
    for index, count in enumerate(mask.counts):
        if index % 2 and count:
            if place != end:
                if end > start:
                    yield start, end
                start = place
            end = place + count
        place += count
    if end > start:
        yield start, end


def from_runs(width: int, height: int, spans: Iterable[tuple[int, int]]) -> Mask:
    """Return the mask with these stretches of ones, which come in order and may touch or overlap."""
    counts: list[int] = [0]
    place = 0
    for start, end in spans:
        start = max(start, place)
        if end <= start:
            continue
        if start == place and len(counts) % 2 == 0:
            counts[-1] += end - start
        else:
            counts[-1] += start - place
            counts.append(end - start)
        counts.append(0)
        place = end
    counts[-1] += width * height - place
    return Mask(width=width, height=height, counts=_tidy(counts))


def _tidy(counts: Sequence[int]) -> tuple[int, ...]:
    """Join runs that are parted by an empty one; a leading 0 stays, a trailing one goes."""
    tidy: list[int] = []
    for count in counts:
        if count == 0 and len(tidy) >= 1:
            tidy.append(0)
        elif len(tidy) >= 2 and tidy[-1] == 0:
            tidy.pop()
            tidy[-1] += count
        else:
            tidy.append(count)
    while len(tidy) > 1 and tidy[-1] == 0:
        tidy.pop()
    return tuple(tidy)


def placed(part: Mask, left: int, top: int, width: int, height: int) -> Mask:
    """Return the mask of a whole image that holds the part at that place; what reaches beyond is left out."""
    stretches: list[tuple[int, int]] = []
    for x, spans in sorted(_column_spans(part).items()):
        if 0 <= x + left < width:
            column = (x + left) * height
            for start, end in spans:
                upper, lower = max(start + top, 0), min(end + top, height)
                if lower > upper:
                    stretches.append((column + upper, column + lower))
    return from_runs(width, height, stretches)


def cut_out(mask: Mask, left: int, top: int, width: int, height: int) -> Mask:
    """Return the part of a mask that lies in the rectangle."""
    return placed(mask, -left, -top, width, height)


def bounding_box(mask: Mask) -> Box | None:
    """Return the box around all ones, None for an empty mask."""
    left, right, top, bottom = mask.width, -1, mask.height, -1
    for start, end in runs(mask):
        first, y1 = divmod(start, mask.height)
        last, y2 = divmod(end - 1, mask.height)
        left, right = min(left, first), max(right, last)
        top = 0 if last > first else min(top, y1)
        bottom = mask.height - 1 if last > first else max(bottom, y2)
    return None if right < 0 else Box(x1=left, y1=top, x2=right + 1, y2=bottom + 1)


def from_rows(width: int, height: int, pixels: bytes) -> Mask:
    """Return the mask of an image of a byte per pixel, row by row; whatever is not 0 counts."""
    bits = pixels.translate(_TO_BITS)
    columns = b"".join(bits[x::width] for x in range(width))
    return from_runs(width, height, (match.span() for match in _ONES.finditer(columns)))


def to_rows(mask: Mask) -> bytes:
    """Return a byte per pixel, 0 or 1, row by row."""
    columns = bytearray(mask.width * mask.height)
    for start, end in runs(mask):
        columns[start:end] = b"\x01" * (end - start)
    return b"".join(bytes(columns[y :: mask.height]) for y in range(mask.height))


def from_coco_string(text: str, width: int, height: int) -> tuple[int, ...]:
    """Return the run lengths of COCO's compressed string. Raises ValueError; the sum is not checked."""
    counts: list[int] = []
    value = shift = 0
    for character in text:
        bits = ord(character) - 48
        if not 0 <= bits < 64 or shift > 30:
            raise ValueError("not a run length string")
        value |= (bits & 0x1F) << shift
        shift += 5
        if bits & 0x20:
            continue
        if bits & 0x10:
            value -= 1 << shift
        counts.append(value + counts[-2] if len(counts) > 2 else value)
        if not 0 <= counts[-1] <= width * height:
            raise ValueError("not a run length string")
        value = shift = 0
    if shift:
        raise ValueError("a run length string that is cut off")
    return tuple(counts)


def to_coco_string(mask: Mask) -> str:
    """Return COCO's compressed form of the run lengths (`rleToString` of its own tools)."""
    characters: list[str] = []
    for index, count in enumerate(mask.counts):
        value = count - mask.counts[index - 2] if index > 2 else count
        more = True
        while more:
            bits = value & 0x1F
            value >>= 5
            more = value != -1 if bits & 0x10 else value != 0
            characters.append(chr((bits | 0x20 if more else bits) + 48))
    return "".join(characters)


def from_polygons(rings: Sequence[Ring], width: int, height: int) -> Mask:
    """Return the mask of all pixels whose centre lies inside one of the rings (each by the even-odd rule)."""
    columns: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for ring in rings:
        for x, spans in _columns_inside(ring, width, height):
            columns[x] += spans
    stretches = (
        (x * height + start, x * height + end) for x in sorted(columns) for start, end in sorted(columns[x])
    )
    return from_runs(width, height, stretches)


def _columns_inside(ring: Ring, width: int, height: int) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    crossings: dict[int, list[float]] = defaultdict(list)
    for (x1, y1), (x2, y2) in zip(ring, (*ring[1:], *ring[:1]), strict=True):
        if x1 > x2:
            x1, y1, x2, y2 = x2, y2, x1, y1
        if x1 == x2:
            continue
        slope = (y2 - y1) / (x2 - x1)
        # Columns whose centre lies in [x1, x2): an edge's end belongs to one of two neighbours only.
        for x in range(max(0, math.ceil(x1 - 0.5)), min(width, math.ceil(x2 - 0.5))):
            crossings[x].append(y1 + (x + 0.5 - x1) * slope)
    for x, heights in crossings.items():
        heights.sort()
        spans = []
        for upper, lower in zip(heights[::2], heights[1::2], strict=False):
            start, end = max(0, math.ceil(upper - 0.5)), min(height, math.ceil(lower - 0.5))
            if end > start:
                spans.append((start, end))
        if spans:
            yield x, spans


def to_polygons(mask: Mask) -> tuple[Ring, ...]:
    """Return the outlines along the pixels' edges: outer ones clockwise as seen, holes the other way round.

    Drawn again by the even-odd rule over all of them, they give the same mask.
    """
    edges = _outline_edges(mask)
    rings: list[Ring] = []
    for start, targets in edges.items():
        while targets:
            rings.append(_traced(start, edges))
    return tuple(rings)


def _traced(start: tuple[int, int], edges: dict[tuple[int, int], list[tuple[int, int]]]) -> Ring:
    """Follow the edges until the start comes again, and use them up."""
    ring: list[Point] = []
    place, arrived = start, (0, 0)
    while True:
        targets = edges[place]
        target = targets[0] if len(targets) == 1 else _turn(place, arrived, targets)
        targets.remove(target)
        step = (_sign(target[0] - place[0]), _sign(target[1] - place[1]))
        if step != arrived:
            ring.append((float(place[0]), float(place[1])))
        place, arrived = target, step
        if place == start:
            return tuple(ring)


def _turn(
    place: tuple[int, int], arrived: tuple[int, int], targets: list[tuple[int, int]]
) -> tuple[int, int]:
    """Where two outlines touch at a corner, stay with the own pixels: turn right."""
    right = (-arrived[1], arrived[0])
    for target in targets:
        if (_sign(target[0] - place[0]), _sign(target[1] - place[1])) == right:
            return target
    return targets[0]


def _sign(value: int) -> int:
    return (value > 0) - (value < 0)


def _outline_edges(mask: Mask) -> dict[tuple[int, int], list[tuple[int, int]]]:
    """Return directed unit-to-run edges with the ones on their right hand, by starting point."""
    edges: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    columns = _column_spans(mask)
    for x in range(mask.width + 1):
        left, right = columns.get(x - 1, []), columns.get(x, [])
        for start, end in _difference(left, right):  # ones at the left only: go down
            edges[(x, start)].append((x, end))
        for start, end in _difference(right, left):
            edges[(x, end)].append((x, start))
        for start, end in right:
            edges[(x, start)].append((x + 1, start))
            edges[(x + 1, end)].append((x, end))
    return dict(edges)


def _column_spans(mask: Mask) -> dict[int, list[tuple[int, int]]]:
    columns: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for start, end in runs(mask):
        while start < end:
            x, y = divmod(start, mask.height)
            stop = min(end, (x + 1) * mask.height)
            columns[x].append((y, y + stop - start))
            start = stop
    return columns


def _difference(ones: list[tuple[int, int]], others: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield what lies in the first list of stretches and not in the second, cut where either ends."""
    ones_at = {place for span in ones for place in span}
    others_at = {place for span in others for place in span}
    in_ones = in_others = False
    previous = 0
    for place in sorted(ones_at | others_at):
        if in_ones and not in_others:
            yield previous, place
        in_ones ^= place in ones_at
        in_others ^= place in others_at
        previous = place
