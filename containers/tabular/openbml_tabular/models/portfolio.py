"""Configurations that are worth trying on any table, the cheapest strong ones first.

First every kind of model with its defaults, since an ensemble gains most from models that differ; then others
of the strong kinds, regularised otherwise than the first. None is tuned to a table.

Source: defaults as each learner says; the others are AutoGluon's learned portfolio of 2023 (its file
`zeroshot_portfolio_2023.py`; Salinas & Erickson 2023, "TabRepo", arXiv:2311.02971), rounded, in the order of
its priorities. Very low learning rates are raised to what a budget of minutes allows.
"""

from collections.abc import Sequence

from openbml_tabular.models.learner import Parameters

PORTFOLIO: Sequence[tuple[str, Parameters]] = (
    ("LGBM", {}),
    ("LR", {}),
    ("CAT", {}),
    ("XGB", {}),
    ("MLP", {}),
    ("XT", {}),
    ("KNN", {}),
    ("RF", {}),
    ("LGBM", {"extra_trees": True, "num_leaves": 31, "min_child_samples": 20}),
    ("CAT", {"depth": 4, "l2_leaf_reg": 4.6, "learning_rate": 0.05}),
    ("LGBM", {"num_leaves": 128, "colsample_bytree": 0.9, "min_child_samples": 3, "learning_rate": 0.03}),
    ("LGBM", {"extra_trees": True, "num_leaves": 16, "colsample_bytree": 0.56, "min_child_samples": 48}),
    ("MLP", {"dropout": 0.25, "hidden_width": 160, "wave_frequency": 0.4}),
    ("XGB", {"max_depth": 4, "colsample_bytree": 0.6, "min_child_weight": 1.2, "reg_lambda": 1.0}),
    ("CAT", {"depth": 8, "l2_leaf_reg": 3.3, "learning_rate": 0.04}),
    ("LGBM", {"num_leaves": 53, "colsample_bytree": 0.7, "min_child_samples": 14, "learning_rate": 0.02}),
    ("RF", {"max_features": 0.75, "min_samples_leaf": 2}),
    ("XT", {"max_features": 1.0, "min_samples_leaf": 4}),
    ("LGBM", {"extra_trees": True, "num_leaves": 127, "colsample_bytree": 0.83, "min_child_samples": 6}),
    ("XGB", {"max_depth": 10, "colsample_bytree": 0.7, "min_child_weight": 1.2, "reg_lambda": 1.0}),
    ("KNN", {"n_neighbors": 100, "weights": "uniform"}),
)
