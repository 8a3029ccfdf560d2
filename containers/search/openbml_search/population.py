"""Evolutionary search: population based training (Jaderberg et al. 2017, arXiv:1711.09846).

A population trains in rounds. Between two rounds the worst individuals exploit: they take over weights and
hyper-parameters of one of the best; and explore: each hyper-parameter that was taken over is drawn anew with
the random-initialisation probability, else varied a little: a number times 0.8 or 1.2 within its range, one
of a list to a neighbour. The others train on from their own weights with their own hyper-parameters.

Trial `number` is individual `number % population` in round `number // population`. Whatever is drawn is
seeded by the search and the trial's number, and ranks rest on the round before alone, which has ended: a
manager that takes over from a killed one, also within a round, proposes the same.
"""

import math
import random
from collections.abc import Sequence

from openbml_catalog.search import ParameterSpace, SearchPlan, ValueType
from openbml_formats.searches import StudyTrial, TrialState
from openbml_search.seeds import seed_of
from openbml_search.study import Study
from openbml_search.values import Values, read

_FACTORS = (0.8, 1.2)  # as in the paper, section 4


class Individual:
    """What the next trial of an individual is."""

    def __init__(self, values: Values, *, generation: int, parent: int | None) -> None:
        self.values = values
        self.generation = generation
        self.parent = parent


def next_individual(study: Study) -> tuple[Individual, int]:
    """Return the search's next trial and the seed that it was drawn with."""
    number = len(study.trials)
    size = study.plan.population or 1
    seed = seed_of(study.search_id, number)
    source = random.Random(seed)
    generation, place = divmod(number, size)
    before = study.trials[(generation - 1) * size : generation * size] if generation else ()
    ranked = _ranked(before)
    if not ranked:
        return Individual(_fresh(study.plan, source), generation=generation, parent=None), seed
    own = before[place]
    elite, replaced = _cut(ranked, size, study.plan)
    if own in ranked and own not in replaced:
        return Individual(read(own.parameters), generation=generation, parent=own.number), seed
    better = source.choice(elite)
    values = _explored(read(better.parameters), study.plan, source)
    return Individual(values, generation=generation, parent=better.number), seed


def _ranked(trials: Sequence[StudyTrial]) -> Sequence[StudyTrial]:
    """Return the trials that have a model, the best first, the earlier of equals before the later."""
    usable = [trial for trial in trials if trial.state is TrialState.SUCCEEDED and trial.quality is not None]
    return sorted(usable, key=lambda trial: (-(trial.quality or 0.0), trial.number))


def _cut(
    ranked: Sequence[StudyTrial], size: int, plan: SearchPlan
) -> tuple[Sequence[StudyTrial], Sequence[StudyTrial]]:
    """Return the best, which are taken over, and the worst of those with a model, which take over."""
    share = max(1, math.floor(size * (plan.quantile_fraction or 0.0)))
    elite = ranked[: min(share, len(ranked))]
    without_model = size - len(ranked)
    losers = max(0, share - without_model)
    return elite, ranked[max(len(elite), len(ranked) - losers) :]


def _fresh(plan: SearchPlan, source: random.Random) -> Values:
    return {name: drawn(space, source) for name, space in plan.space.items()}


def _explored(values: Values, plan: SearchPlan, source: random.Random) -> Values:
    anew = plan.explore_probability or 0.0
    return {
        name: drawn(space, source) if source.random() < anew else varied(values[name], space, source)
        for name, space in plan.space.items()
    }


def drawn(space: ParameterSpace, source: random.Random) -> float:
    """Return any value of a space."""
    if space.type in (ValueType.DISCRETE, ValueType.BOOLEAN):
        return source.choice(list(space.choices() or ()))
    low, high = space.bounds
    match space.type:
        case ValueType.RANDOM_INTEGER:
            return float(source.randint(int(low), int(high)))
        case ValueType.LOG_UNIFORM:
            return min(high, max(low, math.exp(source.uniform(math.log(low), math.log(high)))))
        case _:
            return source.uniform(low, high)


def varied(value: float, space: ParameterSpace, source: random.Random) -> float:
    """Return a value of the space near another one."""
    if space.type in (ValueType.DISCRETE, ValueType.BOOLEAN):
        choices = sorted(space.choices() or ())
        place = choices.index(value) + source.choice((-1, 1))
        return choices[min(len(choices) - 1, max(0, place))]
    low, high = space.bounds
    moved = value * source.choice(_FACTORS)
    if space.type is ValueType.RANDOM_INTEGER:
        whole = round(moved)
        step = 1 if moved > value else -1
        moved = float(whole if whole != value else value + step)
    return min(high, max(low, moved))
