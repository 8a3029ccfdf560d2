"""Moves of the plane: where a source pixel's coordinates lie in the new image."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from openbml_formats.annotations import Point


class Affine(NamedTuple):
    """`x' = a x + b y + c`, `y' = d x + e y + f`, in pixels from the top left corner."""

    a: float = 1
    b: float = 0
    c: float = 0
    d: float = 0
    e: float = 1
    f: float = 0

    def point(self, place: Point) -> Point:
        x, y = place
        return (self.a * x + self.b * y + self.c, self.d * x + self.e * y + self.f)

    def points(self, places: Sequence[Point]) -> tuple[Point, ...]:
        return tuple(self.point(place) for place in places)

    def inverse(self) -> "Affine":
        size = self.a * self.e - self.b * self.d
        a, b, d, e = self.e / size, -self.b / size, -self.d / size, self.a / size
        return Affine(a, b, -(a * self.c + b * self.f), d, e, -(d * self.c + e * self.f))

    @property
    def keeps_axes(self) -> bool:
        """Tell whether upright boxes stay upright: right angles, mirrors, moves, scales."""
        return (self.b == 0 and self.d == 0) or (self.a == 0 and self.e == 0)


def mirrored(width: float) -> Affine:
    return Affine(a=-1, c=width)


def flipped(height: float) -> Affine:
    return Affine(e=-1, f=height)


def turned_right(width: float, height: float, quarters: int) -> Affine:
    """Return a clockwise turn by quarters; the new image has its sides swapped for an odd number."""
    turns = {
        1: Affine(a=0, b=-1, c=height, d=1, e=0, f=0),
        2: Affine(a=-1, c=width, e=-1, f=height),
        3: Affine(a=0, b=1, c=0, d=-1, e=0, f=width),
    }
    return turns.get(quarters % 4, Affine())


def rotated(width: float, height: float, degrees: float) -> Affine:
    """Return a clockwise turn about the middle."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    x, y = width / 2, height / 2
    return Affine(cos, -sin, x - cos * x + sin * y, sin, cos, y - sin * x - cos * y)


def moved(x: float, y: float) -> Affine:
    return Affine(c=x, f=y)


def scaled(x: float, y: float) -> Affine:
    return Affine(a=x, e=y)
