"""Progress as tagged standard-output lines: the only thing that leaves a job while it runs."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TextIO

TAG = "##openbml "

# A longer record is taken for a plain line (contracts, section 3: 16,384 characters).
_RECORD_CHARACTERS = 16_000
_LEADERBOARD_ENTRIES = 20


def utc_now() -> datetime:
    return datetime.now(UTC)


class Progress:
    """Writes `##openbml {json}` lines and, beside each epoch, plain text for `MetricDefinitions`."""

    def __init__(self, stream: TextIO = sys.stdout, now: Callable[[], datetime] = utc_now) -> None:
        self._stream = stream
        self._now = now

    def stage(self, stage: str) -> None:
        self._tagged({"kind": "stage", "stage": stage, "at": self._at()})

    def note(self, level: str, message: str) -> None:
        self._tagged({"kind": "note", "level": level, "message": message})

    def work(self, done: int, total: int) -> None:
        """Tell how much of a job without epochs is done."""
        self._tagged({"kind": "progress", "done": done, "total": total, "at": self._at()})

    def batch(self, *, node: int, done: int, failed: int, total: int, share: float) -> None:
        """Tell how many items a node has answered.

        Args:
            failed: of `done`, those that were answered with an error.
            total: items of the whole input, 0 while it is not known.
            share: of the input that was read, 0 to 1.
        """
        figures = {"node": node, "done": done, "failed": failed, "total": total, "share": share}
        self._tagged({"kind": "batch", **figures, "at": self._at()})

    def performance(self, points: Sequence[Mapping[str, float]], *, machine: str) -> None:
        """Tell how fast a model answers, by compute units."""
        self._tagged({"kind": "performance", "points": list(points), "machine": machine, "at": self._at()})

    def epoch(self, **values: float | int | None) -> None:
        self._tagged({"kind": "epoch", **values, "at": self._at()})
        plain = " ".join(f"{name}={value}" for name, value in values.items())
        self._stream.write(plain + "\n")
        self._stream.flush()

    def samples(self, epoch: int, items: Sequence[Mapping[str, object]]) -> None:
        """Tell what the model of an epoch says of a few evaluated samples; as many as a record holds."""
        self._tagged({"kind": "samples", "epoch": epoch, "items": _fitting(items), "at": self._at()})

    def leaderboard(self, entries: Sequence[Mapping[str, object]]) -> None:
        """Tell how the models so far compare, the best first; the first 20, or as many as a record holds.

        Args:
            entries: with `name, model, score, weight, fit_s, state`.
        """
        told = _fitting(entries[:_LEADERBOARD_ENTRIES])
        self._tagged({"kind": "leaderboard", "entries": told, "at": self._at()})

    def _tagged(self, record: dict[str, object]) -> None:
        self._stream.write(TAG + _written(record) + "\n")
        self._stream.flush()

    def _at(self) -> str:
        return self._now().isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _fitting(items: Sequence[Mapping[str, object]]) -> list[Mapping[str, object]]:
    """Return the first items, as many as a record holds."""
    told, left = [], _RECORD_CHARACTERS
    for item in items:
        left -= len(_written(item))
        if left < 0:
            break
        told.append(item)
    return told


def _written(record: Mapping[str, object]) -> str:
    return json.dumps(record, ensure_ascii=False, allow_nan=False)
