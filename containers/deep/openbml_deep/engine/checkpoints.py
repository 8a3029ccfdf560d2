"""Check-points: whole or absent, and only ever continued by the job they belong to."""

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from openbml_kit.files import write_atomically

State = dict[str, Any]


@dataclass(frozen=True)
class Checkpoint:
    """State after `epoch`; `best` is the state of the best model so far."""

    epoch: int
    state: State
    best: State


class Checkpoints:
    """Two files: `last.pt`, and the `best-<epoch>.pt` it names; the best one is written only when it changes.

    `last.pt` replaces its predecessor at once and comes after the best file it names, so that a kill
    between the two
    leaves the earlier pair.
    """

    def __init__(self, folder: Path, fingerprint: str) -> None:
        self._folder = folder
        self._fingerprint = fingerprint

    def save(self, epoch: int, state: State, *, best_epoch: int, best: State) -> None:
        best_path = self._best_path(best_epoch)
        if best_epoch == epoch or not best_path.exists():
            write_atomically(best_path, lambda draft: torch.save(best, draft))
        document = {
            "fingerprint": self._fingerprint,
            "epoch": epoch,
            "best_epoch": best_epoch,
            "state": state,
        }
        write_atomically(self._folder / "last.pt", lambda draft: torch.save(document, draft))
        for older in self._folder.glob("best-*.pt"):
            if older != best_path:
                older.unlink()

    def load(self, note: Callable[[str, str], None]) -> Checkpoint | None:
        """Return where to go on; None, with a note, where nothing fits: damaged, or of other settings."""
        last = self._folder / "last.pt"
        if not last.exists():
            return None
        try:
            document = torch.load(last, map_location="cpu", weights_only=True)
            if document["fingerprint"] != self._fingerprint:
                note("warning", "the check-point is of other data or settings: training starts anew")
                return None
            best = torch.load(self._best_path(document["best_epoch"]), map_location="cpu", weights_only=True)
        except (OSError, RuntimeError, EOFError, KeyError, pickle.UnpicklingError) as error:
            note("warning", f"the check-point cannot be read, training starts anew: {error}")
            return None
        return Checkpoint(document["epoch"], document["state"], best)

    def _best_path(self, epoch: int) -> Path:
        return self._folder / f"best-{epoch:04d}.pt"
