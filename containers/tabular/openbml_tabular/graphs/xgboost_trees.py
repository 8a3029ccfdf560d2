"""XGBoost's trees, of gbtree and dart, from its JSON document."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import xgboost

from openbml_kit.faults import PlatformFault
from openbml_tabular.graphs.trees import Comparison, Tree, TreeArrays

# Objectives by the space that their base_score is written in (src/objective/regression_loss.h, ProbToMargin).
_SHARES = {"binary:logistic", "reg:logistic"}
_RATES = {"count:poisson", "reg:gamma", "reg:tweedie"}
_MARGINS = {
    "multi:softprob",
    "multi:softmax",
    "reg:squarederror",
    "reg:absoluteerror",
    "reg:quantileerror",
    "reg:pseudohubererror",
}


def trees_of(booster: xgboost.Booster) -> TreeArrays:
    """Return the trees whose sums `booster.predict(x, output_margin=True)` returns: all of its rounds; slice
    a booster (`booster[:rounds]`) for fewer.

    Raises:
        PlatformFault: it is linear, splits by categories, has vector leaves or an objective that is not in
            the catalogue.
    """
    learner = json.loads(bytes(booster.save_raw("json")))["learner"]
    gradient_booster = learner["gradient_booster"]
    document = gradient_booster.get("gbtree", gradient_booster).get("model", {})
    if "trees" not in document:
        raise PlatformFault(f"an XGBoost model of {gradient_booster['name']} has no trees to export")
    weights = gradient_booster.get("weight_drop", [1.0] * len(document["trees"]))
    trees = [
        _tree(tree, output).scaled(float(np.float32(weight)))
        for tree, output, weight in zip(document["trees"], document["tree_info"], weights, strict=True)
    ]
    return TreeArrays(trees, _base(learner, 1 + max(document["tree_info"])), Comparison.BELOW)


def _tree(document: Mapping[str, Any], output: int) -> Tree:
    if any(document["split_type"]) or document["tree_param"]["size_leaf_vector"] not in ("0", "1"):
        raise PlatformFault("an XGBoost model with splits of categories or vector leaves cannot be exported")
    conditions = np.array(document["split_conditions"], np.float32)
    return Tree.of_one_list(
        feature=np.array(document["split_indices"]),
        threshold=conditions,
        left=np.array(document["left_children"]),
        right=np.array(document["right_children"]),
        missing_left=np.array(document["default_left"]),
        values=conditions[:, None],
        output=output,
    )


def _base(learner: Mapping[str, Any], outputs: int) -> npt.NDArray[np.float64]:
    score = np.array(json.loads(learner["learner_model_param"]["base_score"]), np.float64, ndmin=1)
    objective = learner["objective"]["name"]
    if objective in _SHARES:
        score = np.log(score) - np.log1p(-score)
    elif objective in _RATES:
        score = np.log(score)
    elif objective not in _MARGINS:
        raise PlatformFault(f"an XGBoost model with the objective {objective} cannot be exported")
    return np.broadcast_to(score, (outputs,)).copy()
