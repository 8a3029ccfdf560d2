"""Fewer rows than there are: which ones, and what is told of it."""

from dataclasses import dataclass

import numpy as np

from openbml_tabular.examples import Rows


@dataclass(frozen=True)
class Sampling:
    """That not all rows of a table were used, and why."""

    rows_total: int
    rows_used: int
    reason_en: str
    reason_zh: str


def spread(rows: int, most: int, seed: int) -> Rows:
    """Return all rows, or so many drawn without replacement, in their order."""
    if rows <= most:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))
