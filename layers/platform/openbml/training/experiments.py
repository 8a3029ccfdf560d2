"""Experiments: a line of runs towards one model; the manual's projects (spec 03 section 2.2)."""

from collections.abc import Sequence
from typing import Any, Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope

Position = dict[str, Any] | None


class ExperimentNotFoundError(OpenBMLError):
    """The project has no such experiment; details: experiment_id."""


class ExperimentNameTakenError(OpenBMLError):
    """The project has an experiment of this name; details: name."""


class TaskNotAvailableError(OpenBMLError):
    """No image trains the task; details: task_type, available."""


class Experiment(BaseModel):
    """A named line of runs; `last_version` is the number of the newest run, 0 before the first."""

    model_config = ConfigDict(frozen=True)

    scope: ProjectScope
    experiment_id: int
    name: str = Field(min_length=1, max_length=100)
    direction: str
    task_type: str
    description: str = ""
    ownership: str = ""
    industry: str = ""
    contact: str = ""
    scenario: str = ""
    created_at: AwareDatetime
    last_version: int = 0


class ExperimentRepository(Protocol):
    """Port; `tests/contract/training/experiment_repository_contract.py` holds what implementations owe."""

    def add(self, experiment: Experiment) -> None:
        """Raises ExperimentNameTakenError."""

    def get(self, scope: ProjectScope, experiment_id: int) -> Experiment:
        """Raises ExperimentNotFoundError."""

    def page(
        self, scope: ProjectScope, *, limit: int, position: Position
    ) -> tuple[Sequence[Experiment], Position]:
        """Return a page, the newest first, and the position of the next one."""
