"""Decision trees of any library as arrays, and as one node of a graph."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import TensorProto, numpy_helper

from openbml_tabular.examples import Floats
from openbml_tabular.graphs.builder import GraphBuilder

Integers = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]


class Comparison(StrEnum):
    """When a number goes left; the values are ONNX's names."""

    AT_MOST = "BRANCH_LEQ"
    BELOW = "BRANCH_LT"


@dataclass(frozen=True)
class Tree:
    """One tree, whose root is node 0; a tree without nodes is its leaf 0.

    Attributes:
        feature: shape (n_nodes,), the column that a node looks at.
        threshold: shape (n_nodes,); float64, so that every library's threshold is exact.
        left, right: shape (n_nodes,), a node's number, or `~leaf` for a leaf's.
        missing_left: shape (n_nodes,), whether NaN goes left.
        leaf_values: shape (n_leaves, width), added to the outputs from `output` on.
    """

    feature: Integers
    threshold: Doubles
    left: Integers
    right: Integers
    missing_left: Booleans
    leaf_values: Doubles
    output: int = 0

    @classmethod
    def of_one_list(
        cls,
        *,
        feature: npt.NDArray[Any],
        threshold: npt.NDArray[Any],
        left: npt.NDArray[Any],
        right: npt.NDArray[Any],
        missing_left: npt.NDArray[Any],
        values: npt.NDArray[Any],
        output: int = 0,
    ) -> "Tree":
        """Make a tree whose leaves stand among its nodes, told by a left child of -1.

        All have a length of n_nodes + n_leaves; what no node leads to (XGBoost's pruned nodes) is left out.

        Args:
            values: shape (n_nodes + n_leaves, width); only a leaf's are used.
        """
        inner = left >= 0
        leaf = ~inner
        leaf[1:] &= np.isin(np.arange(1, len(left)), [left[inner], right[inner]])
        number = np.where(inner, np.cumsum(inner) - 1, ~(np.cumsum(leaf) - 1))
        return cls(
            feature=feature[inner].astype(np.int64),
            threshold=threshold[inner].astype(np.float64),
            left=number[left[inner]],
            right=number[right[inner]],
            missing_left=missing_left[inner].astype(np.bool_),
            leaf_values=values[leaf].astype(np.float64),
            output=output,
        )

    def scaled(self, factor: float) -> "Tree":
        return replace(self, leaf_values=self.leaf_values * factor)

    def leaf_of(self, x: Floats, comparison: Comparison) -> Integers:
        """Return the leaf that each row falls into, shape (n,)."""
        at = np.full(len(x), 0 if len(self.feature) else -1)
        while (moving := np.flatnonzero(at >= 0)).size:
            node = at[moving]
            value = x[moving, self.feature[node]].astype(np.float64)
            bound = self.threshold[node]
            goes_left = value <= bound if comparison is Comparison.AT_MOST else value < bound
            goes_left |= np.isnan(value) & self.missing_left[node]
            at[moving] = np.where(goes_left, self.left[node], self.right[node])
        return ~at


@dataclass(frozen=True)
class TreeArrays:
    """Trees whose leaves are summed.

    Attributes:
        base: shape (outputs,), what is added to the sums.
    """

    trees: Sequence[Tree]
    base: Doubles
    comparison: Comparison = Comparison.AT_MOST

    @property
    def outputs(self) -> int:
        return len(self.base)

    def predict(self, x: Floats) -> Floats:
        """Return the sums, shape (n, outputs): the reference that the graph's node is held to."""
        sums = np.tile(self.base, (len(x), 1))
        for tree in self.trees:
            width = tree.leaf_values.shape[1]
            sums[:, tree.output : tree.output + width] += tree.leaf_values[tree.leaf_of(x, self.comparison)]
        return sums.astype(np.float32)

    def add_to(self, graph: GraphBuilder, features: str) -> str:
        """Add the trees as one node; return the tensor of their sums, shape (n, outputs), float32.

        The node compares and sums in double precision (docs/decisions/0015-one-node-for-all-trees.md).
        """
        wide = graph.node("Cast", [features], to=TensorProto.DOUBLE)
        trees = [*self.trees, _constant(self.base)] if self.base.any() or not self.trees else self.trees
        return graph.node(
            "TreeEnsembleRegressor",
            [wide],
            domain="ai.onnx.ml",
            n_targets=self.outputs,
            **_nodes(trees, self.comparison),
            **_leaves(trees),
        )


def _constant(values: Doubles) -> Tree:
    """Return a tree of one leaf; ONNX Runtime leaves an output's base value out where no leaf adds to it."""
    none = np.zeros(0, np.int64)
    return Tree(none, none.astype(np.float64), none, none, none.astype(np.bool_), values[None])


def _nodes(trees: Sequence[Tree], comparison: Comparison) -> dict[str, Any]:
    """Return the operator's columns: nodes, then leaves, tree by tree; a tree's first one is its root."""
    parts = [_listed(tree) for tree in trees]
    listed = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    mode = (b"LEAF", comparison.value.encode())
    modes = [mode[inner] for inner in listed.pop("inner").tolist()]
    thresholds = numpy_helper.from_array(listed.pop("nodes_values"))
    sizes = [len(part["inner"]) for part in parts]
    return {
        **listed,
        "nodes_treeids": np.repeat(np.arange(len(parts)), sizes),
        "nodes_modes": modes,
        "nodes_values_as_tensor": thresholds,
    }


def _leaves(trees: Sequence[Tree]) -> dict[str, Any]:
    """Return the operator's weights: as many for a leaf as it has values."""
    places = [np.indices(tree.leaf_values.shape).reshape(2, -1) for tree in trees]
    nodes = [len(tree.feature) + leaf for tree, (leaf, _) in zip(trees, places, strict=True)]
    outputs = [tree.output + value for tree, (_, value) in zip(trees, places, strict=True)]
    weights = np.concatenate([tree.leaf_values.ravel() for tree in trees])
    return {
        "target_treeids": np.repeat(np.arange(len(trees)), [len(each) for each in nodes]),
        "target_nodeids": np.concatenate(nodes),
        "target_ids": np.concatenate(outputs),
        "target_weights_as_tensor": numpy_helper.from_array(weights),
    }


def _listed(tree: Tree) -> dict[str, npt.NDArray[Any]]:
    """Return the tree's columns with its leaves numbered behind its nodes."""
    nodes, leaves = len(tree.feature), len(tree.leaf_values)
    padding = np.zeros(leaves, np.int64)

    def child(numbers: Integers) -> Integers:
        return np.concatenate([np.where(numbers < 0, nodes + ~numbers, numbers), padding])

    return {
        "inner": np.arange(nodes + leaves) < nodes,
        "nodes_nodeids": np.arange(nodes + leaves),
        "nodes_featureids": np.concatenate([tree.feature, padding]),
        "nodes_values": np.concatenate([tree.threshold, padding.astype(np.float64)]),
        "nodes_truenodeids": child(tree.left),
        "nodes_falsenodeids": child(tree.right),
        "nodes_missing_value_tracks_true": np.concatenate([tree.missing_left.astype(np.int64), padding]),
    }
