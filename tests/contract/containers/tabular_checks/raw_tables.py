"""Small raw tables of every kind of column."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

CITIES = ("Köln", "北京", "New York", "São Paulo", "Ulm")
WORDS = ("cheap", "dear", "slow", "fast", "red", "blue", "old", "new", "large", "small")


def mixed_table(rows: int = 400, seed: int = 0) -> pa.Table:
    """Return a table with all types that imports write, with gaps, and two targets."""
    random = np.random.default_rng(seed)
    x = random.normal(size=rows)
    start = datetime(2024, 1, 1, tzinfo=UTC)
    columns: dict[str, Any] = {
        "amount": _gappy(random, pa.array(x)),
        "small": pa.array(x.astype(np.float32)),
        "count": pa.array(random.integers(0, 1000, rows), pa.int32()),
        "price": pa.array([Decimal(int(value * 100)).scaleb(-2) for value in x], pa.decimal128(12, 2)),
        "written": pa.array([f"{value:.2f}".replace(".", ",") for value in x * 10]),
        "city": _gappy(random, pa.array([CITIES[place] for place in random.integers(0, 5, rows)])),
        "flag": pa.array([("true", "false")[place] for place in random.integers(0, 2, rows)]),
        "day": _gappy(
            random, pa.array([date(2024, 1, 1) + timedelta(days=place % 300) for place in range(rows)])
        ),
        "at": pa.array(
            [start + timedelta(minutes=37 * place) for place in range(rows)], pa.timestamp("us", "UTC")
        ),
        "told": pa.array(
            [(start + timedelta(days=place % 90)).strftime("%d.%m.%Y") for place in range(rows)]
        ),
        "note": pa.array([" ".join(random.choice(WORDS, 6)) for _ in range(rows)]),
        "same": pa.array(["x"] * rows),
        "twin": pa.array(x.astype(np.float32)),
        "churn": pa.array([("no", "yes")[int(value)] for value in x > 0.4]),
        "value": pa.array(x * 2 + 1),
    }
    return pa.table(columns)


def _gappy(random: np.random.Generator, values: pa.Array) -> pa.Array:
    mask = random.random(len(values)) < 0.1
    return pa.array(
        [None if gap else value for gap, value in zip(mask, values.to_pylist(), strict=True)], values.type
    )
