"""Boxes, polygons and bitmaps of a version: how many, how large, and which look wrong."""

from openbml_data.quality.balance import BalanceCount
from openbml_data.quality.distributions import Quantity
from openbml_data.quality.findings import Noted
from openbml_formats.annotations import Box, Region
from openbml_formats.geometry import bounding_box
from openbml_formats.listings import ListedSample
from openbml_formats.operators.polygons import common
from openbml_formats.quality import Finding, FindingSeverity, RegionQuality

TINY_SIDE = 8
HUGE_SHARE = 0.95
SAME_OVERLAP = 0.9
_EDGE = 0.5  # a pixel's rounding is not outside


class RegionCount:
    def __init__(self, balance: BalanceCount) -> None:
        self._balance = balance
        names = ("per_sample", "area_share", "aspect", "side_pixels")
        self._quantities = {name: Quantity() for name in names}
        self._numbers = dict.fromkeys(("tiny", "huge", "outside", "flat", "overlapping"), 0)
        self._noted = {name: Noted() for name in self._numbers}
        self._regions = 0

    def add(self, sample: ListedSample, size: tuple[int, int]) -> None:
        """Take a sample's regions; `size` is the image's, (0, 0) when it is not known."""
        regions = sample.annotation.regions
        if sample.annotation.is_empty:
            return
        self._regions += len(regions)
        self._quantities["per_sample"].add(len(regions))
        frames = [(region, frame) for region in regions if (frame := bounding_box(region)) is not None]
        faults = {"overlapping": _overlapping(frames)}
        for region, frame in frames:
            for name in self._measure(region, frame, size):
                faults[name] = faults.get(name, 0) + 1
        for name, count in faults.items():
            self._numbers[name] += count
            if count:
                self._noted[name].add(sample)

    def _measure(self, region: Region, frame: Box, size: tuple[int, int]) -> list[str]:
        if frame.width <= 0 or frame.height <= 0:
            return ["flat"]
        self._quantities["aspect"].add(frame.width / frame.height)
        self._quantities["side_pixels"].add(min(frame.width, frame.height))
        faults = ["tiny"] if min(frame.width, frame.height) < TINY_SIDE else []
        width, height = size
        if not width or not height:
            return faults
        share = frame.width * frame.height / (width * height)
        self._quantities["area_share"].add(share)
        self._balance.add_area(region.label, share)
        if share > HUGE_SHARE:
            faults.append("huge")
        lies_out = frame.x1 < -_EDGE or frame.y1 < -_EDGE
        if lies_out or frame.x2 > width + _EDGE or frame.y2 > height + _EDGE:
            faults.append("outside")
        return faults

    def quality(self) -> RegionQuality:
        figures = {name: quantity.distribution() for name, quantity in self._quantities.items()}
        return RegionQuality(regions=self._regions, **figures, **self._numbers)

    def findings(self) -> list[Finding]:
        rows = (
            ("outside", FindingSeverity.SERIOUS, "lie partly outside of their image", "Correct the boxes."),
            ("flat", FindingSeverity.SERIOUS, "have no area", "Delete or redraw them."),
            (
                "overlapping",
                FindingSeverity.WARNING,
                f"cover another one of the same label by more than {SAME_OVERLAP:.0%}",
                "Objects may be marked twice.",
            ),
            ("tiny", FindingSeverity.INFO, f"are below {TINY_SIDE} pixels", "Networks hardly see them."),
            ("huge", FindingSeverity.INFO, f"take more than {HUGE_SHARE:.0%} of their image", ""),
        )
        return [
            finding.model_copy(update={"count": self._numbers[name]})
            for name, severity, what, advice in rows
            for finding in self._noted[name].finding(
                severity,
                f"regions_{name}",
                f"{self._numbers[name]} regions in {{count}} images {what}",
                advice=advice,
            )
        ]


def _overlapping(frames: list[tuple[Region, Box]]) -> int:
    """Return how many regions are nearly the same as an earlier one of their label."""
    ordered = sorted(frames, key=lambda pair: (pair[0].label, pair[1].x1))
    found = 0
    for place, (region, frame) in enumerate(ordered):
        # Boxes that overlap by 90 % begin within a tenth of their width of each other.
        for other, earlier in reversed(ordered[:place]):
            if other.label != region.label or earlier.x1 < frame.x1 - frame.width / 4:
                break
            if _overlap(frame, earlier) > SAME_OVERLAP:
                found += 1
                break
    return found


def _overlap(first: Box, second: Box) -> float:
    shared = common(first, second)
    if shared is None:
        return 0.0
    both = shared.width * shared.height
    return both / (first.width * first.height + second.width * second.height - both)
