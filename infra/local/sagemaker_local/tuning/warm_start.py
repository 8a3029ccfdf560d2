"""Warm start: what a new tuning job takes over from its parents, and which parents it may have."""

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sagemaker_local.protocol.arns import TUNING_JOB, Scope
from sagemaker_local.protocol.errors import ValidationException
from sagemaker_local.state import resources
from sagemaker_local.tuning import children
from sagemaker_local.tuning.children import OBJECTIVE_PARAMETER, Child
from sagemaker_local.tuning.jobs import Definition, PastTrial, TuningJob, definitions_of, from_record
from sagemaker_local.tuning.views import best_child, child_summary


@dataclass(frozen=True)
class Inheritance:
    """Kept with the new job, which does not depend on its parents from then on."""

    trials: tuple[PastTrial, ...] = ()
    best: dict[str, Any] | None = None


def inherited(
    connection: sqlite3.Connection, scope: Scope, request: Mapping[str, Any], definition: Definition
) -> Inheritance:
    """Return what the parents found; not what their own parents did.

    Raises:
        ValidationException: a parent is unknown, not finished, or differs in what must be the same.
    """
    config = request.get("WarmStartConfig")
    if config is None:
        return Inheritance()
    names = [one.get("HyperParameterTuningJobName") for one in config["ParentHyperParameterTuningJobs"]]
    if None in names or len({str(name).lower() for name in names}) != len(names):
        raise ValidationException("ParentHyperParameterTuningJobs must be names, each of them once.")
    trials: list[PastTrial] = []
    summaries: list[dict[str, Any]] = []
    for name in names:
        parent = _finished_parent(connection, scope, str(name))
        theirs = definitions_of(parent.request)[0]
        problem = next(_differences(parent, theirs, definition, config["WarmStartType"]), None)
        if problem is not None:
            raise ValidationException(problem)
        found = children.of(connection, parent.arn)
        trials += _trials(theirs, found)
        best = best_child([theirs], found)
        if best is not None:
            summaries.append(child_summary(parent, [theirs], best))
    metric = "FinalHyperParameterTuningJobObjectiveMetric"
    loss = definition.objective.loss
    return Inheritance(
        tuple(trials), min(summaries, key=lambda one: loss(one[metric]["Value"]), default=None)
    )


def _finished_parent(connection: sqlite3.Connection, scope: Scope, name: str) -> TuningJob:
    record = resources.get(connection, scope.arn(TUNING_JOB, name))
    if record is None:
        raise ValidationException(f"Could not find the parent hyperparameter tuning job {name}.")
    parent = from_record(record)
    if not parent.is_terminal:
        raise ValidationException(
            f"The parent hyperparameter tuning job {name} is in status {parent.status}; it must be "
            "Completed, Stopped or Failed."
        )
    if not parent.has_one_definition:
        raise ValidationException(
            f"The parent hyperparameter tuning job {name} has TrainingJobDefinitions, which warm start does "
            "not support."
        )
    return parent


def _differences(
    parent: TuningJob, theirs: Definition, ours: Definition, warm_start_type: str
) -> Iterator[str]:
    who = f"the parent hyperparameter tuning job {parent.name}"
    if theirs.objective != ours.objective:
        yield (
            f"The objective must be the same as that of {who}: {theirs.objective.type_name} "
            f"{theirs.objective.metric}."
        )
    if _parameter_count(theirs) != _parameter_count(ours):
        yield (
            f"The number of static and tuned hyperparameters together ({_parameter_count(ours)}) must be the "
            f"same as in {who} ({_parameter_count(theirs)})."
        )
    if warm_start_type != "IdenticalDataAndAlgorithm":
        return
    image = "TrainingImage"
    if theirs.request["AlgorithmSpecification"].get(image) != ours.request["AlgorithmSpecification"].get(
        image
    ):
        yield f"With IdenticalDataAndAlgorithm the training image must be the same as that of {who}."
    if _inputs(theirs) != _inputs(ours):
        yield f"With IdenticalDataAndAlgorithm the input data must be the same as that of {who}."


def _parameter_count(definition: Definition) -> int:
    return len(definition.static.keys() - {OBJECTIVE_PARAMETER}) + len(definition.ranges)


def _inputs(definition: Definition) -> dict[str, Any]:
    channels = definition.request.get("InputDataConfig", [])
    return {channel["ChannelName"]: channel["DataSource"] for channel in channels}


def _trials(definition: Definition, found: list[Child]) -> list[PastTrial]:
    return [
        PastTrial(values={**definition.static, **one.record.tuned}, value=one.value)
        for one in found
        if one.value is not None
    ]
