"""What an operator sees of the training rows."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from openbml_kit.tables.feature_steps import FeatureStep
from openbml_kit.tables.features import Feature, FeatureKind
from openbml_tabular.examples import Floats

Parameters = Mapping[str, Any]
_MOST_ROWS = 200_000


@dataclass(frozen=True)
class Seen:
    """Attributes:
    x: shape (n, len(features)): training rows, of very many a sample.
    y: shape (n,): their classes or values.
    """

    x: Floats
    y: npt.NDArray[Any]
    features: Sequence[Feature]
    is_classification: bool

    def after(self, step: FeatureStep) -> "Seen":
        x = step.apply(self.x, step.places(self.features))
        return Seen(x, self.y, step.features(self.features), self.is_classification)

    def numbers(self, columns: frozenset[str]) -> "Chosen":
        return self._chosen(columns, {FeatureKind.NUMBER})

    def codes(self, columns: frozenset[str]) -> "Chosen":
        return self._chosen(columns, {FeatureKind.CODE})

    def every(self, columns: frozenset[str]) -> "Chosen":
        return self._chosen(columns, set(FeatureKind))

    def _chosen(self, columns: frozenset[str], kinds: Set[FeatureKind]) -> "Chosen":
        places = [
            place
            for place, feature in enumerate(self.features)
            if feature.kind in kinds and feature.column in columns
        ]
        return Chosen([self.features[place] for place in places], self.x[:, places].astype(np.float64), self)


@dataclass(frozen=True)
class Chosen:
    """The features that an operator works on.

    Attributes:
        values: shape (n, len(features)), NaN where missing or unseen.
    """

    features: Sequence[Feature]
    values: npt.NDArray[np.float64]
    seen: Seen

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(feature.name for feature in self.features)

    @property
    def columns(self) -> Sequence[npt.NDArray[np.float64]]:
        """The values of each feature that are there; 0 where none is."""
        present = (column[~np.isnan(column)] for column in self.values.T)
        return [column if len(column) else np.zeros(1) for column in present]

    def only(self, places: Sequence[int]) -> "Chosen":
        return Chosen([self.features[place] for place in places], self.values[:, places], self.seen)


def sampled_rows(count: int, seed: int) -> npt.NDArray[np.int64]:
    """Return the rows that operators look at: all, or 200,000 of them, ascending."""
    if count <= _MOST_ROWS:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, _MOST_ROWS, replace=False))
