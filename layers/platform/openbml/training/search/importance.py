"""How much each hyper-parameter decides of the quality, from the trials alone.

One-way analysis of variance of each hyper-parameter: the share of the quality's variance between groups of
trials with a like value, less what groups of that many would show by chance (epsilon squared, Kelley 1935).
The shares of all are scaled to add up to 1. Numbers are grouped by their rank, so that their scale does not
matter. Main effects only: with tens of trials there is no more to be told apart.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from openbml.training.search.trials import Trial
from openbml_catalog.search import Space
from openbml_formats.searches import TrialState

FEWEST_TRIALS = 5
_MOST_GROUPS = 4
_TRIALS_PER_GROUP = 3


def measured_trials(trials: Iterable[Trial]) -> list[Trial]:
    """Return the trials whose quality is known and was trained for."""
    return [trial for trial in trials if trial.state is TrialState.SUCCEEDED and trial.quality is not None]


def importance_shares(space: Space, trials: Sequence[Trial]) -> dict[str, float]:
    """Return a share for every hyper-parameter of the space; they add up to 1, or are all 0.

    They are 0 with fewer than `FEWEST_TRIALS` trials, and where no hyper-parameter explains anything.
    """
    if len(trials) < FEWEST_TRIALS:
        return dict.fromkeys(space, 0.0)
    qualities = [trial.quality or 0.0 for trial in trials]
    effects = {}
    for name in space:
        values = [float(json.loads(trial.parameters[name])) for trial in trials]
        effects[name] = _effect(_groups(values, qualities), qualities)
    total = sum(effects.values())
    return {name: effect / total if total else 0.0 for name, effect in effects.items()}


def _groups(values: Sequence[float], qualities: Sequence[float]) -> Sequence[Sequence[float]]:
    """Return the qualities by value; of many different values, by equally many ranks."""
    by_value: Mapping[float, list[float]] = defaultdict(list)
    for value, quality in zip(values, qualities, strict=True):
        by_value[value].append(quality)
    if len(by_value) <= _MOST_GROUPS:
        return list(by_value.values())
    ordered = [quality for _, quality in sorted(zip(values, qualities, strict=True))]
    count = max(2, min(_MOST_GROUPS, len(ordered) // _TRIALS_PER_GROUP))
    edges = [round(place * len(ordered) / count) for place in range(count + 1)]
    return [ordered[start:end] for start, end in pairwise(edges)]


def _effect(groups: Sequence[Sequence[float]], qualities: Sequence[float]) -> float:
    mean = sum(qualities) / len(qualities)
    total = sum((quality - mean) ** 2 for quality in qualities)
    free = len(qualities) - len(groups)
    if total <= 0 or free <= 0:
        return 0.0
    between = sum(len(group) * (sum(group) / len(group) - mean) ** 2 for group in groups)
    within = (total - between) / free
    return max(0.0, (between - (len(groups) - 1) * within) / total)
