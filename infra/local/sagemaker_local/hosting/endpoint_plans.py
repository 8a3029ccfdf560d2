"""From the requests of the API to the plan of an endpoint."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sagemaker_local.hosting.definition_store import find
from sagemaker_local.hosting.endpoints import Endpoint, Plan
from sagemaker_local.hosting.variants import VariantPlan, VariantSize, variant_plan
from sagemaker_local.protocol.arns import ENDPOINT_CONFIG, MODEL, Scope
from sagemaker_local.protocol.errors import ValidationException

_SHOWN_AGAIN = ("MetricsConfig", "CrossRegionTrafficConfig")


def plan_of_config(
    connection: sqlite3.Connection, scope: Scope, config_name: str, *, generation: int, at: float
) -> Plan:
    config = find(connection, ENDPOINT_CONFIG, scope.arn(ENDPOINT_CONFIG, config_name))
    request = config.request
    isolated = bool(request.get("EnableNetworkIsolation", False))

    def model_of(variant: Mapping[str, Any]) -> Mapping[str, Any] | None:
        if "ModelName" not in variant:
            return None
        return find(connection, MODEL, scope.arn(MODEL, variant["ModelName"])).request

    return Plan(
        generation=generation,
        config_name=config.name,
        variants=tuple(
            variant_plan(variant, model_of(variant), at, isolated=isolated)
            for variant in request["ProductionVariants"]
        ),
        capture=request.get("DataCaptureConfig"),
        async_config=request.get("AsyncInferenceConfig"),
        role_arn=request.get("ExecutionRoleArn"),
        isolated=isolated,
        extras={name: request[name] for name in _SHOWN_AGAIN if name in request},
    )


def retained(plan: Plan, active: Plan, excluded: Sequence[Mapping[str, Any]]) -> Plan:
    """Keep today's weights, counts and data capture, for variants that both plans have."""
    without = {one["VariantPropertyType"] for one in excluded}
    sizes = {
        one.name: VariantSize(
            weight=None if "DesiredWeight" in without else one.weight,
            count=None if "DesiredInstanceCount" in without or one.serverless else one.count,
        )
        for one in active.variants
    }
    kept = plan.resized(sizes)
    return kept if "DataCaptureConfig" in without else kept.model_copy(update={"capture": active.capture})


def resized(endpoint: Endpoint, wanted: Sequence[Mapping[str, Any]]) -> Plan:
    """Return the active plan with the weights and counts of UpdateEndpointWeightsAndCapacities.

    Raises:
        ValidationException: a variant is unknown or named twice, or cannot have that size.
    """
    names = [one["VariantName"] for one in wanted]
    for name in names:
        if names.count(name) > 1:
            raise ValidationException(f'The variant name "{name}" was non-unique within the request.')
    active = endpoint.active
    if active is None:
        raise ValidationException(f'Endpoint "{endpoint.arn}" has no variants to change.')
    unknown = [name for name in names if active.variant(name) is None]
    if unknown:
        raise ValidationException(
            f'The variant name(s) "{", ".join(unknown)}" is/are not present within endpoint configuration '
            f'"{active.config_name}".'
        )
    for one in wanted:
        problem = next(_size_problems(active.variant_of(one["VariantName"]), one), None)
        if problem is not None:
            raise ValidationException(f"Variant {one['VariantName']}: {problem}")
    return active.resized({one["VariantName"]: _size(one) for one in wanted})


def _size(wanted: Mapping[str, Any]) -> VariantSize:
    serverless = wanted.get("ServerlessUpdateConfig", {})
    return VariantSize(
        weight=wanted.get("DesiredWeight"),
        count=wanted.get("DesiredInstanceCount"),
        max_concurrency=serverless.get("MaxConcurrency"),
        provisioned=serverless.get("ProvisionedConcurrency"),
    )


def _size_problems(variant: VariantPlan, wanted: Mapping[str, Any]) -> Iterator[str]:
    count, update = wanted.get("DesiredInstanceCount"), wanted.get("ServerlessUpdateConfig")
    if variant.serverless is not None:
        if count is not None:
            yield "a serverless variant has no instance count; give ServerlessUpdateConfig."
        changed = variant.resized(_size(wanted)).serverless
        if changed is not None and (changed.provisioned or 0) > changed.max_concurrency:
            yield "ProvisionedConcurrency must be less than or equal to MaxConcurrency."
        return
    if update:
        yield "ServerlessUpdateConfig is only for serverless variants."
    if count is None:
        return
    low, high = 1, None
    if variant.scaling is not None:
        low, high = variant.scaling.minimum, variant.scaling.maximum
    if count < low or (high is not None and count > high):
        limits = f"at least {low}" if high is None else f"between {low} and {high}"
        yield f"DesiredInstanceCount must be {limits}."
