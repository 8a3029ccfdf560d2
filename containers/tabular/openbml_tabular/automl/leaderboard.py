"""The leaderboard: a line for each bag and the ensemble."""

from collections.abc import Mapping, Sequence

from openbml_tabular.automl.bags import Bag
from openbml_tabular.automl.board import Board, Selection
from openbml_tabular.automl.fits import State
from openbml_tabular.automl.solution import Entry

ENSEMBLE = "Ensemble"


def bag_entry(bag: Bag, board: Board, *, weight: float, detailed: bool) -> Entry:
    """Return a bag's line; figures beyond the metric only where they are wanted, since they take time."""
    score = board.score(bag)
    wanted = detailed and score is not None
    return Entry(
        name=bag.name,
        model=bag.candidate.code,
        parameters=bag.candidate.parameters,
        score=score,
        figures=board.figures_of(board.prediction(bag)) if wanted else {},
        weight=weight,
        level=bag.candidate.level,
        fit_s=round(bag.fit_s, 3),
        predict_ms=round(bag.predict_ms, 3) if bag.outcomes else None,
        size_bytes=bag.size_bytes,
        state=bag.state.value,
        reason=bag.reason,
    )


def entries(board: Board, selection: Selection | None, *, detailed: bool = False) -> Sequence[Entry]:
    """Return all bags, the best first, those without a score last."""
    weights: Mapping[str, float] = {} if selection is None else selection.weights
    told = [
        bag_entry(bag, board, weight=weights.get(bag.name, 0.0), detailed=detailed)
        for bag in board.bags.values()
    ]
    return sorted(told, key=order)


def order(entry: Entry) -> tuple[bool, bool, float]:
    """Sort lines by it: the best first, those without a score last."""
    score = entry.score
    return entry.state != State.COMPLETE.value, score is None, -(0.0 if score is None else score)


def told(entries: Sequence[Entry]) -> Sequence[Mapping[str, object]]:
    """Return the lines as progress tells them."""
    return [
        {
            "name": entry.name,
            "model": entry.model,
            "score": None if entry.score is None else round(entry.score, 6),
            "weight": round(entry.weight, 4),
            "fit_s": round(entry.fit_s, 2),
            "state": entry.state,
        }
        for entry in entries
    ]
