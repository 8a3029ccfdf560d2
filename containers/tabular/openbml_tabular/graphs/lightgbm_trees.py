"""LightGBM's trees: gbdt, dart and rf, with goss."""

from collections.abc import Iterator, Mapping
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt

from openbml_kit.faults import PlatformFault
from openbml_tabular.graphs.trees import Tree, TreeArrays

# Bits of a node's decision_type (LightGBM's include/LightGBM/tree.h).
_CATEGORICAL = 1
_DEFAULT_LEFT = 2
_MISSING_TYPE_SHIFT = 2
_MISSING_NONE, _MISSING_ZERO, _MISSING_NAN = range(3)
# Numbers so close to 0 are taken for 0 before they are compared (kZeroThreshold in meta.h).
_ZERO = float(np.float32(1e-35))


def trees_of(booster: lightgbm.Booster) -> TreeArrays:
    """Return the trees that `booster.predict(x, raw_score=True)` sums, up to its best iteration, if any.

    Those of a forest (`boosting: rf`) are averaged, as `predict` does before it makes raw scores into
    probabilities; LightGBM's own raw scores of a forest are sums.

    Raises:
        PlatformFault: it has splits of categories, of zeros as missing values, or linear leaves; our learner
            trains none.
    """
    sections = booster.model_to_string().split("\nTree=")
    head = _fields(sections[0])
    classes = int(head["num_tree_per_iteration"])
    trees = [_tree(_fields(section), number % classes) for number, section in enumerate(_trees(sections))]
    if "average_output" in sections[0].split("\n"):
        trees = [tree.scaled(classes / len(trees)) for tree in trees]
    return TreeArrays(trees, np.zeros(classes))


def _trees(sections: list[str]) -> Iterator[str]:
    for section in sections[1:]:
        yield section.partition("\nend of trees")[0]


def _fields(section: str) -> Mapping[str, str]:
    return dict(line.split("=", 1) for line in section.split("\n") if "=" in line)


def _tree(fields: Mapping[str, str], output: int) -> Tree:
    if fields.get("is_linear", "0") != "0":
        raise PlatformFault("a LightGBM model with linear leaves cannot be exported")
    decisions = _numbers(fields, "decision_type", np.int64)
    threshold = _numbers(fields, "threshold", np.float64)
    return Tree(
        feature=_numbers(fields, "split_feature", np.int64),
        threshold=_around_zero(threshold),
        left=_numbers(fields, "left_child", np.int64),
        right=_numbers(fields, "right_child", np.int64),
        missing_left=_missing_left(decisions, threshold),
        leaf_values=_numbers(fields, "leaf_value", np.float64)[:, None],
        output=output,
    )


def _around_zero(threshold: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Move thresholds out of the numbers that are taken for 0, so that those go together where 0 goes."""
    near = np.abs(threshold) <= _ZERO
    return np.where(near, np.where(threshold >= 0, _ZERO, np.nextafter(-_ZERO, -np.inf)), threshold)


def _missing_left(
    decisions: npt.NDArray[np.int64], threshold: npt.NDArray[np.float64]
) -> npt.NDArray[np.bool_]:
    """A node that saw no missing value in training takes NaN for 0 (Tree::NumericalDecision)."""
    missing_type = (decisions >> _MISSING_TYPE_SHIFT) & 3
    if (decisions & _CATEGORICAL).any() or (missing_type == _MISSING_ZERO).any():
        raise PlatformFault("a LightGBM model that splits by categories or missing zeros cannot be exported")
    by_default = (decisions & _DEFAULT_LEFT) > 0
    return np.where(missing_type == _MISSING_NAN, by_default, threshold >= 0)


def _numbers(fields: Mapping[str, str], name: str, dtype: type[np.generic]) -> npt.NDArray[Any]:
    """Return a list of a tree; a tree of one leaf has no nodes."""
    return np.array(fields.get(name, "").split(), dtype)
