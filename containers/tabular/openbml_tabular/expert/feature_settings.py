"""Settings of feature-engineering operators that the mode `auto` tries (spec 03 section 4.2)."""

from collections.abc import Iterator, Mapping, Sequence

import optuna
from optuna.distributions import BaseDistribution

from openbml_catalog.tabular.feature_operators import operator_space, with_values
from openbml_catalog.tabular.settings import ChosenFeatureOperator
from openbml_tabular.expert.spaces import distribution_of

Chosen = tuple[ChosenFeatureOperator, ...]

MOST_SETTINGS = 8
_DRAWS = 200  # of few settings in all, the same ones come again


def feature_settings(chosen: Chosen, *, seed: int) -> Sequence[Chosen]:
    """Return up to eight different settings of the chosen operators, the first with their defaults.

    They are drawn by the seed; which one is best is searched together with the hyper-parameters.
    """
    found = [chosen]
    for setting in _drawn(chosen, seed):
        if setting not in found:
            found.append(setting)
        if len(found) == MOST_SETTINGS:
            break
    return found


def _drawn(chosen: Chosen, seed: int) -> Iterator[Chosen]:
    space: Mapping[str, BaseDistribution] = {
        name: distribution_of(range_, whole=all(isinstance(end, int) for end in range_.ends))
        for name, range_ in operator_space(chosen).items()
    }
    if not space:
        return
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed))
    for _ in range(_DRAWS):
        yield with_values(chosen, study.ask(dict(space)).params)
