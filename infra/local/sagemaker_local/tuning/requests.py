"""What the service model alone does not say about CreateHyperParameterTuningJob (contract section 4)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sagemaker_local.protocol.errors import ResourceLimitExceeded, ValidationException
from sagemaker_local.tuning.children import OBJECTIVE_PARAMETER
from sagemaker_local.tuning.grid import grid_size
from sagemaker_local.tuning.hyperband import MAX_RESOURCE
from sagemaker_local.tuning.jobs import MAX_TRAINING_JOBS, Definition, definitions_of, hyperband_schedule
from sagemaker_local.tuning.ranges import RangeError

_MAX_PARAMETERS = 100
_CONFIG = "HyperParameterTuningJobConfig"


def checked_definitions(request: Mapping[str, Any]) -> tuple[Definition, ...]:
    """Return the definitions of a request that can be run.

    Raises:
        ValidationException: it cannot be run as it is.
        ResourceLimitExceeded: it asks for more training jobs than a tuning job may have.
    """
    _raise_first(_shape_problems(request))
    try:
        definitions = definitions_of(request)
    except RangeError as error:
        raise ValidationException(str(error)) from error
    _raise_first(_definition_problems(request, definitions))
    _raise_first(_strategy_problems(request[_CONFIG], definitions))
    _raise_first(_limit_problems(request[_CONFIG], definitions))
    _check_quota(request[_CONFIG], definitions)
    return definitions


def _raise_first(problems: Iterator[str]) -> None:
    problem = next(problems, None)
    if problem is not None:
        raise ValidationException(problem)


def _shape_problems(request: Mapping[str, Any]) -> Iterator[str]:
    """Where ranges and objective are: in the configuration for one definition, else in each of several."""
    config, listed = request[_CONFIG], request.get("TrainingJobDefinitions")
    if ("TrainingJobDefinition" in request) == (listed is not None):
        yield "You must specify either TrainingJobDefinition or TrainingJobDefinitions, and not both."
    if listed is None:
        yield from _place_problems(config, request["TrainingJobDefinition"])
        return
    if "HyperParameterTuningJobObjective" in config or "ParameterRanges" in config:
        yield (
            f"With TrainingJobDefinitions, HyperParameterTuningJobObjective and ParameterRanges must not be "
            f"in {_CONFIG}; give TuningObjective and HyperParameterRanges in each definition."
        )
    if request.get("WarmStartConfig"):
        yield "WarmStartConfig is not supported with TrainingJobDefinitions; use TrainingJobDefinition."
    names = [one.get("DefinitionName") for one in listed]
    if None in names:
        yield "DefinitionName is required in each of TrainingJobDefinitions."
    if len(set(names)) != len(names):
        yield "The DefinitionName values in TrainingJobDefinitions must be unique."
    for one in listed:
        if "TuningObjective" not in one:
            yield f"TuningObjective is required in the training job definition {one['DefinitionName']}."
    if len({one["TuningObjective"]["Type"] for one in listed}) > 1:
        yield "The TuningObjective of all TrainingJobDefinitions must have the same Type."


def _place_problems(config: Mapping[str, Any], definition: Mapping[str, Any]) -> Iterator[str]:
    for outside, inside in (
        ("HyperParameterTuningJobObjective", "TuningObjective"),
        ("ParameterRanges", "HyperParameterRanges"),
    ):
        if outside in config and inside in definition:
            yield f"Specify {outside} in {_CONFIG} or {inside} in TrainingJobDefinition, not both."
    if "HyperParameterTuningJobObjective" not in config and "TuningObjective" not in definition:
        yield f"HyperParameterTuningJobObjective is required in {_CONFIG}."


def _definition_problems(request: Mapping[str, Any], definitions: Sequence[Definition]) -> Iterator[str]:
    is_automatic = "Autotune" in request
    for one in definitions:
        called = f"the training job definition {one.name}" if one.name else "TrainingJobDefinition"
        defined = [
            each["Name"] for each in one.request["AlgorithmSpecification"].get("MetricDefinitions", [])
        ]
        if one.objective.metric not in defined:
            yield (
                f"The objective metric {one.objective.metric} is not defined in MetricDefinitions of "
                f"{called}: {defined}."
            )
        if not one.ranges and not is_automatic:
            yield f"At least one hyperparameter range is required for {called}."
        if any(not each.name for each in one.ranges):
            yield f"A hyperparameter range of {called} has no name."
        static = one.static.keys() - {OBJECTIVE_PARAMETER}
        both = sorted(static & {each.name for each in one.ranges})
        if both:
            yield (
                f"Hyperparameters must be either static or tuned. These of {called} are in "
                f"StaticHyperParameters and in the ranges: {both}."
            )
        if len(static) + len(one.ranges) > _MAX_PARAMETERS:
            yield f"Static and tuned hyperparameters of {called} must not be more than {_MAX_PARAMETERS}."
        yield from _resource_problems(one, called)


def _resource_problems(definition: Definition, called: str) -> Iterator[str]:
    request = definition.request
    flexible = request.get("HyperParameterTuningResourceConfig")
    if ("ResourceConfig" in request) == (flexible is not None):
        yield f"Specify either ResourceConfig or HyperParameterTuningResourceConfig in {called}."
    if flexible is None:
        return
    if "InstanceConfigs" in flexible and ("InstanceType" in flexible or "InstanceCount" in flexible):
        yield f"Specify either InstanceConfigs or InstanceType and InstanceCount in {called}."
    if "InstanceConfigs" not in flexible and not {"InstanceType", "InstanceCount"} <= flexible.keys():
        yield f"HyperParameterTuningResourceConfig of {called} needs InstanceType and InstanceCount."


def _strategy_problems(config: Mapping[str, Any], definitions: Sequence[Definition]) -> Iterator[str]:
    strategy = config["Strategy"]
    if strategy != "Hyperband" and "HyperbandStrategyConfig" in config.get("StrategyConfig", {}):
        yield f"HyperbandStrategyConfig is not supported with the {strategy} strategy."
    if strategy == "Grid":
        yield from _grid_problems(config, definitions)
    if strategy == "Hyperband":
        yield from _hyperband_problems(config, definitions)


def _grid_problems(config: Mapping[str, Any], definitions: Sequence[Definition]) -> Iterator[str]:
    for one in definitions:
        if len(one.grid) != len(one.ranges) or not one.ranges:
            yield "The Grid strategy supports categorical hyperparameter ranges only."
    size = sum(grid_size(one.grid) for one in definitions)
    limit = config["ResourceLimits"].get("MaxNumberOfTrainingJobs")
    if limit is not None and limit != size:
        yield (
            f"With the Grid strategy MaxNumberOfTrainingJobs must be left out or equal the number of "
            f"combinations of the categorical values, which is {size}; it is {limit}."
        )


def _hyperband_problems(config: Mapping[str, Any], definitions: Sequence[Definition]) -> Iterator[str]:
    if config.get("TrainingJobEarlyStoppingType", "Off") != "Off":
        yield "TrainingJobEarlyStoppingType must be Off with the Hyperband strategy."
    for one in definitions:
        schedule = hyperband_schedule(config, one.static)
        if schedule is None:
            yield (
                "MaxResource of HyperbandStrategyConfig is required, unless a static hyperparameter named "
                "epochs, numepochs, n-epochs, n_epochs or num_epochs holds the number of epochs."
            )
        elif schedule.max_resource > MAX_RESOURCE:
            yield f"MaxResource must be less than or equal to {MAX_RESOURCE}."
        elif schedule.min_resource > schedule.max_resource:
            yield (
                f"MinResource ({schedule.min_resource}) must be less than or equal to MaxResource "
                f"({schedule.max_resource})."
            )


def _limit_problems(config: Mapping[str, Any], definitions: Sequence[Definition]) -> Iterator[str]:
    limits, strategy = config["ResourceLimits"], config["Strategy"]
    total = limits.get("MaxNumberOfTrainingJobs")
    has_other_end = "MaxRuntimeInSeconds" in limits or config.get("TuningJobCompletionCriteria")
    if total is None and strategy != "Grid" and not has_other_end:
        yield (
            "MaxNumberOfTrainingJobs or MaxRuntimeInSeconds of ResourceLimits, or "
            "TuningJobCompletionCriteria, is required."
        )
    parallel = limits["MaxParallelTrainingJobs"]
    if total is not None and parallel > total:
        yield (
            f"MaxParallelTrainingJobs ({parallel}) must be less than or equal to MaxNumberOfTrainingJobs "
            f"({total})."
        )


def _check_quota(config: Mapping[str, Any], definitions: Sequence[Definition]) -> None:
    total = config["ResourceLimits"].get("MaxNumberOfTrainingJobs", 0)
    if config["Strategy"] == "Grid":
        total = sum(grid_size(one.grid) for one in definitions)
    if total > MAX_TRAINING_JOBS:
        raise ResourceLimitExceeded(
            f"A hyperparameter tuning job of this engine has at most {MAX_TRAINING_JOBS} training jobs; "
            f"{total} are requested."
        )
