"""Model-based proposals: the tree-structured Parzen estimator of Optuna.

The study is made anew from the children for each proposal; nothing is kept between two.
"""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sagemaker_local.tuning.jobs import Definition
from sagemaker_local.tuning.ranges import CategoricalRange, ContinuousRange, IntegerRange, Range

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

#: So many proposals are random before the model has a say.
RANDOM_FIRST = 10


@dataclass(frozen=True)
class Observation:
    """Values of the tuned hyper-parameters and the loss they gave; None while the job runs."""

    values: dict[str, str]
    loss: float | None


def is_model_ready(observations: Sequence[Observation]) -> bool:
    return len(observations) >= RANDOM_FIRST and any(one.loss is not None for one in observations)


def propose(
    definition: Definition, observations: Sequence[Observation], *, seed: int, number: int
) -> dict[str, str]:
    """Where to look next. Jobs that still run count as bad ones, so that parallel jobs keep apart."""
    import optuna  # here, because it takes a quarter of a second that most engines never need

    logging.getLogger("optuna").setLevel(logging.WARNING)
    states = optuna.trial.TrialState
    ranges = [one for one in definition.ranges if not _is_fixed(one)]
    distributions = {one.name: _distribution(one) for one in ranges}
    digest = hashlib.sha256(f"{seed}/{definition.index}/{number}".encode()).digest()
    sampler = optuna.samplers.TPESampler(
        n_startup_trials=0, constant_liar=True, multivariate=True, seed=int.from_bytes(digest[:4])
    )
    study = optuna.create_study(direction="minimize", sampler=sampler)
    study.add_trials(
        [
            optuna.trial.create_trial(
                state=states.RUNNING if one.loss is None else states.COMPLETE,
                value=one.loss,
                params={each.name: _encoded(each, one.values[each.name]) for each in ranges},
                distributions=distributions,
            )
            for one in observations
        ]
    )
    found = study.ask(distributions).params
    return {
        one.name: one.at(0.0) if _is_fixed(one) else _decoded(one, found[one.name])
        for one in definition.ranges
    }


def _is_fixed(one: Range) -> bool:
    if isinstance(one, CategoricalRange):
        return len(one.values) == 1
    return one.low == one.high


def _distribution(one: Range) -> "BaseDistribution":
    from optuna.distributions import (
        CategoricalDistribution,
        FloatDistribution,
        IntDistribution,
    )

    if isinstance(one, CategoricalRange):
        return CategoricalDistribution(one.values)
    if isinstance(one, IntegerRange):
        return IntDistribution(one.low, one.high, log=one.scaling == "Logarithmic")
    return FloatDistribution(*one.coordinates)


def _encoded(one: Range, text: str) -> str | int | float:
    if isinstance(one, ContinuousRange):
        low, high = one.coordinates
        return min(max(one.coordinate(float(text)), low), high)
    return int(text) if isinstance(one, IntegerRange) else text


def _decoded(one: Range, value: str | int | float) -> str:
    return one.from_coordinate(float(value)) if isinstance(one, ContinuousRange) else str(value)
