"""What the service model alone does not say about CreateTrainingJob (contract section 3.1)."""

from collections.abc import Iterator, Mapping
from typing import Any

import regex  # type: ignore[import-untyped, unused-ignore]

from sagemaker_local.inputs.channel_requests import channel_problems
from sagemaker_local.inputs.input_channels import InputChannels
from sagemaker_local.jobs.instances import instance_problems
from sagemaker_local.protocol.errors import ValidationException


def check_request(request: Mapping[str, Any], inputs: InputChannels) -> None:
    problem = next(_problems(request, inputs), None)
    if problem is not None:
        raise ValidationException(problem)


def _problems(request: Mapping[str, Any], inputs: InputChannels) -> Iterator[str]:
    for name in ("AlgorithmSpecification", "ResourceConfig"):
        if name not in request:
            lowered = name[0].lower() + name[1:]
            yield (
                f"1 validation error detected: Value null at '{lowered}' failed to satisfy constraint: "
                "Member must not be null"
            )
    yield from _algorithm(request["AlgorithmSpecification"])
    yield from _resources(request)
    mode = request["AlgorithmSpecification"].get("TrainingInputMode", "File")
    yield from channel_problems(request.get("InputDataConfig", []), mode, inputs)
    yield from _stopping(request)
    if not str(request["OutputDataConfig"].get("S3OutputPath", "")).startswith("s3://"):
        yield "OutputDataConfig.S3OutputPath must be an S3 address."


def _algorithm(algorithm: Mapping[str, Any]) -> Iterator[str]:
    if algorithm.get("AlgorithmName"):
        yield "AlgorithmName is not supported by sagemaker-local; give TrainingImage."
    if not algorithm.get("TrainingImage"):
        yield "You must specify either an algorithm name or a training image."
    definitions = algorithm.get("MetricDefinitions", [])
    if len({one["Name"] for one in definitions}) != len(definitions):
        yield "Metric names in MetricDefinitions must be unique."
    for one in definitions:
        try:
            groups = regex.compile(one["Regex"], regex.V0).groups
        except regex.error as error:
            yield f"The regular expression of metric {one['Name']} is not valid: {error}"
            return
        if groups < 1:
            yield f"The regular expression of metric {one['Name']} has no group for the value."


def _resources(request: Mapping[str, Any]) -> Iterator[str]:
    config = request["ResourceConfig"]
    groups = config.get("InstanceGroups")
    if groups and any(name in config for name in ("InstanceType", "InstanceCount", "InstancePreferences")):
        yield "ResourceConfig needs either InstanceType and InstanceCount or InstanceGroups."
    if not groups:
        yield from instance_problems("ResourceConfig", config)
    elif len({group["InstanceGroupName"] for group in groups}) != len(groups):
        yield "InstanceGroup names must be unique."
    if any(one.get("InstanceCount", 1) < 1 for one in (config, *(groups or []))):
        yield "InstanceCount must be at least 1."
    if config.get("KeepAlivePeriodInSeconds") and (groups or request.get("EnableManagedSpotTraining")):
        yield "KeepAlivePeriodInSeconds cannot be used with InstanceGroups or EnableManagedSpotTraining."


def _stopping(request: Mapping[str, Any]) -> Iterator[str]:
    if not request.get("EnableManagedSpotTraining"):
        return
    condition = request["StoppingCondition"]
    wait = condition.get("MaxWaitTimeInSeconds")
    if wait is None:
        yield "MaxWaitTimeInSeconds is required with EnableManagedSpotTraining."
    elif wait < condition["MaxRuntimeInSeconds"]:
        yield "MaxWaitTimeInSeconds must be greater than or equal to MaxRuntimeInSeconds."
