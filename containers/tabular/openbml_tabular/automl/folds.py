"""Which rows train a model and which judge it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from openbml_tabular.examples import Rows

ALWAYS_TRAINS = -1


@dataclass(frozen=True)
class Part:
    """One model of a bag: the fold that it does not see."""

    repeat: int
    fold: int


@dataclass(frozen=True)
class Folds:
    """Attributes:
    numbers: shape (n, repeats): each row's fold 0, 1, …; -1: it always trains.
    ordered: folds follow each other in time; rows of a fold and later ones do not train its model.
    """

    numbers: npt.NDArray[np.int16]
    ordered: bool = False

    @classmethod
    def of(cls, numbers: "Folds | npt.NDArray[np.integer]", *, ordered: bool = False) -> "Folds":
        """Return folds as they are, or from numbers of shape (n,) or (n, repeats)."""
        if isinstance(numbers, Folds):
            return numbers
        table = np.asarray(numbers, np.int16)
        return cls(table[:, None] if table.ndim == 1 else table, ordered)

    def parts(self) -> Sequence[Part]:
        """Return every part that has rows on both sides, the repeats one after the other."""
        every = (
            Part(repeat, int(fold))
            for repeat in range(self.numbers.shape[1])
            for fold in np.unique(self.numbers[:, repeat])
            if fold != ALWAYS_TRAINS
        )
        return [part for part in every if len(self.training(part)) and len(self.held_out(part))]

    def held_out(self, part: Part) -> Rows:
        return np.flatnonzero(self.numbers[:, part.repeat] == part.fold)

    def training(self, part: Part) -> Rows:
        numbers = self.numbers[:, part.repeat]
        return np.flatnonzero(numbers < part.fold if self.ordered else numbers != part.fold)

    def most_rows(self) -> int:
        """Return about how many rows train a model."""
        return max((len(self.training(part)) for part in self.parts()), default=len(self.numbers))
