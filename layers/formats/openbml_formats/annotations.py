"""What people say about a sample: classes, regions, spans or tags, in one shape for every task.

Coordinates are pixels from the image's top left corner, fractions allowed; a box is `x1, y1, x2, y2`. Spans
count characters (Unicode code points) from 0, the end is exclusive.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from openbml_formats.tag_schemes import entity_type

Number = Annotated[float, Field(allow_inf_nan=False)]
Point = tuple[Number, Number]
Ring = tuple[Point, ...]


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True)


class Box(_Value):
    x1: Number
    y1: Number
    x2: Number
    y2: Number

    @property
    def width(self) -> float:
        return self.x2 - self.x1

    @property
    def height(self) -> float:
        return self.y2 - self.y1


class Mask(_Value):
    """A bitmap as run lengths, column by column from the left, zeros first (COCO's uncompressed RLE)."""

    width: int = Field(ge=1)
    height: int = Field(ge=1)
    counts: tuple[int, ...]


class Region(_Value):
    """One object in an image: a box, or polygons (several where it is cut into parts), or a bitmap.

    Attributes:
        text: what is written there (OCR).
        attributes: what else the source said, by its own names (VOC's `pose`, COCO's `iscrowd`), kept for the
            way back.
    """

    label: str = ""
    box: Box | None = None
    polygons: tuple[Ring, ...] = ()
    mask: Mask | None = None
    text: str | None = None
    attributes: Mapping[str, JsonValue] = Field(default_factory=dict)


class Span(_Value):
    """A marked stretch of a text; `text` is what stands between `start` and `end`."""

    label: str
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    text: str


class Annotation(_Value):
    """All that is said about one sample; which members are used is its dataset's annotation form.

    Attributes:
        labels: classes of the whole sample; of a pair `1` (similar) or `0`.
        tags: one for each token of the sample.
        attributes: what else the source said of the whole sample.
    """

    labels: tuple[str, ...] = ()
    regions: tuple[Region, ...] = ()
    spans: tuple[Span, ...] = ()
    tags: tuple[str, ...] = ()
    attributes: Mapping[str, JsonValue] = Field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not (self.labels or self.regions or self.spans or self.tags)

    def label_counts(self) -> Mapping[str, int]:
        """Return how often each label stands here: classes once, regions and spans as often as they are.

        Of tags, an entity type that occurs counts 1: chunks depend on the scheme (`tag_schemes.chunks`).
        """
        counts: Counter[str] = Counter(self.labels)
        counts.update(region.label for region in self.regions if region.label)
        counts.update(span.label for span in self.spans)
        counts.update({name: 1 for name in {entity_type(tag) for tag in self.tags} if name})
        return dict(counts)


def canonical(annotation: Annotation) -> dict[str, Any]:
    """Return the shortest document that says the same: two annotations are equal when these are."""
    return annotation.model_dump(mode="json", exclude_defaults=True)
