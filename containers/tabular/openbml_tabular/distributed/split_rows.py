"""Expert mode, distributed, over rows that the first machine has read: every machine trains on its share."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from distributed import Client

from openbml_catalog.tabular.conf import ExpertConf
from openbml_kit.progress import Progress
from openbml_tabular.automl.folds import ALWAYS_TRAINS, Folds
from openbml_tabular.automl.solution import Solution
from openbml_tabular.distributed.row_parts import MOST_EVALUATED_ROWS, PartReader, PartRows
from openbml_tabular.distributed.row_training import solve_distributed
from openbml_tabular.examples import Examples, Rows
from openbml_tabular.models.learner import Learner
from openbml_tabular.problem import Problem


@dataclass(frozen=True)
class SentPart:
    """Rows that travel to the machine that is to keep them."""

    rows: PartRows

    def __call__(self) -> PartRows:
        return self.rows


@dataclass(frozen=True)
class Split:
    """Attributes:
    held_out: rows that judge, in the order of the parts; training: of each part, those that train.
    """

    held_out: Sequence[Rows]
    training: Sequence[Rows]

    @classmethod
    def of(cls, folds: Folds, machines: int) -> "Split":
        """Deal out the rows of the first fold, which judge, and those that train its model."""
        part = folds.parts()[0]
        judging, training = folds.held_out(part), folds.training(part)
        step = max(1, -(-len(judging) // MOST_EVALUATED_ROWS))
        judging = judging[::step]
        return cls(
            [judging[place::machines] for place in range(machines)],
            [training[place::machines] for place in range(machines)],
        )

    def readers(self, examples: Examples) -> Sequence[PartReader]:
        return [
            SentPart(PartRows(examples.take(training), examples.take(judging)))
            for training, judging in zip(self.training, self.held_out, strict=True)
        ]


def solve_split(
    training: Examples,
    problem: Problem,
    folds: Folds,
    conf: ExpertConf,
    *,
    client: Client,
    look: Callable[[], None],
    learners: Mapping[str, Learner],
    budget_s: float,
    seed: int,
    progress: Progress,
    checkpoints: Path | None = None,
    stop: Callable[[], str | None] = lambda: None,
) -> Solution:
    """Return the best model of a search whose fits each train on the rows of all machines.

    The first fold judges; `held_out` of the solution is NaN for all other rows.

    Raises:
        UserFault: there are fewer rows than machines, or every trial failed.
        PlatformFault: a machine was lost, and its rows with it.
    """
    split = Split.of(folds, len(client.nthreads()))
    found = solve_distributed(
        split.readers(training),
        problem,
        conf,
        client=client,
        look=look,
        learners=learners,
        budget_s=budget_s,
        seed=seed,
        progress=progress,
        checkpoints=checkpoints,
        stop=stop,
    )
    judged = np.concatenate(split.held_out)
    held_out = np.full((len(training), problem.outputs), np.nan, np.float32)
    held_out[judged] = found.solution.held_out
    fold_of = np.full(len(training), ALWAYS_TRAINS, np.int16)
    fold_of[judged] = 0
    return replace(found.solution, held_out=held_out, fold_of=fold_of)
