"""Configurations of the operators that the mode `auto` tries."""

from collections.abc import Sequence
from dataclasses import dataclass

import optuna

from openbml_catalog.tabular.feature_operators import feature_operators, operator_space, with_values
from openbml_catalog.tabular.models import TabularParameterType
from openbml_catalog.tabular.settings import ChosenFeatureOperator, FeatureEngineering, FeatureMode
from openbml_tabular.expert.spaces import distribution_of
from openbml_tabular.models.learner import Parameters

_MOST = 10
_DRAWS = 50
_DIGITS = 4

Operators = tuple[ChosenFeatureOperator, ...]


@dataclass(frozen=True)
class OperatorVariant:
    """Attributes:
    label: what the report calls it.
    """

    label: str
    operators: Operators


def operator_variants(engineering: FeatureEngineering, *, seed: int) -> Sequence[OperatorVariant]:
    """Return the configurations to choose from; in other modes than `auto` there is one.

    In the mode `auto` the first has the operators with their defaults, the second none of them, so that a
    search can find that they do not help, and up to eight more have seeded draws of their parameters.
    """
    first = OperatorVariant("default", engineering.operators)
    if engineering.mode is not FeatureMode.AUTO:
        return [first]
    return [first, OperatorVariant("no operators", ()), *_draws(engineering.operators, seed)]


def _draws(operators: Operators, seed: int) -> Sequence[OperatorVariant]:
    space = {
        name: distribution_of(range_, whole=_is_whole(operators, name))
        for name, range_ in operator_space(operators).items()
    }
    if not space:
        return []
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))
    found: dict[str, OperatorVariant] = {}
    for _ in range(_DRAWS):
        values = study.ask(space).params
        label = _label(operators, values)
        found.setdefault(label, OperatorVariant(label, with_values(operators, values)))
        if len(found) == _MOST - 2:
            break
    return list(found.values())


def _is_whole(operators: Operators, key: str) -> bool:
    place, _, name = key.partition(".")
    rows = feature_operators()[operators[int(place)].name].parameters
    return any(row.name == name and row.type is TabularParameterType.INTEGER for row in rows)


def _label(operators: Operators, values: Parameters) -> str:
    """Return the values by operator: `binning.bins=12, binning.method=uniform`."""
    parts = [(key.partition("."), value) for key, value in values.items()]
    return ", ".join(
        f"{operators[int(place)].name}.{name}={_shown(value)}" for (place, _, name), value in parts
    )


def _shown(value: object) -> str:
    return f"{value:.{_DIGITS}g}" if isinstance(value, float) else str(value)
