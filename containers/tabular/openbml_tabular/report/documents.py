"""Plain values that JSON takes: no numpy, no NaN."""

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from math import isfinite
from typing import Any

import numpy as np


def plain(value: Any) -> Any:
    """Return a value of lists, dicts, texts, finite numbers, booleans and nulls; not finite becomes null."""
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(part) for part in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating, Decimal)):
        return float(value) if isfinite(value) else None
    if isinstance(value, (date, datetime, time)):
        return value.isoformat()
    return value if value is None or isinstance(value, str) else str(value)
