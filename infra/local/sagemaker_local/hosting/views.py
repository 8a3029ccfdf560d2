"""What callers and event consumers see of an endpoint."""

import re
from collections.abc import Mapping
from typing import Any

from sagemaker_local.hosting.endpoints import Endpoint, Plan, from_record
from sagemaker_local.hosting.variants import VariantPlan
from sagemaker_local.protocol.control import epoch
from sagemaker_local.state.resources import Record

EVENT_TYPE = "SageMaker Endpoint State Change"


def described(endpoint: Endpoint) -> dict[str, Any]:
    reply: dict[str, Any] = {
        "EndpointName": endpoint.name,
        "EndpointArn": endpoint.arn,
        "EndpointStatus": endpoint.status,
        "CreationTime": epoch(endpoint.created_at),
        "LastModifiedTime": epoch(endpoint.modified_at),
    }
    shown, active = endpoint.active or endpoint.target, endpoint.active
    if shown is not None:
        reply |= {"EndpointConfigName": shown.config_name, **_configs(endpoint, shown)}
    if active is not None:
        reply["ProductionVariants"] = [_variant(one, _desired(endpoint, one)) for one in active.variants]
    if endpoint.failure_reason:
        reply["FailureReason"] = endpoint.failure_reason
    if endpoint.deployment_config:
        reply["LastDeploymentConfig"] = endpoint.deployment_config
    if active is not None and endpoint.target is not None and endpoint.status == "Updating":
        reply["PendingDeploymentSummary"] = _pending(endpoint.target)
    return reply


def _configs(endpoint: Endpoint, plan: Plan) -> dict[str, Any]:
    found = dict(plan.extras)
    if plan.async_config:
        found["AsyncInferenceConfig"] = plan.async_config
    if plan.capture:
        is_on = plan.capture.get("EnableCapture", False)
        found["DataCaptureConfig"] = {
            "EnableCapture": is_on,
            "CaptureStatus": "Started" if is_on and endpoint.active is not None else "Stopped",
            "CurrentSamplingPercentage": plan.capture["InitialSamplingPercentage"],
            "DestinationS3Uri": plan.capture["DestinationS3Uri"],
            "KmsKeyId": plan.capture.get("KmsKeyId", ""),
        }
    return found


def _pending(plan: Plan) -> dict[str, Any]:
    variants = []
    for one in plan.variants:
        shown = _variant(one, one)
        if one.instance_type is not None:
            shown["InstanceType"] = one.instance_type
        variants.append(shown)
    return {
        "EndpointConfigName": plan.config_name,
        "ProductionVariants": variants,
        "StartTime": epoch(max(one.planned_at for one in plan.variants)),
    }


def summary(record: Record) -> dict[str, Any]:
    endpoint = from_record(record)
    return {
        "EndpointName": endpoint.name,
        "EndpointArn": endpoint.arn,
        "CreationTime": epoch(endpoint.created_at),
        "LastModifiedTime": epoch(endpoint.modified_at),
        "EndpointStatus": endpoint.status,
    }


def event_detail(endpoint: Endpoint, tags: Mapping[str, str]) -> dict[str, Any]:
    """The status is in upper snake case here, and times are epoch milliseconds."""
    known = described(endpoint)
    detail: dict[str, Any] = {
        name: known[name]
        for name in (
            "EndpointName",
            "EndpointArn",
            "EndpointConfigName",
            "ProductionVariants",
            "FailureReason",
        )
        if name in known
    }
    for variant in detail.get("ProductionVariants", []):
        for image in variant.get("DeployedImages", []):
            image["ResolutionTime"] = round(image["ResolutionTime"] * 1000)
    return {
        **detail,
        "EndpointStatus": re.sub(r"(?<=[a-z])(?=[A-Z])", "_", endpoint.status).upper(),
        "CreationTime": round(endpoint.created_at * 1000),
        "LastModifiedTime": round(endpoint.modified_at * 1000),
        "Tags": dict(tags),
    }


def _desired(endpoint: Endpoint, current: VariantPlan) -> VariantPlan:
    """While only weights and counts change, the wish differs from what there is."""
    target, active = endpoint.target, endpoint.active
    if target is None or active is None or target.generation != active.generation:
        return current
    return target.variant(current.name) or current


def _variant(current: VariantPlan, desired: VariantPlan) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "VariantName": current.name,
        "CurrentWeight": current.weight,
        "DesiredWeight": desired.weight,
    }
    if current.model is not None:
        shown["DeployedImages"] = [
            {
                "SpecifiedImage": one.image,
                "ResolvedImage": one.image,
                "ResolutionTime": epoch(current.planned_at),
            }
            for one in current.model.containers
        ]
    if current.serverless is not None and desired.serverless is not None:
        shown["CurrentServerlessConfig"] = current.serverless.shown()
        shown["DesiredServerlessConfig"] = desired.serverless.shown()
    else:
        shown["CurrentInstanceCount"] = current.count
        shown["DesiredInstanceCount"] = desired.count
    if current.scaling_config is not None:
        shown["ManagedInstanceScaling"] = current.scaling_config
    if current.routing_config is not None:
        shown["RoutingConfig"] = current.routing_config
    return shown
