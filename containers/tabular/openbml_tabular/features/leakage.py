"""Columns that know the target already."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from openbml_formats.tables.profiles import ColumnWarning, WarningCode, column_warning
from openbml_kit.tables.features import Feature
from openbml_tabular.examples import Examples, Floats

_MOST_ROWS = 20_000
_FEWEST_ROWS = 50
_SUSPICIOUS = 0.98
_BINS = 200


def leakage_warnings(
    examples: Examples, target: str, *, is_classification: bool, seed: int
) -> Sequence[ColumnWarning]:
    """Return a warning for each column that predicts the target almost perfectly, the worst first.

    A feature predicts by the mean target, or the most frequent class, of its intervals or categories in one
    half of the rows, and is judged on the other half, and the reverse; of 20,000 rows. Its figure is
    the share of the error of the best constant that it takes away: 1 is perfect, 0 is worthless.

    Args:
        examples: the training rows.
    """
    if len(examples) < _FEWEST_ROWS:
        return []
    generator = np.random.default_rng(seed)
    rows = generator.permutation(len(examples))[:_MOST_ROWS]
    x, y = examples.x[rows], examples.y[rows]
    figures = dict.fromkeys(_columns(examples.features), 0.0)
    for place, feature in enumerate(examples.features):
        figure = _figure(x[:, place], y, classes=is_classification)
        figures[feature.column] = max(figures[feature.column], figure)
    found = sorted((pair for pair in figures.items() if pair[1] >= _SUSPICIOUS), key=lambda pair: -pair[1])
    return [column_warning(name, WarningCode.LEAKAGE, target=target, share=share) for name, share in found]


def _columns(features: Sequence[Feature]) -> Sequence[str]:
    return list(dict.fromkeys(feature.column for feature in features))


def _figure(feature: Floats, y: npt.NDArray[Any], *, classes: bool) -> float:
    bins = _bins(feature)
    half = len(y) // 2
    parts = (slice(0, half), slice(half, None))
    taken = [_taken(bins, y, parts[one], parts[1 - one], classes=classes) for one in (0, 1)]
    error, base = np.sum(taken, axis=0)
    return float(1 - error / base) if base > 0 else 0.0


def _bins(feature: Floats) -> npt.NDArray[np.int64]:
    """Return the numbers of intervals, at most 200; what is missing is the first."""
    missing = np.isnan(feature)
    different = np.unique(feature[~missing])
    if len(different) > _BINS:
        different = np.unique(np.quantile(feature[~missing], np.linspace(0, 1, _BINS + 1)[1:]))
    return np.where(missing, 0, np.searchsorted(different, feature, side="left") + 1).astype(np.int64)


def _taken(
    bins: npt.NDArray[np.int64], y: npt.NDArray[Any], fit: slice, judge: slice, *, classes: bool
) -> tuple[float, float]:
    """Return the error on one half by what the other half taught, and that of the best constant."""
    if classes:
        return _wrong(bins, y.astype(np.int64), fit, judge)
    default = float(y[fit].mean())
    counts = np.bincount(bins[fit], minlength=int(bins.max()) + 1)
    sums = np.bincount(bins[fit], weights=y[fit], minlength=len(counts))
    means = np.where(counts > 0, sums / np.maximum(counts, 1), default)
    return float(((y[judge] - means[bins[judge]]) ** 2).sum()), float(((y[judge] - default) ** 2).sum())


def _wrong(
    bins: npt.NDArray[np.int64], y: npt.NDArray[np.int64], fit: slice, judge: slice
) -> tuple[float, float]:
    width, classes = int(bins.max()) + 1, int(y.max()) + 1
    counts = np.bincount(bins[fit] * classes + y[fit], minlength=width * classes).reshape(width, classes)
    default = int(counts.sum(axis=0).argmax())
    guess = np.where(counts.sum(axis=1) > 0, counts.argmax(axis=1), default)
    return float((guess[bins[judge]] != y[judge]).sum()), float((y[judge] != default).sum())
