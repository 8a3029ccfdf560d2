"""Time: what of a budget is left, what earlier starts have used, and when fits must end."""

import time
from dataclasses import dataclass, field

_HAND_IN_SHARE, _MOST_HAND_IN_S = 0.01, 2.0
_KEPT_SHARE, _LEAST_KEPT_S, _MOST_KEPT_S = 0.03, 0.4, 8.0


@dataclass(frozen=True)
class Budget:
    """Attributes:
    total_s: of the whole task; used_before_s: by earlier starts of the same job.
    """

    total_s: float
    used_before_s: float = 0.0
    started: float = field(default_factory=time.monotonic)

    @property
    def deadline(self) -> float:
        """When the answer is due, on `time.monotonic()`."""
        return self.started + max(self.total_s - self.used_before_s, 0.0)

    @property
    def fits_end(self) -> float:
        """When the last fit ends: choosing among what there is takes time too."""
        return self.deadline - min(max(_KEPT_SHARE * self.total_s, _LEAST_KEPT_S), _MOST_KEPT_S)

    @property
    def last_fit_s(self) -> float:
        """Return how long a fit may still take, so that what it has at its deadline comes in time."""
        return self.left_s - min(_HAND_IN_SHARE * self.total_s, _MOST_HAND_IN_S)

    @property
    def used_s(self) -> float:
        return self.used_before_s + time.monotonic() - self.started

    @property
    def left_s(self) -> float:
        """For fits; 0 when it is over."""
        return max(self.fits_end - time.monotonic(), 0.0)

    @property
    def left_share(self) -> float:
        return self.left_s / self.total_s if self.total_s > 0 else 0.0
