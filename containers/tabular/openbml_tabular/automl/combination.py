"""Which models make up the ensemble, and with what weights.

Source: Caruana et al. 2004, "Ensemble selection from libraries of models" (greedy, with replacement), and
Caruana, Munson, Niculescu-Mizil 2006 (repeats over samples against over-fitting).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from openbml_tabular.automl.scoring import Criterion

Array = npt.NDArray[Any]
Weights = npt.NDArray[np.float64]
_STEPS = 40
_PATIENCE = 8  # steps without an improvement
_SAMPLES = 8
_MOST_ROWS = 20_000
_ROWS_OF_A_GLANCE = 4000
_SAMPLES_UP_TO = 10_000  # above so many rows, samples of them choose alike
_SHARE_OF_A_SAMPLE, _MOST_ROWS_OF_A_SAMPLE = 0.6, 4000
_LEAST_WEIGHT = 0.03
_TOLERANCE = 1e-4  # of the score: fewer steps are taken for as much


@dataclass(frozen=True)
class Library:
    """Predictions of the same rows.

    Attributes:
        views: shape (models, n, k): see `Criterion.view`.
    """

    views: Array
    criterion: Criterion

    @classmethod
    def of(cls, predictions: list[Array], criterion: Criterion, *, glance: bool, seed: int) -> "Library":
        """Return a library of at most so many rows as choose well, or well enough for a glance."""
        most = _ROWS_OF_A_GLANCE if glance else _MOST_ROWS
        if len(criterion.y) > most:
            rows = np.random.default_rng(seed).choice(len(criterion.y), most, replace=False)
            criterion, predictions = criterion.at(rows), [prediction[rows] for prediction in predictions]
        return cls(np.stack([criterion.view(prediction) for prediction in predictions]), criterion)

    def score(self, weights: Weights) -> float:
        return self.criterion.of(np.tensordot(weights, self.views, axes=1))

    def singles(self) -> Array:
        return np.array([self.criterion.of(view) for view in self.views])

    def at(self, rows: Array) -> "Library":
        return Library(self.views[:, rows], self.criterion.at(rows))


def chosen_weights(library: Library, *, most: int, glance: bool, seed: int) -> Weights:
    """Return weights, shape (models,), that sum to 1, at most so many of them above 0.

    Never worse than the best single model on these rows.

    Args:
        glance: do without the repeats over samples.
    """
    singles = library.singles()
    found = _greedy(library, most)
    if not glance and len(library.criterion.y) <= _SAMPLES_UP_TO and len(singles) > 1:
        averaged = _trimmed(_sampled(library, most, np.random.default_rng(seed)), most)
        if library.score(averaged) >= singles.max():
            return averaged
    return found if library.score(found) >= singles.max() else _only(singles)


def _only(singles: Array) -> Weights:
    weights = np.zeros(len(singles))
    weights[singles.argmax()] = 1
    return weights


def _greedy(library: Library, most: int) -> Weights:
    """Add the model that helps most, again and again; return the shortest prefix that is as good as any."""
    counts = np.zeros(len(library.views))
    total = np.zeros_like(library.views[0])
    prefixes: list[tuple[float, Weights]] = []
    for step in range(1, _STEPS + 1):
        open_to = counts > 0 if (counts > 0).sum() >= most else np.ones(len(counts), bool)
        scores = [
            library.criterion.of((total + view) / step) if allowed else -np.inf
            for view, allowed in zip(library.views, open_to, strict=True)
        ]
        best = int(np.argmax(scores))
        counts[best] += 1
        total += library.views[best]
        prefixes.append((scores[best], counts / step))
        if step - _PATIENCE > max(range(step), key=lambda place: prefixes[place][0]):
            break
    highest = max(score for score, _ in prefixes)
    return next(found for score, found in prefixes if score >= highest - _TOLERANCE * abs(highest))


def _sampled(library: Library, most: int, random: np.random.Generator) -> Weights:
    """Return the mean of the weights that samples of the rows choose."""
    rows = len(library.criterion.y)
    size = max(1, min(round(_SHARE_OF_A_SAMPLE * rows), _MOST_ROWS_OF_A_SAMPLE))
    samples = (random.choice(rows, size, replace=False) for _ in range(_SAMPLES))
    return np.mean([_greedy(library.at(np.sort(sample)), most) for sample in samples], axis=0)


def _trimmed(weights: Weights, most: int) -> Weights:
    """Leave out what hardly counts: each member costs time at every prediction."""
    kept = np.where(weights >= _LEAST_WEIGHT, weights, 0)
    kept[np.argsort(-kept)[most:]] = 0
    if not kept.any():
        kept[weights.argmax()] = 1
    return kept / kept.sum()
