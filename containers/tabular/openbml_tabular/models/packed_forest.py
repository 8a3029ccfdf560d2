"""A forest's trees in a third of the memory that scikit-learn gives them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.tree._tree import NODE_DTYPE
from sklearn.tree._tree import Tree as SklearnTree

from openbml_tabular.examples import Floats
from openbml_tabular.graphs.trees import Tree, TreeArrays

_FEW_ROWS = 16  # up to here all trees are walked at once; more rows go through scikit-learn's trees

Integers = npt.NDArray[np.int32]
Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PackedForest:
    """Trees whose mean is the forest's answer, one behind the other.

    Attributes:
        first: shape (n_trees + 1,): where each tree's nodes begin, and the number of all nodes.
        feature, left, right: shape (n_nodes,): children count from their tree's first node; a leaf has -1 on
            its left and its row of `values` on its right.
        threshold: shape (n_nodes,): the largest that compares with float32 features as the original does.
        missing_left: shape (n_nodes,).
        values: shape (n_leaves, outputs).
    """

    first: npt.NDArray[np.int64]
    feature: Integers
    threshold: Floats
    left: Integers
    right: Integers
    missing_left: npt.NDArray[np.bool_]
    values: Floats

    @classmethod
    def of(cls, trees: Sequence[SklearnTree], values: Sequence[Floats]) -> "PackedForest":
        """Pack trees; `values` are of each tree's nodes, shape (n_nodes, outputs)."""
        left = np.concatenate([tree.children_left for tree in trees]).astype(np.int32)
        right = np.concatenate([tree.children_right for tree in trees]).astype(np.int32)
        right[left < 0] = np.arange(int((left < 0).sum()))
        leaves = [nodes[tree.children_left < 0] for tree, nodes in zip(trees, values, strict=True)]
        return cls(
            first=np.cumsum([0, *(tree.node_count for tree in trees)]),
            feature=np.concatenate([tree.feature for tree in trees]).astype(np.int32),
            threshold=rounded_down(np.concatenate([tree.threshold for tree in trees])),
            left=left,
            right=right,
            missing_left=np.concatenate([tree.missing_go_to_left for tree in trees]).astype(np.bool_),
            values=np.concatenate(leaves).astype(np.float32),
        )

    def __len__(self) -> int:
        return len(self.first) - 1

    def predict(self, x: Floats) -> Doubles:
        """Return the mean of the trees' values, shape (n, outputs)."""
        if len(x) <= _FEW_ROWS:
            return self.values[self.right[self._walked(x)]].mean(axis=1, dtype=np.float64)
        total = np.zeros((len(x), self.values.shape[1]))
        x = np.ascontiguousarray(x)
        for nodes in self._nodes_of_trees():
            total += self.values[self.right[nodes][self._unpacked(nodes, x.shape[1]).apply(x)]]
        return total / len(self)

    def _walked(self, x: Floats) -> npt.NDArray[np.int64]:
        """Return the leaf of each row in each tree, shape (n, n_trees)."""
        first = self.first[:-1]
        at = np.tile(first, (len(x), 1))
        row = np.arange(len(x))[:, None]
        while (inner := self.left[at] >= 0).any():
            value = x[row, np.where(inner, self.feature[at], 0)]
            goes_left = (value <= self.threshold[at]) | (np.isnan(value) & self.missing_left[at])
            child = np.where(goes_left, self.left[at], self.right[at])
            at = np.where(inner, first + child, at)
        return at

    def _nodes_of_trees(self) -> Iterator[slice]:
        for begin, end in zip(self.first[:-1], self.first[1:], strict=True):
            yield slice(begin, end)

    def _unpacked(self, nodes: slice, features: int) -> SklearnTree:
        """Return a tree as scikit-learn walks it; it knows leaves but no values."""
        packed = np.zeros(nodes.stop - nodes.start, NODE_DTYPE)
        packed["left_child"], packed["right_child"] = self.left[nodes], self.right[nodes]
        packed["feature"], packed["threshold"] = self.feature[nodes], self.threshold[nodes]
        packed["missing_go_to_left"] = self.missing_left[nodes]
        tree = SklearnTree(features, np.array([1], np.intp), 1)
        values = np.zeros((len(packed), 1, 1))
        tree.__setstate__({"max_depth": 0, "node_count": len(packed), "nodes": packed, "values": values})
        return tree

    def arrays(self) -> TreeArrays:
        """Return the trees as a graph takes them."""
        trees = [self._tree(nodes) for nodes in self._nodes_of_trees()]
        return TreeArrays(trees, np.zeros(self.values.shape[1]))

    def _tree(self, nodes: slice) -> Tree:
        tree = Tree.of_one_list(
            feature=self.feature[nodes],
            threshold=self.threshold[nodes],
            left=self.left[nodes],
            right=self.right[nodes],
            missing_left=self.missing_left[nodes],
            values=self.values[np.where(self.left[nodes] < 0, self.right[nodes], 0)],
        )
        return tree.scaled(1 / len(self))


def rounded_down(thresholds: Doubles) -> Floats:
    """Return the largest float32 that is not above each: x <= t is the same of every float32 x."""
    nearest = thresholds.astype(np.float32)
    return np.where(nearest > thresholds, np.nextafter(nearest, np.float32(-np.inf)), nearest)
