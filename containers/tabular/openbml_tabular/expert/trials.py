"""What a search has tried, as the study's journal keeps it, and as the leaderboard and the report show it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from openbml_tabular.automl.bags import Bag, covered, held_out
from openbml_tabular.automl.fits import State
from openbml_tabular.automl.scoring import figures, score
from openbml_tabular.automl.solution import Entry
from openbml_tabular.automl.task import Task
from openbml_tabular.expert.study import Proposal

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Trial:
    """A trial that has ended.

    Attributes:
        score: over the rows that its models did not see, higher is better; None: it has no model.
        figures: all metrics of the same rows.
        features: what the feature settings are called, where there is a choice.
    """

    proposal: Proposal
    bag: Bag
    score: float | None
    figures: Mapping[str, float]
    features: str | None = None

    @property
    def rank(self) -> tuple[bool, float]:
        """Greater is better: whole trials come before those that were ended early."""
        return self.bag.state is State.COMPLETE, float("-inf") if self.score is None else self.score

    def document(self) -> Document:
        """Return the report's row of `trials`."""
        bag = self.bag
        return {
            "number": self.proposal.number,
            "name": bag.name,
            "model": bag.candidate.code,
            "parameters": dict(bag.candidate.parameters),
            **({"features": self.features} if self.features else {}),
            "state": bag.state.value,
            "score": self.score,
            "figures": dict(self.figures),
            "parts": len(bag.outcomes),
            "fit_s": round(bag.fit_s, 3),
            "predict_ms": round(bag.predict_ms, 3) if bag.outcomes else None,
            "size_bytes": bag.size_bytes,
            "reason": bag.reason,
        }


def judged(proposal: Proposal, bag: Bag, task: Task, features: str | None) -> Trial:
    """Return the trial with its figures over the rows that its models held out."""
    if not bag.outcomes:
        return Trial(proposal, bag, None, {}, features)
    told = held_out(list(bag.outcomes.values()), task.folds, task.problem.outputs)
    rows = covered(told)
    y, weights = task.training.y[rows], task.training.weights
    shares = None if weights is None else weights[rows]
    found = figures(task.problem, y, told[rows], shares)
    return Trial(proposal, bag, score(task.problem, y, told[rows], shares), found, features)


def entry_of(document: Document, *, winner: str | None) -> Entry:
    """Return a trial's line of the leaderboard."""
    shared = {field.name for field in fields(Entry)} & set(document)
    weight = 1.0 if document["name"] == winner else 0.0
    return Entry(**{name: document[name] for name in shared}, weight=weight)
