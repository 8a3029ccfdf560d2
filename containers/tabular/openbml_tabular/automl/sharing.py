"""Examples in files that worker processes map, so that no worker has a copy of what it does not need."""

import pickle
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from openbml_tabular.automl.folds import Folds
from openbml_tabular.examples import Examples
from openbml_tabular.problem import Problem


@dataclass(frozen=True)
class SharedExamples:
    """A folder with the examples of one level of stacking."""

    folder: Path

    @classmethod
    def written(cls, examples: Examples, problem: Problem, folds: Folds, folder: Path) -> "SharedExamples":
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / "x.npy", examples.x)
        np.save(folder / "y.npy", examples.y)
        if examples.weights is not None:
            np.save(folder / "weights.npy", examples.weights)
        (folder / "rest.pickle").write_bytes(pickle.dumps((list(examples.features), problem, folds)))
        return cls(folder)

    def opened(self) -> tuple[Examples, Problem, Folds]:
        """Return the examples mapped read-only, and what is to be learned from them."""
        features, problem, folds = pickle.loads((self.folder / "rest.pickle").read_bytes())  # noqa: S301 - own file
        weights = self.folder / "weights.npy"
        examples = Examples(
            np.load(self.folder / "x.npy", mmap_mode="r"),
            np.load(self.folder / "y.npy", mmap_mode="r"),
            features,
            np.load(weights, mmap_mode="r") if weights.exists() else None,
        )
        return examples, problem, folds
