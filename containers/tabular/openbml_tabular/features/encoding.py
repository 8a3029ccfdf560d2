"""Turns a whole Arrow table into features by the kit's code: each different value is read once."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from openbml_kit.faults import UserFault
from openbml_kit.tables.column_maps import ColumnMap, NumberColumn
from openbml_kit.tables.feature_map import FeatureMap
from openbml_kit.tables.raw_values import LARGEST
from openbml_tabular.examples import Floats
from openbml_tabular.features.arrow_counts import distinct_values, is_numeric


def encode_table(feature_map: FeatureMap, table: pa.Table) -> Floats:
    """Return the features of a table's rows, shape (rows, len(features)), C-contiguous.

    Equals `FeatureMap.encode_rows` of the same rows, but for values of a type that their column does not
    take: they count as missing here.

    Raises:
        UserFault: columns are missing.
    """
    columns = feature_map.feature_columns
    refuse_missing_columns(columns, table)
    matrix = np.empty((table.num_rows, len(feature_map.column_features)), np.float32)
    place = 0
    for column in columns:
        width = len(column.features)
        matrix[:, place : place + width] = encoded_column(feature_map, column, table.column(column.name))
        place += width
    return feature_map.stepped(matrix)


def refuse_missing_columns(columns: Sequence[ColumnMap], table: pa.Table) -> None:
    """Raise UserFault where a table lacks columns that the model was trained with."""
    missing = [column.name for column in columns if column.name not in table.column_names]
    if missing:
        raise UserFault(
            f"the evaluation table lacks {len(missing)} columns of the training table: "
            f"{', '.join(missing[:20])}; import it with the same columns"
        )


def encoded_column(feature_map: FeatureMap, column: ColumnMap, values: pa.ChunkedArray) -> Floats:
    """Return one column's features before the steps, shape (rows, len(column.features))."""
    if isinstance(column, NumberColumn) and is_numeric(values.type):
        return _numbers(values)[:, None]
    distinct = distinct_values(values)
    told = [*distinct.values.to_pylist(), None]  # the last is where code -1 points: a missing value
    return feature_map.encode_column(column.name, told, strict=False)[distinct.codes]


def _numbers(values: pa.ChunkedArray) -> Floats:
    numbers = values.cast(pa.float64(), safe=False).to_numpy()
    return np.where(np.abs(numbers) <= LARGEST, numbers, np.nan).astype(np.float32)
