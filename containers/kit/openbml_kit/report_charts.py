"""Charts of a report as inline SVG."""

from collections.abc import Mapping, Sequence
from math import isfinite

from openbml_kit.markup import Markup, element

_WIDTH, _HEIGHT = 520, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 12, 12, 34
_COLOURS = ("#2563eb", "#dc2626", "#059669", "#d97706", "#7c3aed", "#0891b2", "#be185d", "#4d7c0f")
_MOST_LINES = 12
_TICKS = 5

Line = Sequence[tuple[float, float]]


def line_chart(
    lines: Mapping[str, Line],
    named: Mapping[str, Markup],
    *,
    across: tuple[float, float],
    up: tuple[float, float] | None = None,
    marked: float | None = None,
) -> Markup:
    """Return lines by name with their legend; at most 12 are drawn.

    Args:
        named: what lines are called in the legend where it is not their name.
        across: the horizontal axis's ends.
        up: the vertical axis's ends; None: what the lines need.
        marked: where a vertical mark stands, e.g. the recommended threshold.
    """
    shown = dict(list(lines.items())[:_MOST_LINES])
    points = [point for line in shown.values() for point in line if isfinite(point[1])]
    ends = up or (min((y for _, y in points), default=0.0), max((y for _, y in points), default=1.0))
    scale = _Scale(across, ends)
    drawn = [
        _drawn(line, scale, _COLOURS[place % len(_COLOURS)]) for place, line in enumerate(shown.values())
    ]
    mark = (
        element("line", x1=scale.x(marked), x2=scale.x(marked), y1=_TOP, y2=_HEIGHT - _BOTTOM, class_="mark")
        if marked is not None
        else None
    )
    chart = element(
        "svg", _axes(scale), drawn, mark, viewBox=f"0 0 {_WIDTH} {_HEIGHT}", class_="chart", role="img"
    )
    legend = [
        element(
            "li", element("i", style=f"background:{_COLOURS[place % len(_COLOURS)]}"), named.get(name, name)
        )
        for place, name in enumerate(shown)
    ]
    return element("figure", chart, element("ul", legend, class_="legend"))


def bar(share: float) -> Markup:
    """Return a bar of a share, 0 to 1."""
    width = max(0.0, min(1.0, share)) * 100
    return element("span", element("span", style=f"width:{width:.1f}%"), class_="bar")


class _Scale:
    def __init__(self, across: tuple[float, float], up: tuple[float, float]) -> None:
        self.across, self.up = _apart(across), _apart(up)

    def x(self, value: float) -> float:
        first, last = self.across
        return round(_LEFT + (value - first) / (last - first) * (_WIDTH - _LEFT - _RIGHT), 1)

    def y(self, value: float) -> float:
        first, last = self.up
        return round(_HEIGHT - _BOTTOM - (value - first) / (last - first) * (_HEIGHT - _TOP - _BOTTOM), 1)


def _apart(ends: tuple[float, float]) -> tuple[float, float]:
    first, last = ends
    return (first, last) if last > first else (first, first + 1.0)


def _drawn(line: Line, scale: _Scale, colour: str) -> Markup:
    kept = [(x, y) for x, y in line if isfinite(y)]
    if len(kept) == 1:
        return element("circle", cx=scale.x(kept[0][0]), cy=scale.y(kept[0][1]), r=3, fill=colour)
    points = " ".join(f"{scale.x(x):g},{scale.y(y):g}" for x, y in kept)
    return element("polyline", points=points, fill="none", stroke=colour, stroke_width=2)


def _axes(scale: _Scale) -> list[Markup]:
    parts = []
    for step in range(_TICKS + 1):
        share = step / _TICKS
        x = scale.across[0] + share * (scale.across[1] - scale.across[0])
        y = scale.up[0] + share * (scale.up[1] - scale.up[0])
        parts += [
            element("line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=scale.y(y), y2=scale.y(y), class_="grid"),
            element("text", f"{y:.3g}", x=_LEFT - 6, y=scale.y(y) + 4, class_="tick end"),
            element("text", f"{x:.3g}", x=scale.x(x), y=_HEIGHT - _BOTTOM + 18, class_="tick middle"),
        ]
    return parts
