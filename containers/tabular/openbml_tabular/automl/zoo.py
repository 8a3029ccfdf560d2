"""What AutoML uses by default: every learner, the portfolio, what is searched, what stacks. None of it is
tuned to a data set."""

from collections.abc import Mapping, Sequence

from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from openbml_tabular.automl.search import Space, Zoo
from openbml_tabular.automl.workers import prepare
from openbml_tabular.models.learner import Parameters
from openbml_tabular.models.portfolio import PORTFOLIO
from openbml_tabular.models.registry import learners

SPACES: Mapping[str, Space] = {
    "LGBM": {
        "num_leaves": IntDistribution(7, 160, log=True),
        "learning_rate": FloatDistribution(0.02, 0.12, log=True),
        "min_child_samples": IntDistribution(2, 80, log=True),
        "subsample": FloatDistribution(0.5, 1.0),
        "colsample_bytree": FloatDistribution(0.35, 1.0),
        "reg_lambda": FloatDistribution(1e-3, 20.0, log=True),
        "extra_trees": CategoricalDistribution([False, True]),
    },
    "CAT": {
        "depth": IntDistribution(3, 8),
        "learning_rate": FloatDistribution(0.03, 0.15, log=True),
        "l2_leaf_reg": FloatDistribution(1.0, 20.0, log=True),
        "random_strength": FloatDistribution(0.1, 5.0, log=True),
        "subsample": FloatDistribution(0.6, 1.0),
        "rsm": FloatDistribution(0.4, 1.0),
    },
    "XGB": {
        "max_depth": IntDistribution(2, 9),
        "learning_rate": FloatDistribution(0.02, 0.15, log=True),
        "min_child_weight": FloatDistribution(0.1, 20.0, log=True),
        "subsample": FloatDistribution(0.5, 1.0),
        "colsample_bytree": FloatDistribution(0.35, 1.0),
        "reg_lambda": FloatDistribution(0.1, 20.0, log=True),
    },
    "XT": {
        "max_features": FloatDistribution(0.1, 1.0),
        "min_samples_leaf": IntDistribution(1, 12, log=True),
    },
    "RF": {
        "max_features": FloatDistribution(0.1, 1.0),
        "min_samples_leaf": IntDistribution(1, 12, log=True),
    },
}

STACKERS: Sequence[tuple[str, Parameters]] = (
    ("LR", {}),
    ("LGBM", {"num_leaves": 15, "colsample_bytree": 0.5, "subsample": 0.7}),
    ("XT", {"min_samples_leaf": 5, "max_features": 0.5}),
    ("CAT", {"depth": 4, "l2_leaf_reg": 8.0, "rsm": 0.7}),
)


_MODULES = ("openbml_tabular.automl.preloaded",)


def warm_up() -> None:
    """Begin to import the libraries in the process that workers come from, while the data are still read."""
    prepare(_MODULES)


def default_zoo() -> Zoo:
    return Zoo(learners(), PORTFOLIO, SPACES, STACKERS, _MODULES)
