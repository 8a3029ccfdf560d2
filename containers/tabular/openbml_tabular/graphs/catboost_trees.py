"""CatBoost's trees, symmetric and not, from its JSON document."""

import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import catboost
import numpy as np

from openbml_kit.faults import PlatformFault
from openbml_tabular.graphs.trees import Tree, TreeArrays

Document = Mapping[str, Any]


def trees_of(model: catboost.CatBoost) -> TreeArrays:
    """Return the trees whose sums `model.predict(x, prediction_type="RawFormulaVal")` returns.

    Raises:
        PlatformFault: the model has features of categories, texts or embeddings; our learner trains none.
    """
    document = _document(model)
    if set(document["features_info"]) - {"float_features"}:
        raise PlatformFault("a CatBoost model with other features than numbers cannot be exported")
    scale, bias = document["scale_and_bias"]
    base = np.array(bias, np.float64, ndmin=1)
    features = _Features(document["features_info"]["float_features"])
    trees = [_symmetric(tree, features, len(base)) for tree in document.get("oblivious_trees", [])]
    trees += [_Branches(features).tree(root) for root in document.get("trees", [])]
    return TreeArrays([tree.scaled(scale) for tree in trees], base)


def _document(model: catboost.CatBoost) -> Document:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.json")
        model.save_model(str(path), format="json")
        document: Document = json.loads(path.read_text())
    return document


class _Features:
    """Columns by CatBoost's number of a float feature, and where their missing values go."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self._column = {each["feature_index"]: each["flat_feature_index"] for each in documents}
        self._missing_left = {
            each["feature_index"]: each["nan_value_treatment"] != "AsTrue" for each in documents
        }

    def split(self, document: Document) -> tuple[int, float, bool]:
        """Return the column, the border that only greater values pass, and whether NaN stays left of it."""
        number = document["float_feature_index"]
        return self._column[number], document["border"], self._missing_left[number]


def _symmetric(document: Document, features: _Features, outputs: int) -> Tree:
    """Make a complete tree: bit i of a leaf's number answers split i, so the last split is the root."""
    splits = [features.split(split) for split in reversed(document.get("splits") or [])]
    repeats = [2**level for level in range(len(splits))]
    leaves = 2 ** len(splits)
    node = np.arange(leaves - 1)
    left, right = 2 * node + 1, 2 * node + 2
    column, border, missing_left = zip(*splits, strict=True) if splits else ((), (), ())
    return Tree(
        feature=np.repeat(np.array(column, np.int64), repeats),
        threshold=np.repeat(np.array(border, np.float64), repeats),
        left=np.where(left < leaves - 1, left, ~(left - leaves + 1)),
        right=np.where(right < leaves - 1, right, ~(right - leaves + 1)),
        missing_left=np.repeat(np.array(missing_left, np.bool_), repeats),
        leaf_values=np.array(document["leaf_values"], np.float64).reshape(leaves, outputs),
    )


class _Branches:
    """Collects the nodes of a nested tree; a node stands before those below it."""

    def __init__(self, features: _Features) -> None:
        self._features = features
        self._splits: list[tuple[int, float, bool]] = []
        self._children: list[tuple[int, int]] = []
        self._leaves: list[Any] = []

    def tree(self, root: Document) -> Tree:
        self._number(root)
        column, border, missing_left = zip(*self._splits, strict=True) if self._splits else ((), (), ())
        children = np.array(self._children, np.int64).reshape(-1, 2)
        return Tree(
            feature=np.array(column, np.int64),
            threshold=np.array(border, np.float64),
            left=children[:, 0],
            right=children[:, 1],
            missing_left=np.array(missing_left, np.bool_),
            leaf_values=np.array(self._leaves, np.float64).reshape(len(self._leaves), -1),
        )

    def _number(self, document: Document) -> int:
        if "split" not in document:
            self._leaves.append(document["value"])
            return ~(len(self._leaves) - 1)
        place = len(self._splits)
        self._splits.append(self._features.split(document["split"]))
        self._children.append((0, 0))
        self._children[place] = (self._number(document["left"]), self._number(document["right"]))
        return place
