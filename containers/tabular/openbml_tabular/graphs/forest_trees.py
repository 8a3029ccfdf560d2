"""Trees of scikit-learn's random forests and extra trees."""

from typing import TypeAlias

import numpy as np
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.tree._tree import Tree as SklearnTree

from openbml_tabular.graphs.trees import Tree, TreeArrays

Forest: TypeAlias = (
    RandomForestClassifier | RandomForestRegressor | ExtraTreesClassifier | ExtraTreesRegressor
)


def trees_of(forest: Forest) -> TreeArrays:
    """Return the trees whose sums are the forest's `predict_proba`, or the `predict` of a regressor."""
    share = 1 / len(forest.estimators_)
    trees = [_tree(each.tree_).scaled(share) for each in forest.estimators_]
    return TreeArrays(trees, np.zeros(trees[0].leaf_values.shape[1]))


def _tree(tree: SklearnTree) -> Tree:
    """A classifier's node holds the shares of its classes, a regressor's its mean."""
    return Tree.of_one_list(
        feature=tree.feature,
        threshold=tree.threshold,
        left=tree.children_left,
        right=tree.children_right,
        missing_left=tree.missing_go_to_left,
        values=tree.value[:, 0, :],
    )
