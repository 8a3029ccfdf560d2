"""Tuning jobs: what one is and how its state may change (contract section 4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from sagemaker_local.protocol.arns import TUNING_JOB
from sagemaker_local.state.resources import Record
from sagemaker_local.tuning.grid import grid_size
from sagemaker_local.tuning.hyperband import Schedule
from sagemaker_local.tuning.ranges import CategoricalRange, Range, parse_ranges

TERMINAL = ("Completed", "Failed", "Stopped")
#: The number in a child's name has three digits.
MAX_TRAINING_JOBS = 999
FAILURE_REASON_LIMIT = 1024

#: Why no more children are made and those that run are stopped.
Ending = Literal["request", "runtime", "target", "not-improving", "convergence", "hopeless", "fault"]

_EPOCH_KEYS = ("epochs", "numepochs", "n-epochs", "n_epochs", "num_epochs")


@dataclass(frozen=True)
class Objective:
    metric: str
    maximizes: bool

    def loss(self, value: float) -> float:
        """Lower is better."""
        return -value if self.maximizes else value

    @property
    def type_name(self) -> str:
        return "Maximize" if self.maximizes else "Minimize"


@dataclass(frozen=True)
class Definition:
    """One of the job's training job definitions with the ranges and the objective that go with it."""

    index: int
    name: str | None
    request: Mapping[str, Any]
    objective: Objective
    ranges: tuple[Range, ...]

    @property
    def static(self) -> dict[str, str]:
        return dict(self.request.get("StaticHyperParameters", {}))

    @property
    def grid(self) -> tuple[CategoricalRange, ...]:
        return tuple(one for one in self.ranges if isinstance(one, CategoricalRange))


class PastTrial(BaseModel):
    """A training job of a parent tuning job (warm start): all its hyper-parameters and its value."""

    model_config = ConfigDict(frozen=True)

    values: dict[str, str]
    value: float


class TuningJob(BaseModel):
    """One tuning job. ``request`` is the create call as it came; ``seed`` its RandomSeed or a drawn one."""

    model_config = ConfigDict(frozen=True)

    arn: str
    name: str
    region: str
    request: dict[str, Any]
    seed: int
    created_at: float
    modified_at: float
    status: str = "InProgress"
    ending: Ending | None = None
    ended_at: float | None = None
    failure_reason: str | None = None
    converged_at: float | None = None
    past_trials: tuple[PastTrial, ...] = ()
    best_of_parents: dict[str, Any] | None = None  # a training job summary, as the API shows it

    @property
    def config(self) -> Mapping[str, Any]:
        return dict(self.request["HyperParameterTuningJobConfig"])

    @property
    def has_one_definition(self) -> bool:
        return "TrainingJobDefinition" in self.request

    @property
    def strategy(self) -> str:
        return str(self.config["Strategy"])

    @property
    def is_terminal(self) -> bool:
        return self.status in TERMINAL

    @property
    def limits(self) -> Mapping[str, int]:
        return dict(self.config["ResourceLimits"])

    @property
    def max_parallel(self) -> int:
        return int(self.limits["MaxParallelTrainingJobs"])

    @property
    def deadline(self) -> float | None:
        limit = self.limits.get("MaxRuntimeInSeconds")
        return None if limit is None else self.created_at + limit

    @property
    def stops_early(self) -> bool:
        return bool(self.config.get("TrainingJobEarlyStoppingType", "Off") == "Auto")

    @property
    def criteria(self) -> Mapping[str, Any]:
        return dict(self.config.get("TuningJobCompletionCriteria", {}))

    def moved(self, status: str, at: float) -> "TuningJob":
        at = max(at, self.modified_at)
        ended = at if status in TERMINAL else None
        return self.model_copy(update={"status": status, "modified_at": at, "ended_at": ended})

    def ending_for(self, why: Ending, at: float, failure_reason: str | None = None) -> "TuningJob":
        """Return the job such that it makes no more children and stops those that run."""
        ending = self.model_copy(update={"ending": why, "modified_at": max(at, self.modified_at)})
        return ending if failure_reason is None else ending.failing_with(failure_reason)

    def asked_to_stop(self, at: float) -> "TuningJob":
        """Return the job as Stopping; one that is failing already still ends as Failed."""
        asked = self if self.ending in ("hopeless", "fault") else self.ending_for("request", at)
        return asked.moved("Stopping", at)

    def failing_with(self, reason: str) -> "TuningJob":
        return self.model_copy(update={"failure_reason": reason[:FAILURE_REASON_LIMIT]})

    def record(self) -> Record:
        return Record(
            self.arn,
            TUNING_JOB,
            self.name,
            self.status,
            self.created_at,
            self.modified_at,
            self.model_dump_json(),
        )


def from_record(record: Record) -> TuningJob:
    return TuningJob.model_validate_json(record.doc)


def definitions_of(request: Mapping[str, Any]) -> tuple[Definition, ...]:
    """Return the definitions of a create call.

    Raises:
        RangeError: the ranges of one cannot be searched.
    """
    config = request["HyperParameterTuningJobConfig"]
    single = request.get("TrainingJobDefinition")
    listed: Sequence[Mapping[str, Any]] = [single] if single else request["TrainingJobDefinitions"]
    found = []
    for index, one in enumerate(listed):
        objective = one.get("TuningObjective") or config["HyperParameterTuningJobObjective"]
        ranges = one.get("HyperParameterRanges") or config.get("ParameterRanges", {})
        found.append(
            Definition(
                index=index,
                name=one.get("DefinitionName"),
                request=one,
                objective=Objective(objective["MetricName"], maximizes=objective["Type"] == "Maximize"),
                ranges=parse_ranges(ranges),
            )
        )
    return tuple(found)


def planned_jobs(job: TuningJob, definitions: Sequence[Definition]) -> int:
    """How many children there will be at most."""
    limit = job.limits.get("MaxNumberOfTrainingJobs", MAX_TRAINING_JOBS)
    if job.strategy == "Grid":
        return min(limit, sum(grid_size(one.grid) for one in definitions))
    return limit


def hyperband_schedule(config: Mapping[str, Any], static: Mapping[str, str]) -> Schedule | None:
    """Return the schedule; ``MaxResource`` may also come from a static number of epochs. None without any."""
    given = config.get("StrategyConfig", {}).get("HyperbandStrategyConfig", {})
    highest = given.get("MaxResource")
    if highest is None:
        epochs = next((static[key] for key in _EPOCH_KEYS if key in static), "")
        highest = int(epochs) if epochs.isascii() and epochs.isdigit() else None
    return None if not highest else Schedule(int(given.get("MinResource", 1)), int(highest))
