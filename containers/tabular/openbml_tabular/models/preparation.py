"""What learners see of the feature matrix, fitted on training rows only.

Trees see numbers as they are, codes as their number, which falls with their frequency and so stands for the
count, codes of few categories one-hot and those of many as target statistics. Linear models, neighbours and
networks see scaled and imputed numbers with flags of the missing ones, and codes one-hot or as statistics.
"""

from collections.abc import Sequence

import numpy as np

from openbml_kit.tables.features import Feature, FeatureKind
from openbml_tabular.examples import Examples, Floats
from openbml_tabular.models.blocks import (
    Block,
    MissingFlags,
    Numbers,
    OneHot,
    Places,
    Preparation,
    ScaledNumbers,
    beside,
)
from openbml_tabular.models.target_statistics import fit_target_statistics
from openbml_tabular.problem import Problem

ONE_HOT_OF_TREES = 10
ONE_HOT_OF_OTHERS = 30
MOST_ONE_HOT_COLUMNS = 600
_QUANTILE_ROWS = 100_000  # medians of more rows come from a sample of these


def fit_transform_for_trees(
    training: Examples, problem: Problem, *, seed: int, one_hot: int = ONE_HOT_OF_TREES
) -> tuple[Preparation, Floats]:
    """Return the preparation and the training rows as trees learn from them.

    Args:
        one_hot: codes of at most so many categories become a column each.
    """
    few, many = split_codes(training.features, one_hot)
    # One of two codes is told by the number itself.
    several = [place for place in few if training.features[place].cardinality > 2]
    hot = fit_one_hot(training, np.array(several, np.int64))
    return _with_statistics([Numbers(np.arange(len(training.features))), hot], training, many, problem, seed)


def fit_transform_scaled(
    training: Examples, problem: Problem, *, seed: int, one_hot: int = ONE_HOT_OF_OTHERS
) -> tuple[Preparation, Floats]:
    """Return the preparation and the training rows as linear models and neighbours learn from them: no value
    is missing, all lie around 0."""
    few, many = split_codes(training.features, one_hot)
    numbers = numbers_of(training.features)
    scaled = fit_scaling(training.x, numbers) if len(numbers) else None
    blocks = [scaled, fit_flags(training, numbers), fit_one_hot(training, few)]
    return _with_statistics(blocks, training, many, problem, seed)


def _with_statistics(
    blocks: Sequence[Block | None], training: Examples, places: Places, problem: Problem, seed: int
) -> tuple[Preparation, Floats]:
    """Return the blocks that are some with target statistics of the codes at `places`, and training rows."""
    fitted = [block for block in blocks if block is not None]
    parts = [block.transform(training.x) for block in fitted]
    if len(places):
        statistics, columns = fit_target_statistics(training, places, problem, seed=seed)
        fitted.append(statistics)
        parts.append(columns)
    return Preparation(fitted), beside(parts)


def numbers_of(features: Sequence[Feature]) -> Places:
    """Return the places of the features that are numbers."""
    places = [place for place, feature in enumerate(features) if feature.kind is FeatureKind.NUMBER]
    return np.array(places, np.int64)


def split_codes(features: Sequence[Feature], one_hot: int) -> tuple[Places, Places]:
    """Return the places of codes that become one-hot, within the limit of all columns, and of the others."""
    codes = [place for place, feature in enumerate(features) if feature.kind is FeatureKind.CODE]
    codes.sort(key=lambda place: features[place].cardinality)
    widths = np.array([features[place].cardinality for place in codes], np.int64)
    fits = (widths <= one_hot) & (np.cumsum(widths) <= MOST_ONE_HOT_COLUMNS)
    places = np.array(codes, np.int64)
    return places[fits], places[~fits]


def fit_scaling(x: Floats, numbers: Places) -> ScaledNumbers:
    """Fit medians and interquartile ranges; where the latter is 0, half the range, where that is 0, nothing
    is left of the column.

    Source: Holzmüller et al. 2024, arXiv:2407.04491 (robust scaling).
    """
    rows = np.linspace(0, len(x) - 1, min(len(x), _QUANTILE_ROWS)).astype(np.int64)
    seen = x[np.ix_(rows, numbers)].astype(np.float64)
    seen[:, np.isnan(seen).all(axis=0)] = 0
    low, first, middle, third, high = np.nanquantile(seen, [0, 0.25, 0.5, 0.75, 1], axis=0)
    spread = np.where(third > first, third - first, (high - low) / 2)
    # Below float32's resolution there is nothing to see, and 1 / spread could overflow.
    visible = spread > np.maximum(np.abs(middle) * 1e-7, 1e-30)
    scale = np.where(visible, 1 / np.where(visible, spread, 1), 0)
    return ScaledNumbers(numbers, middle.astype(np.float32), scale.astype(np.float32))


def fit_flags(training: Examples, numbers: Places) -> MissingFlags | None:
    """Return flags of the numbers that training misses somewhere; None: of none."""
    gaps = numbers[np.isnan(training.x[:, numbers]).any(axis=0)]
    return MissingFlags(gaps) if len(gaps) else None


def fit_one_hot(training: Examples, places: Places) -> OneHot | None:
    """Return a column for each code that training has; None: it has none."""
    if not len(places):
        return None
    widths = [training.features[place].cardinality for place in places]
    codes = np.concatenate([np.arange(width) for width in widths]).astype(np.float32)
    every = OneHot(np.repeat(places, widths), codes)
    seen = every.transform(training.x).any(axis=0)
    return OneHot(every.places[seen], every.codes[seen]) if seen.any() else None
