"""Target statistics of codes, cross-fitted on the rows that they are computed from.

Source: Micci-Barreca 2001, "A preprocessing scheme for high-cardinality categorical attributes"; the
shrinkage is its m-estimate: (Σ w·s + m·prior) / (Σ w + m).
"""

import numpy as np
import numpy.typing as npt

from openbml_tabular.examples import Examples, Floats
from openbml_tabular.models.blocks import CodeTables, Places, first_rows, rows_of_codes
from openbml_tabular.problem import Problem

_SMOOTHING = 10.0
_FOLDS = 5
_MOST_SIGNALS = 12

Doubles = npt.NDArray[np.float64]


def target_signals(training: Examples, problem: Problem) -> Doubles:
    """Return what is averaged, shape (n, m): of two classes the second's indicator, of more the indicators of
    the most frequent 12, of values the standardised value."""
    if not problem.is_classification:
        spread = float(np.std(training.y))
        return ((training.y - training.y.mean()) / (spread or 1.0)).reshape(-1, 1)
    if problem.outputs <= 2:
        return (training.y == problem.outputs - 1).astype(np.float64).reshape(-1, 1)
    counts = np.bincount(training.y, minlength=problem.outputs)
    chosen = np.sort(np.argsort(-counts, kind="stable")[:_MOST_SIGNALS])
    return (training.y[:, None] == chosen).astype(np.float64)


def fit_target_statistics(
    training: Examples, places: Places, problem: Problem, *, seed: int
) -> tuple[CodeTables, Floats]:
    """Return the statistics' block, and its columns of the training rows: each row's from the other folds, so
    that no row sees its own target."""
    cardinalities = np.array([training.features[place].cardinality for place in places], np.int64)
    signals = target_signals(training, problem)
    weights = np.ones(len(training)) if training.weights is None else training.weights
    fold = np.random.default_rng(seed).permutation(len(training)) % _FOLDS
    rows = rows_of_codes(training.x, places, cardinalities)
    table = np.empty((int((cardinalities + 1).sum()), signals.shape[1]), np.float32)
    fitted = np.empty((len(training), len(places), signals.shape[1]), np.float32)
    prior = np.average(signals, axis=0, weights=weights)
    for place, first in enumerate(first_rows(cardinalities)):
        size = int(cardinalities[place]) + 1
        sums, counts = _folded(rows[:, place] - first, size, fold, signals, weights)
        table[first : first + size] = _shrunk(sums.sum(axis=0), counts.sum(axis=0), prior)
        table[first + size - 1] = prior
        others = _shrunk(sums.sum(axis=0) - sums, counts.sum(axis=0) - counts, prior)
        fitted[:, place] = others[fold, rows[:, place] - first]
    return CodeTables(places, cardinalities, table), fitted.reshape(len(training), -1)


def _folded(
    codes: npt.NDArray[np.int64], size: int, fold: npt.NDArray[np.int64], signals: Doubles, weights: Doubles
) -> tuple[Doubles, Doubles]:
    """Return weighted sums, shape (folds, size, m), and weights, (folds, size), of each code in each fold."""
    cell = fold * size + codes
    counts = np.bincount(cell, weights=weights, minlength=_FOLDS * size)
    sums = [np.bincount(cell, weights=weights * column, minlength=_FOLDS * size) for column in signals.T]
    return np.stack(sums, axis=1).reshape(_FOLDS, size, -1), counts.reshape(_FOLDS, size)


def _shrunk(sums: Doubles, counts: Doubles, prior: Doubles) -> Doubles:
    return (sums + _SMOOTHING * prior) / (counts[..., None] + _SMOOTHING)
