"""What callers and event consumers see of an endpoint."""

import re
from collections.abc import Mapping
from typing import Any

from sagemaker_local.hosting.endpoints import Endpoint, Plan, VariantPlan, from_record
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
    shown = endpoint.active or endpoint.target
    if shown is not None:
        reply["EndpointConfigName"] = shown.config_name
    if endpoint.active is not None:
        reply["ProductionVariants"] = [_variant(endpoint, one) for one in endpoint.active.variants]
        reply |= _described_traffic(endpoint.active)
    if endpoint.failure_reason:
        reply["FailureReason"] = endpoint.failure_reason
    if endpoint.deployment_config:
        reply["LastDeploymentConfig"] = endpoint.deployment_config
    if endpoint.active is not None and endpoint.target is not None and endpoint.status == "Updating":
        reply["PendingDeploymentSummary"] = {"EndpointConfigName": endpoint.target.config_name}
    return reply


def _described_traffic(plan: Plan) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if plan.capture is not None:
        is_on = bool(plan.capture.get("EnableCapture", False))
        found["DataCaptureConfig"] = {
            "EnableCapture": is_on,
            "CaptureStatus": "Started" if is_on else "Stopped",
            "CurrentSamplingPercentage": plan.capture["InitialSamplingPercentage"],
            "DestinationS3Uri": plan.capture["DestinationS3Uri"],
            "KmsKeyId": plan.capture.get("KmsKeyId", ""),
        }
    if plan.async_config is not None:
        found["AsyncInferenceConfig"] = plan.async_config
    return found


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
        for image in variant["DeployedImages"]:
            image["ResolutionTime"] = round(image["ResolutionTime"] * 1000)
    return {
        **detail,
        "EndpointStatus": re.sub(r"(?<=[a-z])(?=[A-Z])", "_", endpoint.status).upper(),
        "CreationTime": round(endpoint.created_at * 1000),
        "LastModifiedTime": round(endpoint.modified_at * 1000),
        "Tags": dict(tags),
    }


def _variant(endpoint: Endpoint, current: VariantPlan) -> dict[str, Any]:
    desired = current
    if endpoint.target is not None and endpoint.active is not None:
        same_generation = endpoint.target.generation == endpoint.active.generation
        desired = (endpoint.target.variant(current.name) if same_generation else None) or current
    return {
        "VariantName": current.name,
        "DeployedImages": [
            {
                "SpecifiedImage": current.image,
                "ResolvedImage": current.image,
                "ResolutionTime": epoch(current.planned_at),
            }
        ],
        "CurrentWeight": current.weight,
        "DesiredWeight": desired.weight,
        "CurrentInstanceCount": current.count,
        "DesiredInstanceCount": desired.count,
    }
