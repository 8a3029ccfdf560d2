"""How many workers a pool should have: a rule over its open requests and time."""

from dataclasses import dataclass

_LOOKS_TO_GROW = 2
_SHRINK_LOAD = 0.5


@dataclass(frozen=True)
class ScalingRule:
    """The range a pool moves in by itself. One size means it never moves."""

    minimum: int
    maximum: int
    idle_s: float
    busy_per_worker: int

    @property
    def moves(self) -> bool:
        return self.minimum < self.maximum


@dataclass(frozen=True)
class Load:
    """What a pool has to do at a moment."""

    size: int
    open_requests: int  # at the workers
    waiting: int  # for a worker to come up


class LoadWatch:
    """Remembers what it saw, so that one busy moment or one quiet second moves nothing."""

    def __init__(self, rule: ScalingRule) -> None:
        self.rule = rule
        self._busy_looks = 0
        self._quiet_since: float | None = None
        self._spare_since: float | None = None

    def wanted(self, load: Load, now: float) -> int:
        """Return the size the pool should have from now on."""
        size, rule = load.size, self.rule
        todo = load.open_requests + load.waiting
        self._note(load, todo, now)
        if not rule.minimum <= size <= rule.maximum:
            return max(rule.minimum, min(size, rule.maximum))
        if size == 0:
            return min(1, rule.maximum) if load.waiting else 0
        if self._busy_looks >= _LOOKS_TO_GROW and size < rule.maximum:
            self._busy_looks = 0
            return size + 1
        if self._has_lasted(self._quiet_since, now):
            return rule.minimum
        if self._has_lasted(self._spare_since, now) and size > max(rule.minimum, 1):
            self._spare_since = now
            return size - 1
        return size

    def _note(self, load: Load, todo: int, now: float) -> None:
        capacity = load.size * self.rule.busy_per_worker
        self._busy_looks = self._busy_looks + 1 if todo > capacity else 0
        if todo:
            self._quiet_since = None
        elif self._quiet_since is None:
            self._quiet_since = now
        has_spare = todo <= (load.size - 1) * self.rule.busy_per_worker * _SHRINK_LOAD
        if not has_spare:
            self._spare_since = None
        elif self._spare_since is None:
            self._spare_since = now

    def _has_lasted(self, since: float | None, now: float) -> bool:
        return since is not None and now - since >= self.rule.idle_s
