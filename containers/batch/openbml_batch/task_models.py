"""Models of the platform's own tasks, answered by the modules that answer the online API."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from openbml_batch.items import Document, refused
from openbml_batch.models import payload_of
from openbml_batch.payloads import Kind
from openbml_formats.tables.written_numbers import DecimalMark
from openbml_kit.model_manifest import Precision, read_task
from openbml_kit.tables.column_maps import NumberColumn
from openbml_kit.tables.feature_map import FeatureMap
from openbml_kit.tables.table_manifest import FEATURES_FILE, read_table_manifest
from openbml_serving.replies import RequestError
from openbml_serving.requests import read_object
from openbml_serving.tasks import load_task

_MOST_BODY_BYTES = 6 * 1024 * 1024  # the server's own limit


class TaskModel:
    def __init__(self, folder: Path, *, cores: int, variant: str | None) -> None:
        self._task = load_task(folder, cores=cores, variant=cast("Precision | None", variant))
        self._task.handler.warm_up()
        self.parallel = cores
        self.payload = payload_of(read_task(folder), self._task.body.undecodable)
        self.most_line_bytes = self._task.body.most_bytes or _MOST_BODY_BYTES
        self.labels: Sequence[str] = ()
        self.quantiles: Sequence[str] = ()
        self.features: Sequence[str] = ()
        self.numbers: frozenset[str] = frozenset()
        if self.payload.kind is Kind.ROWS:
            manifest = read_table_manifest(folder)
            self.labels = tuple(manifest.labels)
            self.quantiles = tuple(str(quantile) for quantile in manifest.quantiles)
            self.features = tuple(column.name for column in manifest.columns)
            self.numbers = _numbers_of(folder)

    def read(self, body: bytes) -> Document:
        if len(body) > self.most_line_bytes:
            raise refused(self._task.body.too_large)
        try:
            return read_object(body, "application/json", self._task.body)
        except RequestError as error:
            raise refused(error.name, error.detail) from error

    def answer(self, document: Document) -> Mapping[str, Any]:
        try:
            return self._task.handler.answer(document, alone=False)
        except RequestError as error:
            raise refused(error.name, error.detail) from error

    def close(self) -> None:
        """Nothing runs beside this process."""


def _numbers_of(folder: Path) -> frozenset[str]:
    """Return the columns whose plain numbers mean what Python reads in them."""
    columns = FeatureMap.model_validate_json((folder / FEATURES_FILE).read_bytes()).columns
    return frozenset(
        column.name
        for column in columns
        if isinstance(column, NumberColumn)
        and column.mark is DecimalMark.POINT
        and not any(word[-1:].isdigit() for word in column.missing_words)
    )
