"""Rows that models learn from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from openbml_kit.tables.features import Feature

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Examples:
    """Attributes:
    x: shape (n, len(features)), float32; NaN as `FeatureKind` says.
    y: shape (n,): class numbers, int64, or values, float64.
    weights: shape (n,), positive, mean 1; None: all rows count the same.
    """

    x: Floats
    y: npt.NDArray[Any]
    features: Sequence[Feature]
    weights: npt.NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.x)

    def take(self, rows: Rows) -> "Examples":
        weights = None if self.weights is None else self.weights[rows]
        return replace(self, x=self.x[rows], y=self.y[rows], weights=weights)
