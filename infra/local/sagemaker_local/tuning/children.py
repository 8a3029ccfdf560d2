"""The children of a tuning job: which training jobs it made, with what, and how they ended."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from sagemaker_local.state import cursors, resources
from sagemaker_local.training.jobs import TERMINAL, TrainingJob
from sagemaker_local.training.jobs import from_record as training_job
from sagemaker_local.tuning.jobs import Definition

ObjectiveStatus = Literal["Succeeded", "Pending", "Failed"]

OBJECTIVE_PARAMETER = "_tuning_objective_metric"
_TAKEN_OVER = (
    "AlgorithmSpecification",
    "RoleArn",
    "InputDataConfig",
    "VpcConfig",
    "OutputDataConfig",
    "ResourceConfig",
    "StoppingCondition",
    "EnableNetworkIsolation",
    "EnableInterContainerTrafficEncryption",
    "EnableManagedSpotTraining",
    "RetryStrategy",
    "Environment",
)


class Outcome(BaseModel):
    """What the training job of a child says of itself; final once it is terminal."""

    model_config = ConfigDict(frozen=True)

    status: str
    training_started_at: float | None = None
    ended_at: float | None = None
    failure_reason: str | None = None
    value: float | None = None
    is_stopping: bool = False

    @property
    def is_terminal(self) -> bool:
        return self.status in TERMINAL

    @property
    def objective_status(self) -> ObjectiveStatus:
        if not self.is_terminal:
            return "Pending"
        return "Succeeded" if self.final_value is not None else "Failed"

    @property
    def final_value(self) -> float | None:
        """The objective value that counts: of a job that has ended without failing."""
        return self.value if self.status in ("Completed", "Stopped") else None


class ChildRecord(BaseModel):
    """One row. ``outcome`` is kept when the training job has ended, so that it may be deleted then."""

    model_config = ConfigDict(frozen=True)

    arn: str
    name: str
    number: int
    definition: int
    tuned: dict[str, str]
    created_at: float
    judged: int = 0  # objective values that early stopping has looked at
    outcome: Outcome | None = None


@dataclass(frozen=True)
class Child:
    record: ChildRecord
    outcome: Outcome

    @property
    def is_finished(self) -> bool:
        return self.outcome.is_terminal

    @property
    def value(self) -> float | None:
        return self.outcome.final_value


def insert(connection: sqlite3.Connection, tuning_arn: str, record: ChildRecord, metric: str) -> None:
    connection.execute(
        "INSERT INTO tuning_child (arn, tuning_arn, number, objective_metric, is_settled, doc) "
        "VALUES (?, ?, ?, ?, 0, ?)",
        (record.arn, tuning_arn, record.number, metric, record.model_dump_json()),
    )


def update(connection: sqlite3.Connection, record: ChildRecord) -> None:
    connection.execute(
        "UPDATE tuning_child SET is_settled = ?, doc = ? WHERE arn = ?",
        (record.outcome is not None, record.model_dump_json(), record.arn),
    )


def of(connection: sqlite3.Connection, tuning_arn: str) -> list[Child]:
    """All children in order of creation, as they are now."""
    rows = connection.execute(
        "SELECT doc, objective_metric FROM tuning_child WHERE tuning_arn = ? ORDER BY number", (tuning_arn,)
    ).fetchall()
    found = []
    for doc, metric in rows:
        record = ChildRecord.model_validate_json(doc)
        found.append(Child(record, record.outcome or _outcome(connection, record.arn, metric)))
    return found


def forget(connection: sqlite3.Connection, tuning_arn: str) -> None:
    connection.execute("DELETE FROM tuning_child WHERE tuning_arn = ?", (tuning_arn,))


def fingerprint(connection: sqlite3.Connection, tuning_arn: str) -> tuple[Any, ...]:
    """Changes when there is something new about the tuning job, a child that runs, or its values."""
    own = connection.execute(
        "SELECT status, modified_at FROM resource WHERE arn = ?", (tuning_arn,)
    ).fetchone()
    running = connection.execute(
        "SELECT c.arn, r.status, (SELECT COUNT(*) FROM objective_value v WHERE v.arn = c.arn) "
        "FROM tuning_child c LEFT JOIN resource r ON r.arn = c.arn "
        "WHERE c.tuning_arn = ? AND c.is_settled = 0 ORDER BY c.number",
        (tuning_arn,),
    ).fetchall()
    return (own, *running)


def _outcome(connection: sqlite3.Connection, arn: str, metric: str) -> Outcome:
    found = resources.get(connection, arn)
    if found is None:
        return Outcome(status="Failed", failure_reason="The training job was deleted.")
    job = training_job(found)
    values = {one.name: one.value for one in cursors.metrics_of(connection, arn)}
    return Outcome(
        status=job.status,
        training_started_at=job.started_at,
        ended_at=job.ended_at if job.is_terminal else None,
        failure_reason=job.failure_reason,
        value=values.get(metric),
        is_stopping=job.stop_cause is not None,
    )


def training_request(
    definition: Definition, name: str, tuned: Mapping[str, str], fits: Callable[[str], bool]
) -> dict[str, Any]:
    """The CreateTrainingJob call of a child.

    Checkpoints of each child lie in a folder of its own below the given address: the children
    must not go on from each other's. ``fits`` tells whether this machine has an instance type.
    """
    source = definition.request
    request: dict[str, Any] = {name: source[name] for name in _TAKEN_OVER if name in source}
    request |= {
        "TrainingJobName": name,
        "HyperParameters": {
            **definition.static,
            **tuned,
            OBJECTIVE_PARAMETER: definition.objective.metric,
        },
    }
    if "CheckpointConfig" in source:
        place = f"{str(source['CheckpointConfig']['S3Uri']).rstrip('/')}/{name}"
        request["CheckpointConfig"] = {**source["CheckpointConfig"], "S3Uri": place}
    if "HyperParameterTuningResourceConfig" in source:
        request["ResourceConfig"] = _first_fitting(source["HyperParameterTuningResourceConfig"], fits)
    return request


def _first_fitting(config: Mapping[str, Any], fits: Callable[[str], bool]) -> dict[str, Any]:
    """Instance types are tried in their order; the last one is taken when none fits."""
    shared = {name: value for name, value in config.items() if name == "VolumeKmsKeyId"}
    options: Sequence[Mapping[str, Any]] = config.get("InstanceConfigs") or [
        {name: config[name] for name in ("InstanceType", "InstanceCount", "VolumeSizeInGB") if name in config}
    ]
    chosen = next((one for one in options if fits(str(one.get("InstanceType")))), options[-1])
    return {**shared, **chosen}


def new_record(job: TrainingJob, number: int, definition: Definition, tuned: dict[str, str]) -> ChildRecord:
    return ChildRecord(
        arn=job.arn,
        name=job.name,
        number=number,
        definition=definition.index,
        tuned=tuned,
        created_at=job.created_at,
    )
