"""A prediction as columns behind the input's own, for tables of results."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from openbml_batch.answers import Answer
from openbml_batch.models import BatchModel
from openbml_batch.payloads import Kind

ValueKind = Literal["text", "number", "whole"]
_ERRORS: Sequence[tuple[str, ValueKind]] = (("error_code", "whole"), ("error_msg", "text"))


@dataclass(frozen=True)
class Column:
    name: str
    kind: ValueKind


class PredictionColumns:
    """Of a table's model: the label and each class's score, or the value and each quantile. Of any other
    task: the whole reply as JSON. Behind them what went wrong. A name that the input has already gets a `_`.

    Args:
        of_rows: the input's columns, empty where it is no table; then the item's name and index go before.
    """

    def __init__(self, model: BatchModel, of_rows: Sequence[str]) -> None:
        self._of_rows = of_rows
        self._labels = list(model.labels)
        self._quantiles = list(model.quantiles)
        self._is_table = model.payload.kind is Kind.ROWS and bool(of_rows)
        self.columns = self._columns()

    def values(self, answer: Answer) -> Sequence[Any]:
        row = answer.row or {}
        own = [row.get(name) for name in self._of_rows] if self._of_rows else [answer.name, answer.index]
        reply = answer.reply
        return [*own, *self._predicted(reply), reply.get("error_code"), reply.get("error_msg")]

    def _columns(self) -> Sequence[Column]:
        given = [Column(name, "text") for name in self._of_rows]
        columns = given or [Column("name", "text"), Column("index", "whole")]
        taken = {column.name for column in columns}
        for name, kind in self._predictions():
            while name in taken:
                name += "_"
            taken.add(name)
            columns.append(Column(name, kind))
        return columns

    def _predictions(self) -> Sequence[tuple[str, ValueKind]]:
        if not self._is_table:
            return [("reply", "text"), *_ERRORS]
        if self._labels:
            scores: list[tuple[str, ValueKind]] = [(f"score_{label}", "number") for label in self._labels]
            return [("predicted_label", "text"), *scores, *_ERRORS]
        quantiles: list[tuple[str, ValueKind]] = [(f"quantile_{name}", "number") for name in self._quantiles]
        return [("predicted_value", "number"), *quantiles, *_ERRORS]

    def _predicted(self, reply: Mapping[str, Any]) -> Sequence[Any]:
        if not self._is_table:
            return [None if "error_code" in reply else orjson.dumps(reply).decode()]
        if self._labels:
            scores = reply.get("scores") or {}
            return [reply.get("label"), *(scores.get(label) for label in self._labels)]
        quantiles = reply.get("quantiles") or {}
        return [reply.get("value"), *(quantiles.get(name) for name in self._quantiles)]
