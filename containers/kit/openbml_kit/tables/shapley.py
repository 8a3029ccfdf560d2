"""Shapley values of a model's answers: how much each column of a table moves them.

A column that is absent has the values of a background row. Few columns are valued exactly, over all
coalitions; many by permutations, each walked forwards and backwards.

Source: Štrumbelj and Kononenko 2014, Explaining prediction models and individual predictions with feature
contributions, algorithm 2; antithetic pairs: Mitchell et al. 2022, Sampling permutations for Shapley value
estimation, section 4.1.
"""

from collections.abc import Callable, Sequence
from math import factorial

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Values = npt.NDArray[np.float64]
Predict = Callable[[Floats], npt.NDArray[np.floating]]

# Numbers that the matrix of one call of the model holds at most (16 MiB).
_MOST_NUMBERS = 1 << 22


def shapley_values(
    predict: Predict,
    x: Floats,
    background: Floats,
    groups: Sequence[Sequence[int]],
    *,
    permutations: int,
    seed: int,
) -> tuple[Values, Values]:
    """Return contributions of shape (n, groups, outputs) and the base of shape (outputs,).

    For each row they sum exactly, up to rounding, to what the model says of it less the base. Features in no
    group keep the values of the background row, so they must be in none only where the model ignores them.

    Args:
        predict: (rows, features) -> (rows, outputs).
        x: rows to explain, shape (n, features).
        background: rows that stand for the usual, shape (m, features); the base is the mean over them.
        groups: columns of the matrix that come and go together, such as all of one raw column.
        permutations: at least so many orders of the groups for each background row, in pairs.

    Raises:
        ValueError: the background is empty, or `permutations` is less than 1.
    """
    if not len(background) or permutations < 1:
        raise ValueError("Shapley values need a background row and at least one permutation")
    base = np.asarray(predict(background), dtype=np.float64).mean(axis=0)
    contributions = np.zeros((len(x), len(groups), len(base)))
    if len(x) and len(groups):
        game = _Game(predict, background, [np.asarray(group, dtype=np.int64) for group in groups])
        orders = _orders(len(groups), len(background), permutations, seed)
        exactly = 2 ** len(groups) <= orders.shape[1] * (len(groups) + 1)
        for row in range(len(x)):
            contributions[row] = game.exact(x[row]) if exactly else game.sampled(x[row], orders)
    return contributions, base


def _orders(groups: int, background: int, permutations: int, seed: int) -> npt.NDArray[np.int64]:
    """Return orders of the groups, shape (background, 2 x pairs, groups): each with its reverse."""
    pairs = (permutations + 1) // 2
    keys = np.random.default_rng(seed).random((background, pairs, groups))
    forwards = keys.argsort(axis=2)
    return np.concatenate((forwards, forwards[:, :, ::-1]), axis=1)


class _Game:
    """The value of a coalition of groups: the model's answer when they come from the explained row."""

    def __init__(self, predict: Predict, background: Floats, groups: list[npt.NDArray[np.int64]]) -> None:
        self._predict, self._background, self._groups = predict, background, groups
        self._group_of = np.full(background.shape[1], len(groups), dtype=np.int64)
        for place, group in enumerate(groups):
            self._group_of[group] = place

    def exact(self, row: Floats) -> Values:
        """Return the contributions, shape (groups, outputs), from all coalitions."""
        n_groups = len(self._groups)
        numbers = np.arange(2**n_groups)
        present = (numbers[:, None] >> np.arange(n_groups)) & 1 == 1
        answers = self._answers(row, np.broadcast_to(present, (len(self._background), *present.shape)))
        values = answers.mean(axis=0)
        sizes = present.sum(axis=1)
        weights = np.array(
            [factorial(size) * factorial(n_groups - size - 1) for size in range(n_groups)]
        ) / factorial(n_groups)
        found = np.zeros((n_groups, values.shape[1]))
        for group in range(n_groups):
            without = numbers[~present[:, group]]
            gained = values[without | (1 << group)] - values[without]
            found[group] = weights[sizes[without]] @ gained
        return found

    def sampled(self, row: Floats, orders: npt.NDArray[np.int64]) -> Values:
        """Return the contributions, shape (groups, outputs), from walks along the orders."""
        n_background, n_orders, n_groups = orders.shape
        # Place of a group in the order; after `step` steps those at an earlier place are present.
        places = orders.argsort(axis=2)
        steps = np.arange(n_groups + 1)
        present = places[:, :, None, :] < steps[None, None, :, None]
        answers = self._answers(row, present.reshape(n_background, -1, n_groups))
        walks = answers.reshape(n_background, n_orders, n_groups + 1, -1)
        gained = np.diff(walks, axis=2)
        by_group = np.take_along_axis(gained, places[..., None], axis=2)
        found: Values = by_group.mean(axis=(0, 1))
        return found

    def _answers(self, row: Floats, present: npt.NDArray[np.bool_]) -> Values:
        """Return the model's answers, shape (background, coalitions, outputs).

        A group in which the row equals the background row makes no difference, so that coalitions which
        differ in such groups alone are answered once.

        Args:
            present: shape (background, coalitions, groups).
        """
        differs = self._differs(row)
        coalitions = np.broadcast_to(present, present.shape) & differs[:, None, :]
        packed = np.packbits(coalitions, axis=2)
        of_row = np.broadcast_to(np.arange(len(packed))[:, None, None], (*packed.shape[:2], 1))
        keys = np.concatenate((of_row.astype(">u4").view(np.uint8).reshape(*packed.shape[:2], 4), packed), 2)
        flat = np.ascontiguousarray(keys.reshape(-1, keys.shape[2]))
        rows_as_one = flat.view(np.dtype((np.void, flat.shape[1]))).ravel()
        _, firsts, inverse = np.unique(rows_as_one, return_index=True, return_inverse=True)
        answered = self._predicted(row, coalitions.reshape(-1, coalitions.shape[2]), firsts, packed.shape[1])
        return answered[inverse.ravel()].reshape(*packed.shape[:2], -1)

    def _predicted(
        self, row: Floats, coalitions: npt.NDArray[np.bool_], chosen: npt.NDArray[np.int64], a_background: int
    ) -> Values:
        """Return the answers to the chosen coalitions, shape (chosen, outputs), in calls of bounded size.

        Args:
            coalitions: shape (background x a_background, groups).
        """
        size = max(1, _MOST_NUMBERS // max(1, len(row)))
        parts = []
        for start in range(0, len(chosen), size):
            numbers = chosen[start : start + size]
            # One more column for features in no group: they never come from the row.
            taken = np.pad(coalitions[numbers], ((0, 0), (0, 1)))[:, self._group_of]
            matrix = np.where(taken, row, self._background[numbers // a_background])
            parts.append(np.asarray(self._predict(matrix.astype(np.float32)), dtype=np.float64))
        return np.concatenate(parts)

    def _differs(self, row: Floats) -> npt.NDArray[np.bool_]:
        """Tell for each background row in which groups it differs from the row, shape (background, groups);
        missing equals missing."""
        same = (self._background == row) | (np.isnan(self._background) & np.isnan(row))
        return np.stack([~same[:, group].all(axis=1) for group in self._groups], axis=1)
