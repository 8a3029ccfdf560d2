"""What the service model alone does not say about CreateEndpointConfig (contract section 6.1)."""

import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

from sagemaker_local.hosting.definition_store import find
from sagemaker_local.protocol.arns import MODEL, Scope
from sagemaker_local.protocol.errors import ValidationException

_UNSUPPORTED = {
    "ShadowProductionVariants": "give a variant with a small weight instead",
    "ExplainerConfig": "explain with a processing job instead",
}
_SERVERLESS_STEP_MIB = 1024
_SERVERLESS_REFUSES = (
    "InstanceType",
    "InitialInstanceCount",
    "ManagedInstanceScaling",
    "AcceleratorType",
    "VolumeSizeInGB",
    "CoreDumpConfig",
    "RoutingConfig",
)


def check_config(connection: sqlite3.Connection, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the request as it is kept, with the defaults of its variants.

    Raises:
        ValidationException: it cannot be used; the message says why.
    """
    problem = next(_problems(request), None)
    if problem is not None:
        raise ValidationException(problem)
    variants = []
    for variant in request["ProductionVariants"]:
        if "ModelName" in variant:
            find(connection, MODEL, scope.arn(MODEL, variant["ModelName"]))
        variants.append({"InitialVariantWeight": 1.0, **variant})
    return {**request, "ProductionVariants": variants}


def _problems(request: Mapping[str, Any]) -> Iterator[str]:
    for member, advice in _UNSUPPORTED.items():
        if request.get(member):
            yield f"{member} is not supported by sagemaker-local; {advice}."
    variants = request["ProductionVariants"]
    names = [variant["VariantName"] for variant in variants]
    if len(set(names)) != len(names):
        yield "Production variant names must be unique within an endpoint configuration."
    with_model = [one for one in variants if one.get("ModelName")]
    if with_model and len(with_model) != len(variants):
        yield (
            "Either every production variant has a ModelName, or none has and the endpoint hosts inference "
            "components."
        )
    if not with_model:
        yield from _component_host_problems(request)
    for variant in variants:
        yield from (f"Variant {variant['VariantName']}: {problem}" for problem in _variant_problems(variant))
    yield from _async_problems(request)
    yield from _capture_problems(request)


def _component_host_problems(request: Mapping[str, Any]) -> Iterator[str]:
    if not request.get("ExecutionRoleArn"):
        yield (
            "ExecutionRoleArn is required when the production variants have no ModelName: the endpoint hosts "
            "inference components."
        )
    if request.get("AsyncInferenceConfig"):
        yield "AsyncInferenceConfig is not available for endpoints that host inference components."
    if any("ServerlessConfig" in one for one in request["ProductionVariants"]):
        yield "A serverless variant needs a ModelName; it cannot host inference components."


def _variant_problems(variant: Mapping[str, Any]) -> Iterator[str]:
    if variant.get("InstancePools"):
        yield "InstancePools are not supported by sagemaker-local; give one InstanceType."
    serverless = variant.get("ServerlessConfig")
    if serverless is not None:
        yield from _serverless_problems(variant, serverless)
        return
    for member in ("InstanceType", "InitialInstanceCount"):
        if member not in variant:
            yield f"{member} is required."
    yield from _scaling_problems(variant)


def _serverless_problems(variant: Mapping[str, Any], serverless: Mapping[str, Any]) -> Iterator[str]:
    for member in _SERVERLESS_REFUSES:
        if member in variant:
            yield f"{member} must not be given with ServerlessConfig."
    if serverless["MemorySizeInMB"] % _SERVERLESS_STEP_MIB:
        yield "ServerlessConfig.MemorySizeInMB must be 1024, 2048, 3072, 4096, 5120 or 6144."
    if serverless.get("ProvisionedConcurrency", 0) > serverless["MaxConcurrency"]:
        yield "ServerlessConfig.ProvisionedConcurrency must be less than or equal to MaxConcurrency."


def _scaling_problems(variant: Mapping[str, Any]) -> Iterator[str]:
    config = variant.get("ManagedInstanceScaling")
    if not config or config.get("Status") != "ENABLED":
        return
    initial = variant.get("InitialInstanceCount", 1)
    low = config.get("MinInstanceCount", initial)
    high = config.get("MaxInstanceCount", max(initial, low))
    if low > high:
        yield "ManagedInstanceScaling.MinInstanceCount must be less than or equal to MaxInstanceCount."
    if not low <= initial <= high:
        yield "InitialInstanceCount must be between MinInstanceCount and MaxInstanceCount."


def _async_problems(request: Mapping[str, Any]) -> Iterator[str]:
    config = request.get("AsyncInferenceConfig")
    if not config:
        return
    if any("ServerlessConfig" in one for one in request["ProductionVariants"]):
        yield "AsyncInferenceConfig is not available for serverless variants."
    output = config["OutputConfig"]
    for member in ("S3OutputPath", "S3FailurePath"):
        if output.get(member) and not output[member].startswith("s3://"):
            yield f"AsyncInferenceConfig.OutputConfig.{member} must be an S3 address (s3://bucket/prefix)."


def _capture_problems(request: Mapping[str, Any]) -> Iterator[str]:
    config = request.get("DataCaptureConfig")
    if not config:
        return
    if not config["DestinationS3Uri"].startswith("s3://"):
        yield "DataCaptureConfig.DestinationS3Uri must be an S3 address (s3://bucket/prefix)."
    modes = [one["CaptureMode"] for one in config["CaptureOptions"]]
    if len(set(modes)) != len(modes):
        yield "DataCaptureConfig.CaptureOptions must not name a mode twice."
