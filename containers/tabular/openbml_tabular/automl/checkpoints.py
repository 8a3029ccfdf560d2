"""Finished fits in a folder: what a job that was killed need not do again, and where models wait."""

import hashlib
import json
import pickle
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from openbml_tabular.automl.ensemble import BagModel
from openbml_tabular.automl.fits import Candidate, Fit, Outcome, State
from openbml_tabular.automl.folds import Folds, Part
from openbml_tabular.examples import Examples
from openbml_tabular.problem import Problem

_ABOUT = "about.json"
_CANDIDATE = "candidate.json"


def digest_of(examples: Examples, problem: Problem, folds: Folds, seed: int) -> str:
    """Tell one task from another: fits of other rows or another problem are of no use."""
    content = hashlib.sha256(repr((problem, seed, folds.ordered, examples.x.shape)).encode())
    for array in (examples.x, examples.y, folds.numbers, examples.weights):
        if array is not None:
            content.update(np.ascontiguousarray(array).data)
    return content.hexdigest()


@dataclass(frozen=True)
class Store:
    """Each candidate has a folder, each of its fits a model and, once both are whole, what it predicted."""

    folder: Path

    @classmethod
    def opened(cls, folder: Path, digest: str) -> "Store":
        """Return the store; what another task left in the folder is removed."""
        store = cls(folder / "automl")
        if store._about().get("digest") != digest:
            shutil.rmtree(store.folder, ignore_errors=True)
            store.folder.mkdir(parents=True)
            _write(store.folder / _ABOUT, json.dumps({"digest": digest, "used_s": 0.0}).encode())
        return store

    @property
    def used_s(self) -> float:
        """Seconds of the budget that earlier starts have used."""
        return float(self._about().get("used_s", 0.0))

    def note_used(self, seconds: float) -> None:
        self._note("used_s", seconds)

    def note_stack(self, bases: Sequence[str]) -> None:
        self._note("bases", list(bases))

    def note_parts(self, parts: Sequence[Part]) -> None:
        self._note("parts", [_stem(part) for part in parts])

    @property
    def bases(self) -> Sequence[str]:
        """What the second level sees; empty where there is none yet."""
        return [str(name) for name in self._about().get("bases", [])]

    @property
    def parts(self) -> Sequence[Part]:
        """What each bag of earlier starts had at last; empty where nobody decided."""
        return [_part(stem) for stem in self._about().get("parts", [])]

    def save(self, outcome: Outcome) -> None:
        """Keep a complete fit. Raises ValueError: it has no model."""
        if outcome.prediction is None:
            raise ValueError(f"a fit of {outcome.fit.candidate.name} left no model to keep")
        place = self._place(outcome.fit.candidate.name)
        if not place.exists():
            place.mkdir()
            _write(place / _CANDIDATE, json.dumps(asdict(outcome.fit.candidate)).encode())
        stem = _stem(outcome.fit.part)
        _write(place / f"{stem}.model", outcome.model)
        figures = {key: getattr(outcome, key) for key in ("size_bytes", "fit_s", "predict_ms")}
        _write(place / f"{stem}.figures", json.dumps(figures).encode())
        np.save(place / f"{stem}.tmp.npy", outcome.prediction)
        (place / f"{stem}.tmp.npy").rename(place / f"{stem}.npy")

    def restored(self) -> Iterator[tuple[Candidate, Sequence[Outcome]]]:
        """Yield the candidates of earlier starts in their order, with their finished fits."""
        places = (place for place in self.folder.iterdir() if (place / _CANDIDATE).exists())
        for place in sorted(places, key=lambda place: (place / _CANDIDATE).stat().st_mtime_ns):
            candidate = Candidate(**json.loads((place / _CANDIDATE).read_text()))
            yield candidate, [_outcome(candidate, file) for file in sorted(place.glob("*[0-9].npy"))]

    def model(self, name: str, parts: Sequence[Part]) -> BagModel:
        """Return a bag's models."""
        files = [self._place(name) / f"{_stem(part)}.model" for part in parts]
        return BagModel([pickle.loads(file.read_bytes()) for file in files])  # noqa: S301 - own files

    def forget(self, name: str) -> None:
        shutil.rmtree(self._place(name), ignore_errors=True)

    def _place(self, name: str) -> Path:
        return self.folder / name

    def _note(self, name: str, value: object) -> None:
        _write(self.folder / _ABOUT, json.dumps({**self._about(), name: value}).encode())

    def _about(self) -> dict[str, Any]:
        try:
            document: dict[str, Any] = json.loads((self.folder / _ABOUT).read_text())
        except (FileNotFoundError, ValueError):  # never written, or the disk was full
            return {}
        return document


def _stem(part: Part) -> str:
    return f"{part.repeat}-{part.fold}"


def _part(stem: str) -> Part:
    repeat, fold = stem.split("-")
    return Part(int(repeat), int(fold))


def _outcome(candidate: Candidate, file: Path) -> Outcome:
    figures = json.loads(file.with_suffix(".figures").read_text())
    fit = Fit(candidate, _part(file.stem), seed=0, deadline=0.0, threads=1)
    return Outcome(fit, State.COMPLETE, np.load(file), **figures)


def _write(file: Path, content: bytes) -> None:
    """All or nothing: a killed job leaves no half of a file."""
    whole = file.with_name(file.name + ".tmp")
    whole.write_bytes(content)
    whole.rename(file)
