"""The five range kinds as Optuna samples them."""

from collections.abc import Mapping

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from openbml_catalog.tabular.models import TabularModel, TabularParameterType
from openbml_catalog.tabular.ranges import Choice, LogUniform, QUniform, RandInt, Range, Uniform
from openbml_tabular.models.learner import Parameters, Value

_EXACT_DIGITS = 12  # a quantised 0.1 + 2 * 0.1 is 0.3


def distribution_of(range_: Range, *, whole: bool) -> BaseDistribution:
    """Return the distribution of a range; both ends are included.

    Args:
        whole: the hyper-parameter is a whole number.
    """
    match range_:
        case Choice():
            return CategoricalDistribution(range_.values)
        case RandInt():
            return IntDistribution(range_.low, range_.high)
        case QUniform() if whole:
            return IntDistribution(int(range_.low), int(range_.highest), step=int(range_.q))
        case QUniform():
            return FloatDistribution(range_.low, range_.highest, step=range_.q)
        case LogUniform() if whole:
            return IntDistribution(int(range_.low), int(range_.high), log=True)
        case LogUniform():
            return FloatDistribution(range_.low, range_.high, log=True)
        case Uniform():
            return FloatDistribution(range_.low, range_.high)


def distributions(model: TabularModel, space: Mapping[str, Range]) -> Mapping[str, BaseDistribution]:
    """Return what a study samples from, by hyper-parameter."""
    wholes = {row.name for row in model.parameters if row.type is TabularParameterType.INTEGER}
    return {name: distribution_of(range_, whole=name in wholes) for name, range_ in space.items()}


def sampled(trial: optuna.Trial, name: str, distribution: BaseDistribution) -> Value:
    """Return a trial's value."""
    match distribution:
        case CategoricalDistribution():
            chosen: Value = trial.suggest_categorical(name, distribution.choices)
            return chosen
        case IntDistribution():
            return trial.suggest_int(
                name, distribution.low, distribution.high, step=distribution.step, log=distribution.log
            )
        case FloatDistribution():
            value = trial.suggest_float(
                name, distribution.low, distribution.high, step=distribution.step, log=distribution.log
            )
            return value if distribution.step is None else round(value, _EXACT_DIGITS)
    raise TypeError(f"no distribution of ours: {distribution!r}")


def within(space: Mapping[str, Range], parameters: Parameters) -> Parameters:
    """Return the parameters whose values the space holds: a search can start from them."""
    return {name: value for name, value in parameters.items() if name in space and space[name].holds(value)}
