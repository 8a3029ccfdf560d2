"""The table of a hyper-parameter search: what the platform and the search manager both read and write.

A search is one partition of the training table: the item `search` and an item for each trial.
The manager adds trials in state `proposed`, the platform carries them out and writes everything else; a
trial's number is the next ordinal and is taken by a conditional write, so that two managers cannot double it.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from openbml_catalog.search import SearchPlan, StrategyName

SEARCH_SORT = "search"
TRIALS_PREFIX = "trial#"


class SearchState(StrEnum):
    PREPARING = "preparing"
    RUNNING = "running"
    STOPPING = "stopping"
    FINISHED = "finished"
    FAILED = "failed"
    STOPPED = "stopped"

    @property
    def is_final(self) -> bool:
        return self in (SearchState.FINISHED, SearchState.FAILED, SearchState.STOPPED)


class TrialState(StrEnum):
    PROPOSED = "proposed"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    STOPPED = "stopped"

    @property
    def is_open(self) -> bool:
        return self in (TrialState.PROPOSED, TrialState.RUNNING)


class StudyTrial(BaseModel):
    """A trial as the manager knows it.

    Attributes:
        parameters: values by the manual's names, as text: `true`, `16`, `0.001`.
        seed: what the values were drawn with.
        generation, parent: of a population: its round from 0, and the trial whose weights it goes on from.
        quality: the task's figure of its best epoch so far, higher is better.
    """

    model_config = ConfigDict(frozen=True)

    number: int = Field(ge=0)
    state: TrialState = TrialState.PROPOSED
    parameters: Mapping[str, str]
    seed: int
    generation: int | None = None
    parent: int | None = None
    quality: float | None = None
    proposed_at: AwareDatetime


def search_partition(scope_key: str, search_id: int) -> str:
    return f"{scope_key}#search#{search_id}"


def trial_sort(number: int) -> str:
    return f"{TRIALS_PREFIX}{number:04d}"


def proposals_wanted(plan: SearchPlan, trials: Sequence[StudyTrial]) -> int:
    """Return how many trials can be proposed now: none beyond the concurrency or the maximum.

    A population is proposed round by round: its next round once the last one has ended.
    """
    left = plan.max_trials - len(trials)
    open_count = sum(trial.state.is_open for trial in trials)
    if plan.strategy is not StrategyName.EVOLUTIONARY:
        return max(0, min(left, plan.max_concurrent - open_count))
    population = plan.population or 1
    begun = len(trials) % population
    if begun:
        return max(0, min(left, population - begun))
    return 0 if open_count else max(0, min(left, population))
