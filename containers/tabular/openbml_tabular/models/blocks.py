"""Blocks of columns that a preparation makes of the features: each computes the same in numpy and in ONNX."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from onnx import TensorProto

from openbml_tabular.examples import Floats
from openbml_tabular.graphs.builder import GraphBuilder

Places = npt.NDArray[np.int64]


class Block(Protocol):
    """Some columns of a prepared matrix."""

    @property
    def width(self) -> int: ...

    def transform(self, x: Floats) -> Floats:
        """Return shape (n, width), float32."""

    def add_to(self, graph: GraphBuilder, features: str) -> str:
        """Add nodes to a graph; return the tensor with the numbers of `transform`."""


@dataclass(frozen=True)
class Numbers:
    """Columns as they are, NaN included."""

    places: Places

    @property
    def width(self) -> int:
        return len(self.places)

    def transform(self, x: Floats) -> Floats:
        whole = len(self.places) == x.shape[1] and bool((np.diff(self.places) == 1).all())
        return x if whole else x[:, self.places]

    def add_to(self, graph: GraphBuilder, features: str) -> str:
        return graph.columns(features, self.places.tolist())


@dataclass(frozen=True)
class ScaledNumbers:
    """Numbers around 0 without outliers: y = (x - middle) · scale, then y / √(1 + (y/3)²), which lies in ±3;
    a missing one is 0, its median.

    Attributes:
        middle, scale: shape (width,), float32: median and 1 / interquartile range.

    Source: Holzmüller et al. 2024, arXiv:2407.04491, section 3 (robust scaling, smooth clipping).
    """

    places: Places
    middle: Floats
    scale: Floats

    @property
    def width(self) -> int:
        return len(self.places)

    def transform(self, x: Floats) -> Floats:
        with np.errstate(over="ignore", invalid="ignore"):
            scaled = np.clip((x[:, self.places] - self.middle) * self.scale, -_FAR, _FAR)
        third = scaled * _THIRD
        clipped = scaled / np.sqrt(third * third + np.float32(1))
        return np.where(np.isnan(clipped), np.float32(0), clipped)

    def add_to(self, graph: GraphBuilder, features: str) -> str:
        values = graph.columns(features, self.places.tolist())
        centred = graph.node("Sub", [values, graph.constant(self.middle)])
        unbound = graph.node("Mul", [centred, graph.constant(self.scale)])
        scaled = graph.node("Clip", [unbound, graph.constant(-_FAR), graph.constant(_FAR)])
        third = graph.node("Mul", [scaled, graph.constant(_THIRD)])
        square = graph.node("Mul", [third, third])
        length = graph.node("Sqrt", [graph.node("Add", [square, graph.constant(np.float32(1))])])
        clipped = graph.node("Div", [scaled, length])
        return graph.node("Where", [graph.node("IsNaN", [clipped]), graph.constant(np.float32(0)), clipped])


_THIRD = np.float32(1 / 3)
_FAR = np.float32(1e6)  # its square is still a float32


@dataclass(frozen=True)
class MissingFlags:
    """1 where a number is missing."""

    places: Places

    @property
    def width(self) -> int:
        return len(self.places)

    def transform(self, x: Floats) -> Floats:
        return np.isnan(x[:, self.places]).astype(np.float32)

    def add_to(self, graph: GraphBuilder, features: str) -> str:
        missing = graph.node("IsNaN", [graph.columns(features, self.places.tolist())])
        return graph.node("Cast", [missing], to=TensorProto.FLOAT)


@dataclass(frozen=True)
class OneHot:
    """1 where a code feature has a code; unseen codes are 0 everywhere.

    Attributes:
        places, codes: shape (width,): the feature and the code of each column.
    """

    places: Places
    codes: Floats

    @property
    def width(self) -> int:
        return len(self.places)

    def transform(self, x: Floats) -> Floats:
        return (x[:, self.places] == self.codes).astype(np.float32)

    def add_to(self, graph: GraphBuilder, features: str) -> str:
        values = graph.columns(features, self.places.tolist())
        same = graph.node("Equal", [values, graph.constant(self.codes)])
        return graph.node("Cast", [same], to=TensorProto.FLOAT)


@dataclass(frozen=True)
class CodeTables:
    """Numbers that a table holds for each code of each feature, such as target statistics.

    Attributes:
        cardinalities: of the features at `places`; a feature has one row more, for unseen codes.
        table: shape (Σ(cardinality + 1), m), float32: the features' rows one after the other.
    """

    places: Places
    cardinalities: npt.NDArray[np.int64]
    table: Floats

    @property
    def width(self) -> int:
        return len(self.places) * self.table.shape[1]

    def transform(self, x: Floats) -> Floats:
        return self.table[self.rows_of(x)].reshape(len(x), self.width)

    def rows_of(self, x: Floats) -> npt.NDArray[np.int64]:
        """Return the table's row of each code, shape (n, len(places))."""
        return rows_of_codes(x, self.places, self.cardinalities)

    def add_to(self, graph: GraphBuilder, features: str) -> str:
        codes = graph.columns(features, self.places.tolist())
        unseen = graph.constant(self.cardinalities.astype(np.float32))
        known = graph.node("Where", [graph.node("IsNaN", [codes]), unseen, codes])
        whole = graph.node("Cast", [known], to=TensorProto.INT64)
        rows = graph.node("Add", [whole, graph.constant(first_rows(self.cardinalities))])
        cells = graph.node("Gather", [graph.constant(self.table), rows], axis=0)
        return graph.node("Reshape", [cells, graph.constant(np.array([0, self.width], np.int64))])


def first_rows(cardinalities: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the first row of each feature in a table of all their codes."""
    return np.concatenate([[0], np.cumsum(cardinalities + 1)[:-1]]).astype(np.int64)


def rows_of_codes(x: Floats, places: Places, cardinalities: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return where each code's row lies in such a table, shape (n, len(places))."""
    codes = x[:, places]
    known = np.where(np.isnan(codes), cardinalities.astype(np.float32), codes)
    return known.astype(np.int64) + first_rows(cardinalities)


@dataclass(frozen=True)
class Preparation:
    """What a learner sees of the features: its blocks side by side."""

    blocks: Sequence[Block]

    @property
    def width(self) -> int:
        return sum(block.width for block in self.blocks)

    def transform(self, x: Floats) -> Floats:
        """Return shape (n, width), float32."""
        return beside([block.transform(x) for block in self.blocks])

    def add_to(self, graph: GraphBuilder, features: str) -> str:
        """Add nodes to a graph; return the tensor with the numbers of `transform`."""
        parts = [block.add_to(graph, features) for block in self.blocks]
        return parts[0] if len(parts) == 1 else graph.node("Concat", parts, axis=1)


def beside(parts: Sequence[Floats]) -> Floats:
    """Return matrices side by side, without a copy where there is one."""
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)
