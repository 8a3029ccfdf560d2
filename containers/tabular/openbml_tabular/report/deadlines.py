"""The time that a report may take, shared out among its parts."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from openbml_tabular.examples import Floats
from openbml_tabular.report.inputs import Predict

_TRIED_ROWS = 256
_SLOWEST_S = 1e-6


@dataclass(frozen=True)
class Deadline:
    """A point on a clock that counts seconds."""

    at: float
    now: Callable[[], float] = time.monotonic

    @classmethod
    def after(cls, seconds: float, *, now: Callable[[], float] = time.monotonic) -> "Deadline":
        return cls(now() + seconds, now)

    @property
    def left_s(self) -> float:
        return max(0.0, self.at - self.now())

    @property
    def passed(self) -> bool:
        return self.now() >= self.at

    def part(self, share: float) -> "Deadline":
        """Return the deadline of a part that may take this share of what is left."""
        return Deadline(self.now() + share * self.left_s, self.now)


def rows_per_second(predict: Predict, x: Floats, deadline: Deadline) -> float:
    """Measure a model on some rows, a second time where the first call warmed it up."""
    rows = x[np.arange(_TRIED_ROWS) % len(x)]
    fastest = np.inf
    for _ in range(2):
        started = deadline.now()
        predict(rows)
        fastest = min(fastest, deadline.now() - started)
    return float(_TRIED_ROWS / max(fastest, _SLOWEST_S))
