"""What the next child of a tuning job gets: a pure function of seed, ranges and results so far."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from sagemaker_local.tuning import bayesian
from sagemaker_local.tuning.bayesian import Observation
from sagemaker_local.tuning.children import Child
from sagemaker_local.tuning.grid import grid_point, grid_size, turn_of
from sagemaker_local.tuning.jobs import Definition, PastTrial, TuningJob


@dataclass(frozen=True)
class Proposal:
    """``number`` counts the children of the tuning job from 1."""

    number: int
    definition: Definition
    tuned: dict[str, str]


def next_proposals(
    job: TuningJob, definitions: Sequence[Definition], children: Sequence[Child], count: int
) -> list[Proposal]:
    """Return the next ``count`` proposals; each knows of those before it as of jobs that run."""
    found: list[Proposal] = []
    sizes = [grid_size(one.grid) if job.strategy == "Grid" else None for one in definitions]
    for number in range(len(children), len(children) + count):
        index, place = turn_of(sizes, number)
        definition = definitions[index]
        if job.strategy == "Grid":
            tuned = grid_point(definition.grid, place)
        elif job.strategy == "Bayesian":
            tuned = _model_based(job, definition, children, found, place)
        else:
            tuned = drawn(definition, job.seed, place)
        found.append(Proposal(number + 1, definition, tuned))
    return found


def drawn(definition: Definition, seed: int, place: int) -> dict[str, str]:
    """Random values: equal for an equal seed, definition and place, whatever happened before."""
    numbers = random.Random(f"{seed}/{definition.index}/{place}")
    return {one.name: one.at(numbers.random()) for one in definition.ranges}


def _model_based(
    job: TuningJob,
    definition: Definition,
    children: Sequence[Child],
    planned: Sequence[Proposal],
    place: int,
) -> dict[str, str]:
    seen = [*_inherited(definition, job.past_trials), *_observed(definition, children)]
    seen += [Observation(one.tuned, None) for one in planned if one.definition is definition]
    if not definition.ranges or not bayesian.is_model_ready(seen):
        return drawn(definition, job.seed, place)
    return bayesian.propose(definition, seen, seed=job.seed, number=place)


def _inherited(definition: Definition, past: Sequence[PastTrial]) -> list[Observation]:
    """Trials of parent tuning jobs as far as they lie within the ranges of this one."""
    return [
        Observation(
            {one.name: trial.values[one.name] for one in definition.ranges},
            definition.objective.loss(trial.value),
        )
        for trial in past
        if all(one.name in trial.values and one.contains(trial.values[one.name]) for one in definition.ranges)
    ]


def _observed(definition: Definition, children: Sequence[Child]) -> list[Observation]:
    """What the children taught; those that ended without a value taught nothing."""
    found = []
    for child in children:
        if child.record.definition != definition.index:
            continue
        if not child.is_finished:
            found.append(Observation(child.record.tuned, None))
        elif child.value is not None:
            found.append(Observation(child.record.tuned, definition.objective.loss(child.value)))
    return found
