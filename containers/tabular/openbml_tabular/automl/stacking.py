"""The second level: models that see the features and what the first level says of rows it did not see.

Source: Wolpert 1992, "Stacked generalization"; van der Laan et al. 2007 (out-of-fold predictions).
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from openbml_kit.tables.features import Feature, FeatureKind
from openbml_tabular.automl.bags import covered
from openbml_tabular.automl.board import Board, Selection
from openbml_tabular.examples import Examples

_MOST_BASES = 6
_FEWEST_ROWS = 2000  # of fewer, predictions out of fold tell too much of each other's rows
_LEAST_GAIN = 0.005  # of what the first level gains over a constant


def can_stack(board: Board) -> bool:
    """Tell whether every row was held out, by bags enough to learn from, and there are rows for it."""
    bags = board.complete(level=1)
    if len(bags) < 3 or board.folds.ordered or len(board.folds.numbers) < _FEWEST_ROWS:
        return False
    return all(len(covered(board.prediction(bag))) == len(board.folds.numbers) for bag in bags)


def chosen_bases(board: Board) -> Sequence[str]:
    """Return the bags that the second level sees: those of the ensemble, then the best of other kinds."""
    selection = board.selected(board.complete(level=1))
    names = [] if selection is None else sorted(selection.weights, key=lambda name: -selection.weights[name])
    codes = {board.bags[name].candidate.code for name in names}
    for bag in board.ranked(level=1):
        if bag.candidate.code not in codes:
            codes.add(bag.candidate.code)
            names.append(bag.name)
    return names[:_MOST_BASES]


def stacked_examples(training: Examples, board: Board, bases: Sequence[str]) -> Examples:
    """Return the examples of the second level: the features, then each base's predictions."""
    told = [board.prediction(board.bags[name]) for name in bases]
    outputs = range(board.problem.outputs)
    features = [
        Feature(name=f"{name}:{output}", column=name, kind=FeatureKind.NUMBER)
        for name in bases
        for output in outputs
    ]
    x = np.concatenate([training.x, *told], axis=1)
    return replace(training, x=x, features=[*training.features, *features])


def stacked_is_better(board: Board, stacked: Selection, plain: Selection, constant: float) -> bool:
    """Tell whether the folds agree that the second level helps.

    By more than the standard error over them, and by a little of what models gain over the best constant,
    whose score is given: predictions out of fold are slightly better known to the second level than new rows
    are, and it costs time at every prediction.
    """
    gains = np.array(
        [
            board.score_of(stacked.held_out, rows) - board.score_of(plain.held_out, rows)
            for rows in (board.folds.held_out(part) for part in board.folds.parts())
        ]
    )
    if len(gains) < 2:
        return False
    error = gains.std(ddof=1) / np.sqrt(len(gains))
    return bool(gains.mean() > max(error, _LEAST_GAIN * (plain.score - constant)))
