"""A model of tables set up: its feature map, its sessions, what its numbers mean."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from openbml_kit.faults import PlatformFault
from openbml_kit.model_manifest import MODEL_FILE
from openbml_kit.tables.feature_map import FeatureMap, RowError
from openbml_kit.tables.table_manifest import (
    FEATURES_FILE,
    ROWS_OF_A_RUN,
    TableManifest,
    read_background,
    read_table_manifest,
)
from openbml_serving.replies import RequestError
from openbml_serving.sessions import HybridSessions

Floats = npt.NDArray[np.float32]
Row = Mapping[str, Any]

# Fewer rows are computed sooner by one core than several cores are woken.
_FEWEST_ROWS_FOR_ALL_CORES = 64
_TIMED_ROWS = 10


class TableModel:
    """Attributes:
        seconds_per_row: for a row alone, encoded and computed; known once the model is warm.

    Raises:
        PlatformFault: the folder's files are missing or do not belong together.
    """

    def __init__(self, folder: Path, *, cores: int) -> None:
        self.manifest: TableManifest = read_table_manifest(folder)
        self.feature_map = _read_feature_map(folder)
        self.background: Sequence[Row] = read_background(folder).rows
        self._sessions = HybridSessions(folder / MODEL_FILE, [self.manifest.output], cores=cores)
        self.seconds_per_row = float("inf")
        width = len(self.feature_map.features)
        if (taken := self._sessions.input_shape[-1]) != width:
            raise PlatformFault(f"{MODEL_FILE} takes {taken} features, {FEATURES_FILE} makes {width}")

    def encoded(self, rows: Sequence[Row]) -> Floats:
        """Return the graph's input, shape (len(rows), features).

        Raises:
            RequestError: a feature of a row is missing, unknown or of another type.
        """
        try:
            return self.feature_map.encode_rows(rows)
        except RowError as error:
            raise RequestError("invalid_argument", str(error)) from error

    def outputs_of(self, matrix: Floats, *, alone: bool) -> Floats:
        """Return scores or values, shape (len(matrix), width)."""
        alone = alone and len(matrix) >= _FEWEST_ROWS_FOR_ALL_CORES
        parts = [
            self._sessions.run(matrix[start : start + ROWS_OF_A_RUN], alone=alone)[self.manifest.output]
            for start in range(0, len(matrix), ROWS_OF_A_RUN)
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def warm_up(self) -> None:
        """Compute the background rows with either session.

        Raises:
            PlatformFault: the graph's answer does not fit the manifest.
        """
        matrix = np.resize(self.encoded(self.background), (ROWS_OF_A_RUN, len(self.feature_map.features)))
        self.outputs_of(matrix, alone=True)
        shape = self.outputs_of(matrix[:1], alone=False).shape
        if shape != (1, self.manifest.width):
            raise PlatformFault(
                f"{MODEL_FILE} answers a row in shape {shape}, not (1, {self.manifest.width})"
            )
        self.seconds_per_row = min(self._seconds_of(self.background[:1]) for _ in range(_TIMED_ROWS))

    def _seconds_of(self, rows: Sequence[Row]) -> float:
        started = time.perf_counter()
        self.outputs_of(self.encoded(rows), alone=False)
        return time.perf_counter() - started


def _read_feature_map(folder: Path) -> FeatureMap:
    try:
        return FeatureMap.model_validate_json((folder / FEATURES_FILE).read_bytes())
    except (OSError, ValidationError) as error:
        raise PlatformFault(f"{FEATURES_FILE} cannot be read: {error}") from error
