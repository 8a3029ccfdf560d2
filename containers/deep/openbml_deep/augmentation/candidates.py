"""Sub-policies that a search tries: what they are drawn from, and which comes next after what was seen.

The next one is proposed as by a tree-structured Parzen estimator (Bergstra et al. 2011): values that are
frequent among the better quarter and rare among the others. Each choice is one of a few, so that counting is
all the estimate there is. Proposals depend on the seed, the number and the trials before only.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from openbml_catalog.augmentation import LEVELS, Operator, operators_of
from openbml_formats.augmentation.policy import Step

# Operators of a sub-policy, as in AutoAugment (Cubuk et al. 2019, arXiv:1805.09501, section 3).
OPERATORS_EACH = 2
_PROBABILITIES = (0.2, 0.4, 0.6, 0.8, 1.0)
_CENTRES = (1, 3, 5, 7, 9)
_AT_RANDOM = 12
_BETTER_SHARE = 0.25
_DRAWS = 24


@dataclass(frozen=True)
class Choice:
    """An operator, how likely it is, and the level around which its magnitude is drawn."""

    name: str
    probability: float
    level: int


Candidate = tuple[Choice, ...]


@dataclass(frozen=True)
class Trial:
    """A candidate and the loss of a network that never saw it, on images that it has changed."""

    candidate: Candidate
    loss: float


class Proposals:
    """The candidates of a task, in an order that the seed and their losses decide."""

    def __init__(self, task: str, *, seed: int) -> None:
        self._operators = operators_of(task)
        self._seed = seed

    def next(self, trials: Sequence[Trial]) -> Candidate:
        """Return the candidate that follows these trials; each is proposed once as long as there are
        others."""
        drawn = random.Random(f"{self._seed}/{len(trials)}")
        known = {trial.candidate for trial in trials}
        options = [self._at_random(drawn) for _ in range(_DRAWS)]
        fresh = [option for option in options if option not in known] or options
        if len(trials) < _AT_RANDOM:
            return fresh[0]
        ranked = sorted(trials, key=lambda trial: trial.loss)
        better = ranked[: max(1, round(_BETTER_SHARE * len(ranked)))]
        count = len(self._operators)
        good, others = _Counts(better, count), _Counts(ranked[len(better) :], count)
        for _ in range(_DRAWS):
            option = self._varied(drawn.choice(better).candidate, drawn)
            if option not in known:
                fresh.append(option)
        return max(fresh, key=lambda option: good.log_density(option) - others.log_density(option))

    def steps(self, candidate: Candidate) -> tuple[Step, ...]:
        """Return the candidate as a policy's steps; a magnitude reaches one level to each side."""
        return tuple(_step(self._operators[choice.name], choice) for choice in candidate)

    def _at_random(self, drawn: random.Random) -> Candidate:
        names = drawn.sample(list(self._operators), OPERATORS_EACH)
        return tuple(self._choice(name, drawn) for name in names)

    def _choice(self, name: str, drawn: random.Random) -> Choice:
        level = drawn.choice(_CENTRES) if self._operators[name].magnitude else 0
        return Choice(name, drawn.choice(_PROBABILITIES), level)

    def _varied(self, candidate: Candidate, drawn: random.Random) -> Candidate:
        """Return the candidate with one of its choices drawn anew."""
        place = drawn.randrange(len(candidate))
        others = {choice.name for number, choice in enumerate(candidate) if number != place}
        name = drawn.choice([name for name in self._operators if name not in others])
        return (*candidate[:place], self._choice(name, drawn), *candidate[place + 1 :])


class _Counts:
    """How often each choice occurs among trials, each counted once more than it was seen."""

    def __init__(self, trials: Sequence[Trial], operator_count: int) -> None:
        self._operator_count = operator_count
        self._choices = [choice for trial in trials for choice in trial.candidate]

    def log_density(self, candidate: Candidate) -> float:
        return sum(self._log_density(choice) for choice in candidate)

    def _log_density(self, choice: Choice) -> float:
        same = [other for other in self._choices if other.name == choice.name]
        levels = sum(other.level == choice.level for other in same)
        sure = sum(other.probability == choice.probability for other in same)
        return (
            math.log((len(same) + 1) / (len(self._choices) + self._operator_count))
            + math.log((levels + 1) / (len(same) + len(_CENTRES)))
            + math.log((sure + 1) / (len(same) + len(_PROBABILITIES)))
        )


def _step(operator: Operator, choice: Choice) -> Step:
    magnitude = operator.magnitude
    if magnitude is None:
        return Step(operator.name, choice.probability)
    ends = [magnitude.at_level(min(LEVELS, max(0, choice.level + reach))) for reach in (-1, 1)]
    low, high = (round(end) if magnitude.whole else round(end, 4) for end in sorted(ends))
    return Step(operator.name, choice.probability, low, high)
