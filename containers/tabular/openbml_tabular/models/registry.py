"""Learners by the catalogue's codes."""

from collections.abc import Mapping
from functools import cache

from openbml_tabular.models.cat import CatBoost
from openbml_tabular.models.forests import ExtraTrees, RandomForest
from openbml_tabular.models.guarded import GuardedLearner
from openbml_tabular.models.learner import Learner
from openbml_tabular.models.lgbm import LightGbm
from openbml_tabular.models.linear import Linear
from openbml_tabular.models.mlp import NeuralNetwork
from openbml_tabular.models.neighbours import Neighbours
from openbml_tabular.models.xgb import Xgboost


@cache
def learners() -> Mapping[str, Learner]:
    """Return every learner by its code."""
    every = (
        LightGbm(),
        CatBoost(),
        Xgboost(),
        RandomForest(),
        ExtraTrees(),
        Linear(),
        Neighbours(),
        NeuralNetwork(),
    )
    return {each.code: GuardedLearner(each) for each in every}


def learner(code: str) -> Learner:
    """Return the learner of a code. Raises KeyError: there is none."""
    return learners()[code]
