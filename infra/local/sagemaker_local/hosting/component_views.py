"""What callers see of an inference component."""

from collections.abc import Mapping
from typing import Any

from sagemaker_local.hosting.components import Component, ComponentPlan, from_record
from sagemaker_local.protocol.control import epoch
from sagemaker_local.state.resources import Record


def described(component: Component, current_copies: int) -> dict[str, Any]:
    reply: dict[str, Any] = {
        "InferenceComponentName": component.name,
        "InferenceComponentArn": component.arn,
        "EndpointName": component.endpoint_name,
        "EndpointArn": component.endpoint_arn,
        "VariantName": component.variant,
        "InferenceComponentStatus": component.status,
        "CreationTime": epoch(component.created_at),
        "LastModifiedTime": epoch(component.modified_at),
    }
    shown, desired = component.active or component.target, component.desired
    if shown is not None and desired is not None:
        reply["Specification"] = _specification(shown)
    if desired is not None and component.base is None:
        reply["RuntimeConfig"] = {"DesiredCopyCount": desired.copies, "CurrentCopyCount": current_copies}
    if component.failure_reason:
        reply["FailureReason"] = component.failure_reason
    if component.deployment_config:
        reply["LastDeploymentConfig"] = component.deployment_config
    return reply


def summary(record: Record) -> dict[str, Any]:
    component = from_record(record)
    return {
        "InferenceComponentName": component.name,
        "InferenceComponentArn": component.arn,
        "EndpointName": component.endpoint_name,
        "EndpointArn": component.endpoint_arn,
        "VariantName": component.variant,
        "InferenceComponentStatus": component.status,
        "CreationTime": epoch(component.created_at),
        "LastModifiedTime": epoch(component.modified_at),
    }


def _specification(plan: ComponentPlan) -> dict[str, Any]:
    sent = plan.specification
    shown = {name: value for name, value in sent.items() if name != "Container"}
    container: Mapping[str, Any] | None = sent.get("Container")
    if container is not None:
        only = plan.model.containers[0]
        kept = ("ArtifactUrl", "Environment", "ContainerMetricsConfig")
        shown["Container"] = {
            "DeployedImage": {
                "SpecifiedImage": only.image,
                "ResolvedImage": only.image,
                "ResolutionTime": epoch(plan.planned_at),
            },
            **{name: container[name] for name in kept if name in container},
        }
    return shown
