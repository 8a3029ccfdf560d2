"""Annotations of every image form, as people and tools make them."""

from hypothesis import strategies as st

from openbml_formats import masks
from openbml_formats.annotations import Annotation, Box, Mask, Region, Ring

WIDTH, HEIGHT = 64, 48
LABELS = st.from_regex(r"[0-9A-Za-z_-]{1,20}", fullmatch=True)
TEXTS = st.text(st.characters(blacklist_categories=("Cs",)), max_size=20)
PRINTABLE = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp")), max_size=12)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-1e9, 1e9) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
ATTRIBUTES = st.dictionaries(
    st.sampled_from(["pose", "difficult", "a b", "Ü", "x1"]) | TEXTS, JSON_VALUES, max_size=3
).filter(lambda told: told.get("pose") != "Unspecified" and told.get("difficult") != "0")


def sides(most: int) -> st.SearchStrategy[tuple[float, float]]:
    """Two places in order, with up to six decimals."""
    place = st.integers(0, most * 1_000_000).map(lambda millionths: millionths / 1_000_000)
    return (
        st.tuples(place, place)
        .map(lambda pair: (min(pair), max(pair)))
        .filter(lambda pair: pair[1] - pair[0] > 0.01)
    )


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    (x1, x2), (y1, y2) = draw(sides(WIDTH)), draw(sides(HEIGHT))
    return Box(x1=x1, y1=y1, x2=x2, y2=y2)


@st.composite
def rings(draw: st.DrawFn) -> Ring:
    """A triangle or more, wider than a line."""
    box = draw(boxes())
    inner = draw(st.lists(st.tuples(st.integers(0, WIDTH), st.integers(0, HEIGHT)), max_size=4))
    points = [(box.x1, box.y1), (box.x2, box.y1), (box.x2, box.y2)]
    return (*points, *((float(x), float(y)) for x, y in inner))


@st.composite
def bitmaps(draw: st.DrawFn, width: int = WIDTH, height: int = HEIGHT) -> Mask:
    cuts = sorted(draw(st.sets(st.integers(0, width * height), min_size=2, max_size=12)))
    spans = list(zip(cuts[::2], cuts[1::2], strict=False))
    return masks.from_runs(width, height, spans)


def box_regions(attributes: st.SearchStrategy[dict[str, object]]) -> st.SearchStrategy[Region]:
    return st.builds(Region, label=LABELS, box=boxes(), attributes=attributes)


def outline_regions(
    attributes: st.SearchStrategy[dict[str, object]], parts: int = 3
) -> st.SearchStrategy[Region]:
    polygons = st.lists(rings(), min_size=1, max_size=parts).map(tuple)
    return st.builds(Region, label=LABELS, polygons=polygons, attributes=attributes) | st.builds(
        Region, label=LABELS, mask=bitmaps(), attributes=attributes
    )


def text_regions(attributes: st.SearchStrategy[dict[str, object]]) -> st.SearchStrategy[Region]:
    polygons = st.tuples(rings())
    return st.builds(Region, text=TEXTS, polygons=polygons, attributes=attributes)


def with_regions(
    regions: st.SearchStrategy[Region], attributes: st.SearchStrategy[dict[str, object]] | None = None
) -> st.SearchStrategy[Annotation]:
    own = attributes if attributes is not None else st.just({})
    return st.builds(Annotation, regions=st.lists(regions, max_size=4).map(tuple), attributes=own)


def classes(most: int) -> st.SearchStrategy[Annotation]:
    labels = st.lists(LABELS, max_size=most, unique=True).map(tuple)
    return st.builds(Annotation, labels=labels)
