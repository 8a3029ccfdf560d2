"""Searches: what one is, how its state may change, where searches and their trials are kept."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from openbml.compute.failures import Failure
from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope
from openbml.training.jobs import JobPlaces
from openbml.training.search.trials import Trial
from openbml_catalog.search import SearchPlan
from openbml_formats.searches import SearchState


class SearchNotFoundError(OpenBMLError):
    """The project has no such search; details: search_id."""


class SearchConflictError(OpenBMLError):
    """Someone else changed the search or a trial of it; details: search_id. Read again, then repeat."""


class SearchNotReusableError(OpenBMLError):
    """What the search found cannot be taken for the run; details: search_id, reason."""


class BestTrial(BaseModel):
    """The trial of the highest quality, as it stood when it became that."""

    model_config = ConfigDict(frozen=True)

    number: int
    parameters: Mapping[str, str]
    quality: float


class Search(BaseModel):
    """The search for a run's hyper-parameters.

    Attributes:
        weights_family: of the pre-trained weights that its trials start from; `none` from scratch.
        places: None until the run's data is frozen.
        verdict: what a stopping search becomes once its last trial has ended.
        turn: number of the manager's job, 0 before the first; `turn_open` while that has not ended.
        turn_trials: trials that there were when the turn began.
        idle_turns: turns in a row that proposed nothing; one begins only where something is wanted.
        turn_failure: why the manager's last job failed.
        settled: its run has gone on from it; nothing is left to do.
        revision: grows with every save; the slower of two writers is refused.
    """

    model_config = ConfigDict(frozen=True)

    scope: ProjectScope
    search_id: int
    run_id: int
    experiment_id: int
    name: str
    task_type: str
    network: str
    weights_family: str
    plan: SearchPlan
    state: SearchState = SearchState.PREPARING
    places: JobPlaces | None = None
    verdict: SearchState | None = None
    failure: Failure | None = None
    turn: int = 0
    turn_open: bool = False
    turn_trials: int = 0
    idle_turns: int = 0
    turn_failure: Failure | None = None
    best: BestTrial | None = None
    trials_running: int = 0
    trials_ended: int = 0
    settled: bool = False
    created_at: AwareDatetime
    changed_at: AwareDatetime
    started_at: AwareDatetime | None = None
    finished_at: AwareDatetime | None = None
    revision: int = Field(default=1, ge=1)

    def begun(self, places: JobPlaces, name: str, at: datetime) -> "Search":
        """Return the search with its data and its run's name; one that has begun stays as it is."""
        if self.state is not SearchState.PREPARING:
            return self
        return self._changed(at, state=SearchState.RUNNING, places=places, name=name, started_at=at)

    def next_turn(self, trials: int, at: datetime) -> "Search":
        """Return the search with another job of its manager."""
        return self._changed(at, turn=self.turn + 1, turn_open=True, turn_trials=trials)

    def turn_ended(self, turn: int, trials: int, failure: Failure | None, at: datetime) -> "Search":
        """Return the search without its manager; the end of an earlier turn changes nothing."""
        if turn != self.turn or not self.turn_open:
            return self
        idle = trials == self.turn_trials
        changes = {"turn_failure": failure, "idle_turns": self.idle_turns + 1 if idle else 0}
        return self._changed(at, turn_open=False, **changes)

    def stopping(self, verdict: SearchState, failure: Failure | None, at: datetime) -> "Search":
        """Return the search on its way to an end; a wish to stop overrules the verdict before it."""
        if self.state.is_final or (self.state is SearchState.STOPPING and verdict is not SearchState.STOPPED):
            return self
        if self.verdict is verdict:
            return self
        return self._changed(at, state=SearchState.STOPPING, verdict=verdict, failure=failure)

    def ended(self, at: datetime) -> "Search":
        if self.state.is_final:
            return self
        return self._changed(at, state=self.verdict or SearchState.STOPPED, finished_at=at, turn_open=False)

    def counted(self, best: BestTrial | None, running: int, ended: int, at: datetime) -> "Search":
        """Return the search with what its trials add up to."""
        if (self.best, self.trials_running, self.trials_ended) == (best, running, ended):
            return self
        return self._changed(at, best=best, trials_running=running, trials_ended=ended)

    def settled_at(self, at: datetime) -> "Search":
        return self if self.settled else self._changed(at, settled=True)

    def _changed(self, at: datetime, **changes: object) -> "Search":
        return self.model_copy(update={**changes, "changed_at": at, "revision": self.revision + 1})


class SearchRepository(Protocol):
    """Port; `tests/contract/training/test_search_repository.py` holds what implementations owe."""

    def add(self, search: Search) -> None:
        """Raises SearchConflictError when the id is taken."""

    def get(self, scope: ProjectScope, search_id: int) -> Search:
        """Raises SearchNotFoundError."""

    def trials(self, scope: ProjectScope, search_id: int) -> Sequence[Trial]:
        """Return all trials by number."""

    def save(self, before: Search, after: Search, trials: Sequence[Trial] = ()) -> None:
        """Store the search with some of its trials, all or nothing.

        Raises:
            SearchConflictError: the stored revision is not `before`'s, or a trial's is not the one before.
        """

    def save_trial(self, trial: Trial) -> None:
        """Raises SearchConflictError unless the stored revision is the one before."""

    def finished(self, scope: ProjectScope) -> Sequence[Search]:
        """Return the project's finished searches, the newest first."""

    def unsettled(self) -> Sequence[tuple[ProjectScope, int]]:
        """Return scope and id of all searches that are not settled."""
