"""A search as the manager sees it, and the port to where it is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from openbml_catalog.search import SearchPlan
from openbml_formats.searches import SearchState, StudyTrial


@dataclass(frozen=True)
class Study:
    """Attributes:
    task: task code, which says what a hyper-parameter's values look like.
    trials: all there are, by number.
    """

    search_id: int
    task: str
    state: SearchState
    plan: SearchPlan
    trials: Sequence[StudyTrial]


class Journal(Protocol):
    """Port; the table is the only memory that a manager has."""

    def read(self) -> Study:
        """Return the search as it is now."""

    def propose(self, trial: StudyTrial) -> bool:
        """Add the trial; return False where its number is taken or the search no longer runs."""
