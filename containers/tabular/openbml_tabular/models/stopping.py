"""When a model that grows step by step ends: at its deadline, or when validation no longer improves."""

import time
from dataclasses import dataclass, field

from openbml_tabular.models.learner import FitLimits, OutOfTimeError


@dataclass
class Stopping:
    """Attributes:
    patience: steps without an improvement; 0: only the deadline ends it.
    best_step: the first step with the best loss, 0-based; the last one where there are no losses.
    """

    limits: FitLimits
    patience: int = 0
    best_loss: float = field(default=float("inf"), init=False)
    best_step: int = field(default=0, init=False)
    steps: int = field(default=0, init=False)
    _last_s: float = field(default_factory=time.monotonic, init=False)
    _slowest_s: float = field(default=0.0, init=False)

    def after_step(self, loss: float | None) -> bool:
        """Note a step; return whether to stop.

        Args:
            loss: of the validation rows, lower is better; None: there are none.
        """
        if loss is None or loss < self.best_loss:
            self.best_step = self.steps
            self.best_loss = self.best_loss if loss is None else loss
        self.steps += 1
        return self._is_stale or self._is_late()

    @property
    def _is_stale(self) -> bool:
        return 0 < self.patience < self.steps - self.best_step

    def _is_late(self) -> bool:
        """Tell whether another step as slow as the slowest would end behind the deadline."""
        now = time.monotonic()
        self._slowest_s = max(self._slowest_s, now - self._last_s) if self.steps > 1 else 0.0
        self._last_s = now
        return now + self._slowest_s > self.limits.deadline


def begun(limits: FitLimits) -> None:
    """Raise OutOfTimeError where the deadline has passed."""
    if limits.left_s <= 0:
        raise OutOfTimeError("the deadline passed before the model's first step")


def patience_of(rows: int) -> int:
    """Return after how many trees without an improvement to stop: fewer of many rows, whose validation is
    steadier and whose trees are dearer."""
    return round(min(150.0, max(40.0, 150 * (10_000 / max(rows, 1)) ** 0.5)))
