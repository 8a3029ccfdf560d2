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
    chart = _svg(_axes(scale), drawn, mark)
    legend = [
        element(
            "li", element("i", style=f"background:{_COLOURS[place % len(_COLOURS)]}"), named.get(name, name)
        )
        for place, name in enumerate(shown)
    ]
    return element("figure", chart, element("ul", legend, class_="legend"))


def scatter_chart(points: Sequence[tuple[float, float]]) -> Markup:
    """Return points with the diagonal on which both of their values are equal."""
    values = [value for point in points for value in point]
    ends = (min(values, default=0.0), max(values, default=1.0))
    scale = _Scale(ends, ends)
    first, last = scale.across
    diagonal = element(
        "line", x1=scale.x(first), y1=scale.y(first), x2=scale.x(last), y2=scale.y(last), class_="mark"
    )
    drawn = [
        element("circle", cx=scale.x(x), cy=scale.y(y), r=2, fill=_COLOURS[0], fill_opacity=0.5)
        for x, y in points
    ]
    return element("figure", _svg(_axes(scale), diagonal, drawn))


def histogram(edges: Sequence[float], counts: Sequence[int]) -> Markup:
    """Return a bar of each bin; there is one edge more than counts."""
    scale = _Scale((edges[0], edges[-1]), (0.0, float(max(counts, default=1))))
    drawn = [
        element(
            "rect",
            element("title", str(count)),
            x=scale.x(low),
            y=scale.y(count),
            width=max(0.0, scale.x(high) - scale.x(low) - 1),
            height=max(0.0, scale.y(0) - scale.y(count)),
            class_="count",
        )
        for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
    ]
    return element("figure", _svg(_axes(scale), drawn))


def bar(share: float) -> Markup:
    """Return a bar of a share, 0 to 1."""
    width = max(0.0, min(1.0, share)) * 100
    return element("span", element("span", style=f"width:{width:.1f}%"), class_="bar")


def _svg(*contents: Markup | Sequence[Markup] | None) -> Markup:
    return element("svg", *contents, viewBox=f"0 0 {_WIDTH} {_HEIGHT}", class_="chart", role="img")


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
