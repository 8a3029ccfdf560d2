"""Regions of a snapshot's samples as detection and segmentation train on them."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from openbml_deep.tasks.objects import Region, classes_of
from openbml_formats import annotations, masks
from openbml_kit.faults import PlatformFault
from openbml_kit.region_masks import FEWEST_POINTS
from openbml_kit.snapshots import SampleDocument

# A region narrower or lower than this many pixels shows nothing that could be learnt.
_LEAST_SIDE = 1.0

_NO_LABEL = "have no label"
_OTHER_LABEL = "have labels that were not chosen for training"
_NO_SHAPE = "have neither a box nor an outline"
_NO_OUTLINE = "are boxes, this task needs outlines"
_FEW_POINTS = "are outlines of fewer than three points"
_OUTSIDE = "lie outside their image or are less than a pixel wide or high"
_OTHER_SIZE = "are bitmaps of another size than their image"


class RegionReader:
    """What `annotated_images` makes of a document: its classes and its regions.

    Boxes are cut at the image's border. What cannot be used is left out; `tell` says how often and where
    first.
    """

    def __init__(self, labels: Sequence[str], *, with_masks: bool) -> None:
        """Args:
        with_masks: an outline (polygons or a bitmap) is needed; else a box, which an outline has too.
        """
        self._class_of = {label: index for index, label in enumerate(labels)}
        self._with_masks = with_masks
        self._left_out: Counter[str] = Counter()
        self._first: dict[str, str] = {}

    def __call__(self, document: SampleDocument) -> tuple[tuple[int, ...], tuple[Region, ...]]:
        """Return the classes that occur and the regions, in the order they stand in.

        Raises:
            PlatformFault: a region is not of the snapshot's form.
        """
        regions = []
        for given in document.regions:
            region = self._region(document, _parsed(document, given))
            if isinstance(region, Region):
                regions.append(region)
            else:
                self._left_out[region] += 1
                self._first.setdefault(region, document.name)
        return classes_of(regions), tuple(regions)

    def tell(self, note: Callable[[str, str], None]) -> None:
        """Note what was left out since the last time."""
        for reason, count in self._left_out.items():
            note("warning", f"{count} regions are left out: they {reason}, first in {self._first[reason]}")
        self._left_out.clear()
        self._first.clear()

    def _region(self, document: SampleDocument, given: annotations.Region) -> Region | str:
        """Return the region, or why it cannot be used."""
        if not given.label:
            return _NO_LABEL
        if given.label not in self._class_of:
            return _OTHER_LABEL
        rings = [ring for ring in given.polygons if len(ring) >= FEWEST_POINTS]
        if given.polygons and not rings and not given.mask:
            return _FEW_POINTS
        if given.mask and document.width and (given.mask.width, given.mask.height) != _size(document):
            return _OTHER_SIZE
        if self._with_masks and not rings and not given.mask:
            return _NO_OUTLINE if given.box else _NO_SHAPE
        box = _outline(given, rings)
        if box is None:
            return _NO_SHAPE
        inside = _inside(box, document)
        if inside is None:
            return _OUTSIDE
        return Region(
            self._class_of[given.label],
            inside,
            polygons=tuple(tuple(value for point in ring for value in point) for ring in rings),
            mask_counts=given.mask.counts if given.mask else (),
            crowd=str(given.attributes.get("iscrowd", 0)).lower() in ("1", "true"),
        )


def _parsed(document: SampleDocument, given: Mapping[str, Any]) -> annotations.Region:
    try:
        return annotations.Region.model_validate(given)
    except ValidationError as error:
        raise PlatformFault(f"a region of sample {document.name} is malformed: {error}") from error


def _size(document: SampleDocument) -> tuple[int, int]:
    return document.width, document.height


def _outline(given: annotations.Region, rings: Sequence[annotations.Ring]) -> annotations.Box | None:
    """Return the box around an outline, else the annotated one; None: there is neither."""
    if given.mask:
        return masks.bounding_box(given.mask)
    if rings:
        across = [x for ring in rings for x, _ in ring]
        down = [y for ring in rings for _, y in ring]
        return annotations.Box(x1=min(across), y1=min(down), x2=max(across), y2=max(down))
    return given.box


def _inside(box: annotations.Box, document: SampleDocument) -> tuple[float, float, float, float] | None:
    """Return the part of a box that lies in the image, whatever the order of its corners; None: none does."""
    width, height = document.width or math.inf, document.height or math.inf
    x1, x2 = (min(max(0.0, value), width) for value in sorted((box.x1, box.x2)))
    y1, y2 = (min(max(0.0, value), height) for value in sorted((box.y1, box.y2)))
    return (x1, y1, x2, y2) if min(x2 - x1, y2 - y1) >= _LEAST_SIDE else None
