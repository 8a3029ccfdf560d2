"""Operators that look at several features at once, or at the target."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from openbml_kit.tables.feature_steps import CombineStep, FeatureStep, KeepStep, PowerStep
from openbml_tabular.features.operators.association import association
from openbml_tabular.features.operators.seen import Chosen, Parameters, Seen

_LOOKED_AT = 20_000


def interactions(chosen: Chosen, parameters: Parameters) -> Sequence[FeatureStep]:
    """Combine pairs of the numbers that tell most of the target, the best first."""
    if len(chosen.features) < 2:
        return []
    ranked = _ranked(chosen)
    pairs = sorted(combinations(range(len(ranked)), 2), key=lambda pair: (sum(pair), pair))
    kept = pairs[: parameters["most"]]
    names = tuple(chosen.features[ranked[place]].name for pair in kept for place in pair)
    return [CombineStep(names=names, operation=parameters["operation"])]


def polynomial(chosen: Chosen, parameters: Parameters) -> Sequence[FeatureStep]:
    best = sorted(_ranked(chosen)[: parameters["most"]])
    return [PowerStep(names=chosen.only(best).names, degree=parameters["degree"])]


def _ranked(chosen: Chosen) -> list[int]:
    """Return the places of features, those that tell most of the target first."""
    values, y = chosen.values[:_LOOKED_AT], chosen.seen.y[:_LOOKED_AT]
    classes = chosen.seen.is_classification
    scores = [association(column, y, classes=classes) for column in values.T]
    return sorted(range(len(scores)), key=lambda place: (-scores[place], place))


def drop_correlated(chosen: Chosen, parameters: Parameters) -> Sequence[FeatureStep]:
    """Leave out numbers that correlate with an earlier one that stays."""
    filled = np.where(
        np.isnan(chosen.values), np.nanmean(_with_a_value(chosen.values), axis=0), chosen.values
    )
    deviations = filled - filled.mean(axis=0)
    lengths = np.sqrt((deviations**2).sum(axis=0))
    units = deviations / np.where(lengths > 0, lengths, 1)
    correlated = np.abs(units.T @ units) >= parameters["threshold"]
    dropped: set[int] = set()
    for place in range(len(chosen.features)):
        if place not in dropped:
            dropped |= {later for later in np.flatnonzero(correlated[place]).tolist() if later > place}
    names = {chosen.features[place].name for place in dropped}
    return [_without(chosen.seen, names)] if names else []


def _with_a_value(values: np.ndarray) -> np.ndarray:
    empty = np.isnan(values).all(axis=0)
    return np.where(empty, 0.0, values)


def select_k_best(chosen: Chosen, parameters: Parameters) -> Sequence[FeatureStep]:
    """Keep the best of the chosen features, whatever their kind, and all that were not chosen."""
    worst = _ranked(chosen)[parameters["k"] :]
    names = {chosen.features[place].name for place in worst}
    return [_without(chosen.seen, names)] if names else []


def _without(seen: Seen, names: set[str]) -> KeepStep:
    return KeepStep(names=tuple(feature.name for feature in seen.features if feature.name not in names))
