"""Tabular prediction: spec 08 section 7; explanations are our extension."""

from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from openbml_kit.tables.table_manifest import TableManifest
from openbml_serving.replies import RequestError
from openbml_serving.requests import read_boolean
from openbml_serving.tasks.table_explanations import Explainer
from openbml_serving.tasks.table_models import Floats, Row, TableModel

MOST_ROWS = 1000
MOST_EXPLAINED_ROWS = 20
_QUICK_ROWS = 4
# A row that takes longer is computed by a worker.
_SMALL_S = 0.0004


class TabularPrediction:
    def __init__(self, model: TableModel) -> None:
        self._model = model
        self._explainer = Explainer(model)
        self._results = _results_of(model.manifest)

    def answer(self, document: Mapping[str, Any], *, alone: bool) -> Mapping[str, Any]:
        include_req = read_boolean(document, "include_req")
        explain = read_boolean(document, "explain")
        most = min(MOST_EXPLAINED_ROWS, self._explainer.most_rows) if explain else MOST_ROWS
        rows = _rows(document, most=most)
        outputs = self._model.outputs_of(self._model.encoded(rows), alone=alone)
        results = self._results.of(outputs)
        if explain:
            explanations = self._explainer.explanations(rows, self._results.answered(outputs))
            for result, explanation in zip(results, explanations, strict=True):
                result["explanation"] = explanation
        if include_req:
            for result, row in zip(results, rows, strict=True):
                result["req"] = row
        return {"batch_results": results}

    @property
    def is_small(self) -> bool:
        return self._model.seconds_per_row < _SMALL_S

    def is_quick(self, document: Mapping[str, Any]) -> bool:
        rows = document.get("data")
        return not document.get("explain") and not (isinstance(rows, list) and len(rows) > _QUICK_ROWS)

    def answer_together(self, documents: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
        for document in documents:
            read_boolean(document, "include_req")
            read_boolean(document, "explain")
        parts = [_rows(document, most=MOST_ROWS) for document in documents]
        rows = list(chain.from_iterable(parts))
        results = iter(self._results.of(self._model.outputs_of(self._model.encoded(rows), alone=False)))
        answers = []
        for document, part in zip(documents, parts, strict=True):
            own = [next(results) for _ in part]
            if document.get("include_req"):
                for result, row in zip(own, part, strict=True):
                    result["req"] = row
            answers.append({"batch_results": own})
        return answers

    def warm_up(self) -> None:
        self._model.warm_up()
        self._explainer.warm_up()


def load(folder: Path, *, cores: int) -> TabularPrediction:
    """Return the handler.

    Raises:
        PlatformFault: the folder's files are missing or do not belong together.
    """
    return TabularPrediction(TableModel(folder, cores=cores))


def _rows(document: Mapping[str, Any], *, most: int) -> Sequence[Row]:
    rows = document.get("data")
    if not isinstance(rows, list) or not rows:
        raise RequestError("invalid_argument", "data must be a list of rows, each an object of features")
    if len(rows) > most:
        raise RequestError("invalid_argument", f"data has {len(rows)} rows, at most {most} are answered")
    for number, row in enumerate(rows):
        if not isinstance(row, dict):
            raise RequestError("invalid_argument", f"row {number} of data must be an object of features")
    return rows


def _results_of(manifest: TableManifest) -> "_Classes | _Values":
    return _Classes(manifest) if manifest.labels else _Values(manifest)


class _Classes:
    """A label and every class's score. Of two classes with a recommended threshold the positive one is
    answered above that score, else the class of the highest score."""

    def __init__(self, manifest: TableManifest) -> None:
        self._labels = list(manifest.labels)
        self._threshold = manifest.recommended_threshold
        positive = manifest.positive_label
        self._positive = 1 if positive is None else self._labels.index(positive)

    def of(self, scores: Floats) -> list[dict[str, Any]]:
        labels = self._labels
        return [
            {"label": labels[place], "scores": dict(zip(labels, row, strict=True))}
            for place, row in zip(self.answered(scores), scores.tolist(), strict=True)
        ]

    def answered(self, scores: Floats) -> list[int]:
        """Return the place of each row's label."""
        if self._threshold is None or len(self._labels) != 2:
            places = scores.argmax(axis=1)
        else:
            is_positive = scores[:, self._positive] > self._threshold
            places = np.where(is_positive, self._positive, 1 - self._positive)
        answered: list[int] = places.tolist()
        return answered


class _Values:
    """A value, and each quantile where the model has them; the value is then the middle one."""

    def __init__(self, manifest: TableManifest) -> None:
        quantiles = list(manifest.quantiles)
        self._names = [str(quantile) for quantile in quantiles]
        self._middle = min(
            range(len(quantiles) or 1), key=lambda i: abs(quantiles[i] - 0.5) if quantiles else 0
        )

    def of(self, values: Floats) -> list[dict[str, Any]]:
        middle = self._middle
        results: list[dict[str, Any]] = [{"value": row[middle]} for row in values.tolist()]
        if self._names:
            for result, row in zip(results, values.tolist(), strict=True):
                result["quantiles"] = dict(zip(self._names, row, strict=True))
        return results

    def answered(self, values: Floats) -> list[int]:
        """Return the place of each row's value."""
        return [self._middle] * len(values)
