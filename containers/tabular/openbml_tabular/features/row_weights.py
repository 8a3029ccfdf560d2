"""The weights of rows."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from openbml_kit.faults import UserFault
from openbml_kit.tables.column_maps import NumberColumn
from openbml_kit.tables.feature_map import FeatureMap, RowError
from openbml_tabular.examples import Rows
from openbml_tabular.features.arrow_counts import distinct_values


def row_weights(table: pa.Table, name: str, rows: Rows) -> npt.NDArray[np.float64]:
    """Return the weights of some rows, shape (len(rows),), scaled to mean 1.

    Raises:
        UserFault: a weight is missing, no number, not positive or infinite; the row is named, from 1.
    """
    if name not in table.column_names:
        raise UserFault(f"weight_column: the table has no column {name!r}")
    distinct = distinct_values(table.column(name))
    reader = FeatureMap(columns=(NumberColumn(name=name),))
    try:
        numbers = reader.encode_column(name, [*distinct.values.to_pylist(), None])[:, 0]
    except RowError as error:
        raise UserFault(f"weight_column: {name!r} {error.reason}") from error
    weights = numbers.astype(np.float64)[distinct.codes[rows]]
    wrong = np.flatnonzero(~(weights > 0))
    if len(wrong):
        place = int(wrong[0])
        raise UserFault(
            f"weight_column: row {int(rows[place]) + 1} of {name!r} has the weight {weights[place]:g}; "
            "weights must be positive and finite. Leave such rows out of the dataset"
        )
    return weights / weights.mean()
