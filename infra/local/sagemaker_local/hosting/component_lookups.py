"""What the operations on inference components look up first, and refuse when it is not as it must be."""

import sqlite3

from sagemaker_local.hosting import component_store, endpoint_store
from sagemaker_local.hosting.components import Component
from sagemaker_local.hosting.endpoints import Endpoint, Plan
from sagemaker_local.hosting.variants import VariantPlan
from sagemaker_local.protocol.arns import ENDPOINT, INFERENCE_COMPONENT, Scope
from sagemaker_local.protocol.errors import ValidationException
from sagemaker_local.state import resources

_UPDATABLE = ("InService", "Failed")


def find_component(connection: sqlite3.Connection, arn: str) -> Component:
    component = component_store.load(connection, arn)
    if component is None:
        raise ValidationException(f'Could not find inference component "{arn}".')
    return component


def refuse_existing(connection: sqlite3.Connection, arn: str) -> None:
    if resources.get(connection, arn) is not None:
        raise ValidationException(f'Cannot create already existing inference component "{arn}".')


def refuse_with_adapters(connection: sqlite3.Connection, base: Component) -> None:
    hosted = component_store.of_endpoint(connection, base.endpoint_arn)
    adapters = [one.name for one in hosted if (one.base or "").lower() == base.name.lower()]
    if adapters:
        raise ValidationException(
            f'Cannot delete inference component "{base.arn}" because it has adapters: {", ".join(adapters)}. '
            "Delete them first."
        )


def base_component(connection: sqlite3.Connection, scope: Scope, endpoint: Endpoint, name: str) -> Component:
    base = find_component(connection, scope.arn(INFERENCE_COMPONENT, name))
    if base.endpoint_arn != endpoint.arn:
        raise ValidationException(f"Inference component {name} is not on endpoint {endpoint.name}.")
    if base.base is not None:
        raise ValidationException(f"Inference component {name} is an adapter and cannot be a base.")
    if base.status in ("Failed", "Deleting"):
        raise ValidationException(f"Inference component {name} is {base.status} and cannot be a base.")
    return base


def updatable_component(connection: sqlite3.Connection, arn: str) -> Component:
    component = find_component(connection, arn)
    if component.base is not None:
        raise ValidationException("An adapter cannot be updated; delete it and create it again.")
    if component.status not in _UPDATABLE:
        raise ValidationException(
            f'Cannot update in-progress inference component "{arn}" (status {component.status}).'
        )
    return component


def host_of(connection: sqlite3.Connection, scope: Scope, name: str) -> tuple[Endpoint, Plan]:
    arn = scope.arn(ENDPOINT, name)
    endpoint = endpoint_store.load(connection, arn)
    if endpoint is None:
        raise ValidationException(f'Could not find endpoint "{arn}".')
    if endpoint.active is None or endpoint.status == "Deleting":
        raise ValidationException(
            f'Endpoint "{arn}" is {endpoint.status}; inference components need an endpoint that is InService.'
        )
    if not endpoint.active.hosts_components:
        raise ValidationException(
            f'Endpoint "{arn}" hosts models; inference components need an endpoint whose production variants '
            "have no ModelName."
        )
    return endpoint, endpoint.active


def variant_of(shape: Plan, name: str | None) -> VariantPlan:
    if name is None:
        if len(shape.variants) > 1:
            raise ValidationException("VariantName is required: the endpoint has several variants.")
        return shape.variants[0]
    variant = shape.variant(name)
    if variant is None:
        raise ValidationException(
            f'The variant name(s) "{name}" is/are not present within endpoint configuration '
            f'"{shape.config_name}".'
        )
    return variant
