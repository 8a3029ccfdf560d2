"""What the neural network's first layer sees of the features while it learns."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from openbml_tabular.examples import Examples, Floats
from openbml_tabular.models.blocks import (
    Block,
    Places,
    Preparation,
    ScaledNumbers,
    rows_of_codes,
)
from openbml_tabular.models.preparation import (
    fit_flags,
    fit_one_hot,
    fit_scaling,
    numbers_of,
    split_codes,
)

ONE_HOT_LIMIT = 9


@dataclass(frozen=True)
class InputLayout:
    """Attributes:
    scaled: of the numbers, which become waves. fixed: flags and one-hot columns.
    embedded: places of the codes that get a learned vector, with their cardinalities.
    """

    scaled: ScaledNumbers | None
    fixed: Preparation
    embedded: Places
    cardinalities: npt.NDArray[np.int64]

    @classmethod
    def of(cls, training: Examples) -> "InputLayout":
        """Fit scaling and flags to the training rows."""
        numbers = numbers_of(training.features)
        few, many = split_codes(training.features, ONE_HOT_LIMIT)
        fixed: Sequence[Block | None] = [fit_flags(training, numbers), fit_one_hot(training, few)]
        return cls(
            scaled=fit_scaling(training.x, numbers) if len(numbers) else None,
            fixed=Preparation([block for block in fixed if block is not None]),
            embedded=many,
            cardinalities=np.array([training.features[place].cardinality for place in many], np.int64),
        )

    def inputs(self, x: Floats) -> "Inputs":
        return Inputs(
            numbers=np.zeros((len(x), 0), np.float32) if self.scaled is None else self.scaled.transform(x),
            fixed=self.fixed.transform(x) if self.fixed.blocks else np.zeros((len(x), 0), np.float32),
            codes=rows_of_codes(x, self.embedded, self.cardinalities)
            if len(self.embedded)
            else np.zeros((len(x), 0), np.int64),
        )


@dataclass(frozen=True)
class Inputs:
    """Attributes:
    numbers, fixed: shape (n, …), float32. codes: rows of the embeddings' table, shape (n, …), int64.
    """

    numbers: Floats
    fixed: Floats
    codes: npt.NDArray[np.int64]
