"""What every system of the tabular benchmark does: fit a set within a budget, then be measured.

A system is a function that fits; what it returns answers raw rows. Written to the output folder:
`result.json` with seconds and speeds, `predictions.npz` with `classes` and `answers`, (n, classes) or (n,).
"""

import argparse
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

_SINGLE_ROWS = 15
_BATCH_ROWS = 1000


class Fitted(Protocol):
    """Attributes:
    classes: in the order of a prediction's columns, as texts; empty for a regression.
    """

    classes: list[str]

    def predict(self, rows: Any) -> npt.NDArray[Any]:
        """Return shape (n, classes), or (n,) of a regression."""


@dataclass(frozen=True)
class Given:
    """Attributes:
    train, test: what `read` made of the Parquet files; the test part is without its target.
    """

    train: Any
    test: Any
    target: str
    kind: str
    budget_s: float
    seed: int
    scratch: Path
    options: Mapping[str, str]


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--set", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--budget", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE")
    return parser.parse_args()


def _median_ms(fitted: Fitted, rows: Any, first: Callable[[Any, int], Any]) -> float:
    one = first(rows, 1)
    seconds = []
    for _ in range(_SINGLE_ROWS):
        started = time.perf_counter()
        fitted.predict(one)
        seconds.append(time.perf_counter() - started)
    return float(np.median(seconds[2:]) * 1000)


def _rows_per_second(fitted: Fitted, rows: Any, first: Callable[[Any, int], Any]) -> float:
    batch = first(rows, _BATCH_ROWS)
    started = time.perf_counter()
    fitted.predict(batch)
    return len(batch) / (time.perf_counter() - started)


def measure(
    fit: Callable[[Given], Fitted],
    read: Callable[[Path, str], tuple[Any, Any]],
    first: Callable[[Any, int], Any],
) -> None:
    """Fit and measure as the command line says.

    Args:
        read: of the set's folder and the target to the training table and the test table without the target.
        first: of a table and a number to its first rows.
    """
    given = parsed()
    told = json.loads((given.set / "set.json").read_text())
    train, test = read(given.set, told["target"])
    given.output.mkdir(parents=True, exist_ok=True)
    options = dict(option.split("=", 1) for option in given.option)
    started = time.perf_counter()
    fitted = fit(
        Given(train, test, told["target"], told["kind"], given.budget, given.seed, given.output, options)
    )
    fit_s = time.perf_counter() - started
    answers = fitted.predict(test)
    np.savez(given.output / "predictions.npz", classes=np.array(fitted.classes, str), answers=answers)
    result = {
        "fit_s": round(fit_s, 2),
        "single_row_ms": round(_median_ms(fitted, test, first), 3),
        "rows_per_s": round(_rows_per_second(fitted, test, first), 1),
    }
    (given.output / "result.json").write_text(json.dumps(result))
