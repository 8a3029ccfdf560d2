"""What is solved, from what, with what."""

from dataclasses import dataclass

from openbml_tabular.automl.folds import Folds
from openbml_tabular.automl.search import Zoo
from openbml_tabular.examples import Examples
from openbml_tabular.problem import Problem


@dataclass(frozen=True)
class Task:
    training: Examples
    problem: Problem
    folds: Folds
    zoo: Zoo
    seed: int
