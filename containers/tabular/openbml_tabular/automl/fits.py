"""One fit: what is asked of a worker, what it does, what it answers."""

import pickle
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from openbml_tabular.automl.folds import Part
from openbml_tabular.automl.sharing import SharedExamples
from openbml_tabular.examples import Examples, Floats
from openbml_tabular.models.learner import FitLimits, FittedModel, Learner, OutOfTimeError, Parameters

_TIMED_ROWS = 3


class State(StrEnum):
    RUNNING = "running"
    COMPLETE = "complete"
    PRUNED = "pruned"
    FAILED = "failed"
    OUT_OF_TIME = "out_of_time"


@dataclass(frozen=True)
class Candidate:
    """A configuration that may become a bag.

    Attributes:
        level: 1 sees the features, 2 also what level 1 says out of fold.
        trial: of the search that proposed it; None: the portfolio did.
    """

    name: str
    code: str
    parameters: Parameters
    level: int = 1
    trial: int | None = None


@dataclass(frozen=True)
class Fit:
    """Attributes:
    part: the fold that the model does not see; deadline: on `time.monotonic()`.
    """

    candidate: Candidate
    part: Part
    seed: int
    deadline: float
    threads: int
    memory_bytes: int = 0


@dataclass(frozen=True)
class Outcome:
    """Attributes:
    prediction: of the rows held out, shape (n_held, outputs); None: there is no model.
    model: pickled.
    predict_ms: of a single row.
    """

    fit: Fit
    state: State
    prediction: Floats | None = None
    model: bytes = b""
    size_bytes: int = 0
    fit_s: float = 0.0
    predict_ms: float = 0.0
    reason: str | None = None

    def without_model(self) -> "Outcome":
        return replace(self, model=b"")


def run(fit: Fit, learners: Mapping[str, Learner], levels: Mapping[int, SharedExamples]) -> Outcome:
    """Fit one model. What a library raises is the fit's outcome: other models do not suffer."""
    started = time.monotonic()
    try:
        return _fitted(fit, learners[fit.candidate.code], levels[fit.candidate.level])
    except OutOfTimeError as error:
        state, reason = State.OUT_OF_TIME, str(error) or "no model before its time was over"
    except MemoryError:
        state, reason = State.FAILED, "out of memory"
    except Exception as error:  # noqa: BLE001 - whatever a library raises is told in the leaderboard
        state, reason = State.FAILED, f"{type(error).__name__}: {error}"
    return Outcome(fit, state, fit_s=time.monotonic() - started, reason=reason)


def _fitted(fit: Fit, learner: Learner, shared: SharedExamples) -> Outcome:
    examples, problem, folds = shared.opened()
    held = examples.take(folds.held_out(fit.part))
    started = time.monotonic()
    model = learner.fit(
        examples.take(folds.training(fit.part)),
        held,
        problem,
        fit.candidate.parameters,
        limits=FitLimits(fit.deadline, fit.threads),
        seed=fit.seed,
    )
    fit_s = time.monotonic() - started
    prediction = np.asarray(model.predict(held.x), np.float32)
    if not np.isfinite(prediction).all():
        return Outcome(fit, State.FAILED, fit_s=fit_s, reason="its predictions are not finite")
    written = pickle.dumps(model, protocol=pickle.HIGHEST_PROTOCOL)
    return Outcome(
        fit, State.COMPLETE, prediction, written, model.size_bytes, fit_s, _single_row_ms(model, held)
    )


def _single_row_ms(model: FittedModel, held: Examples) -> float:
    seconds = []
    for row in range(min(_TIMED_ROWS, len(held))):
        started = time.perf_counter()
        model.predict(held.x[row : row + 1])
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds) * 1000
