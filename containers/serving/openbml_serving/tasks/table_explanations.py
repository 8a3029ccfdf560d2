"""Why a model answers a row as it does: what each of its features adds to the usual answer."""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from openbml_kit.tables.shapley import shapley_values
from openbml_kit.tables.table_manifest import ROWS_OF_A_RUN
from openbml_serving.tasks.table_models import Floats, Row, TableModel

# Rows are explained more coarsely rather than later, down to the coarsest; beyond, a call has too many rows.
_BUDGET_S = 1.0
_LONGEST_S = 20.0
_FEWEST_WALKS = 2  # one background row, the features in an order and in its reverse
_MOST_ORDERS = 20  # of the features for a background row
_SEED = 1


class Explainer:
    """Shapley values against the background rows, features before the steps of the feature map: so a feature
    that steps mixed with others still has its own contribution."""

    def __init__(self, model: TableModel) -> None:
        self._model = model
        columns = [feature.column for feature in model.feature_map.column_features]
        self._names = list(dict.fromkeys(columns))
        self._groups = [[i for i, column in enumerate(columns) if column == name] for name in self._names]
        self._background = self._unstepped(model.background)
        self._rows_per_second = 1000.0

    def warm_up(self) -> None:
        """Measure how many answers there are in a second."""
        matrix = np.resize(self._background, (ROWS_OF_A_RUN, self._background.shape[1]))
        started = time.perf_counter()
        self._answers(matrix)
        self._rows_per_second = len(matrix) / (time.perf_counter() - started)

    @property
    def most_rows(self) -> int:
        """How many rows of a call can be explained within its longest time, at least one."""
        return max(1, int(_LONGEST_S * self._rows_per_second / self._answers_of(_FEWEST_WALKS)))

    def explanations(self, rows: Sequence[Row], outputs: Sequence[int]) -> list[dict[str, Any]]:
        """Return for each row the base and the features' contributions, the largest first; together they sum
        to the answer.

        Args:
            outputs: which of a row's numbers is explained.
        """
        background, orders = self._effort(len(rows))
        contributions, base = shapley_values(
            self._answers, self._unstepped(rows), background, self._groups, permutations=orders, seed=_SEED
        )
        return [
            self._explanation(row, float(base[output]), values[:, output].tolist())
            for row, values, output in zip(rows, contributions, outputs, strict=True)
        ]

    def _explanation(self, row: Row, base: float, contributions: Sequence[float]) -> dict[str, Any]:
        parts = [
            {"feature": name, "value": row.get(name), "contribution": value}
            for name, value in zip(self._names, contributions, strict=True)
        ]
        return {"base": base, "contributions": sorted(parts, key=lambda part: -abs(part["contribution"]))}

    def _effort(self, rows: int) -> tuple[Floats, int]:
        """Return the background rows and the orders of features for each that the time is enough for."""
        affordable = _BUDGET_S * self._rows_per_second / rows / self._answers_of(1)
        walks = max(_FEWEST_WALKS, int(affordable))
        count = min(len(self._background), walks // 2)
        places = np.linspace(0, len(self._background) - 1, count).round().astype(int)
        return self._background[places], min(_MOST_ORDERS, walks // count)

    def _answers_of(self, walks: int) -> int:
        """Return how many answers of the model so many walks along the features need."""
        return walks * (len(self._groups) + 1)

    def _answers(self, matrix: Floats) -> Floats:
        return self._model.outputs_of(self._model.feature_map.stepped(matrix), alone=False)

    def _unstepped(self, rows: Sequence[Row]) -> Floats:
        encode = self._model.feature_map.encode_column
        return np.hstack([encode(name, [row[name] for row in rows]) for name in self._names])
