"""The endpoints whose machines a project's inference components share: one per project and machine type.

A pool comes with its first component and goes with its last; SageMaker adds and takes away machines between
(managed instance scaling). It never has fewer than two, so that the two copies of a service stand apart.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from openbml.compute.errors_sagemaker import busy
from openbml.compute.failures import classify
from openbml.compute.hosting_calls_sagemaker import drop, look, make
from openbml.compute.hostings import HostingRefusedError, HostingRequest
from openbml.compute.jobs import RuntimeBusyError
from openbml.compute.names import ComputeNames
from openbml.core.clock import Clock
from openbml_catalog.machines import serving_instance_type

VARIANT = "main"
_FEWEST_MACHINES = 2
_MOST_MACHINES = 100
# A pool without components may be the one that a deployment waits for.
_UNUSED_AFTER = timedelta(minutes=5)
_FAILED = ("Failed", "OutOfService")


class HostingPools:
    def __init__(self, client: Any, *, names: ComputeNames, role_arn: str, now: Clock) -> None:
        self._client = client
        self._names = names
        self._role_arn = role_arn
        self._now = now

    def name(self, request: HostingRequest) -> str:
        return self._names.pool(request.scope.project_id, serving_instance_type(request.compute_units))

    def require(self, request: HostingRequest) -> str:
        """Return the name of the request's pool, which is in service.

        Raises:
            RuntimeBusyError: its machines are starting; asked for, if nobody did before.
            HostingRefusedError: they cannot be had.
        """
        name = self.name(request)
        found = look(self._client.describe_endpoint, EndpointName=name)
        if found is None:
            self._make(name, request)
        elif found["EndpointStatus"] == "InService":
            return name
        elif found["EndpointStatus"] in _FAILED:
            self.drop(name)
            reason = classify(found.get("FailureReason", "")).message
            raise HostingRefusedError(deployment_id=request.deployment_id, reason=reason)
        raise RuntimeBusyError(reason="the shared machines are not in service yet")

    def is_in_service(self, name: str) -> bool:
        found = look(self._client.describe_endpoint, EndpointName=name)
        return found is not None and found["EndpointStatus"] == "InService"

    def drop(self, name: str) -> None:
        drop(self._client.delete_endpoint, EndpointName=name)
        drop(self._client.delete_endpoint_config, EndpointConfigName=name)

    def drop_unused(self) -> None:
        """Delete pools that failed or have had no component for minutes; SageMaker keeps one that has any."""
        for endpoint in self._pages("list_endpoints", "Endpoints", NameContains=self._names.pools):
            name = endpoint["EndpointName"]
            is_old = self._now() - endpoint["LastModifiedTime"] >= _UNUSED_AFTER
            is_known = self._names.project_id(name) is not None
            if is_known and is_old and endpoint["EndpointStatus"] != "Deleting" and self.is_empty(name):
                self.drop(name)

    def is_empty(self, name: str) -> bool:
        components = self._pages("list_inference_components", "InferenceComponents", EndpointNameEquals=name)
        return next(components, None) is None

    def components(self, **conditions: Any) -> Iterator[dict[str, Any]]:
        return self._pages("list_inference_components", "InferenceComponents", **conditions)

    def _pages(self, operation: str, member: str, **conditions: Any) -> Iterator[dict[str, Any]]:
        try:
            for page in self._client.get_paginator(operation).paginate(**conditions):
                yield from page[member]
        except (ClientError, BotoCoreError) as error:
            raise busy(error) from error

    def _make(self, name: str, request: HostingRequest) -> None:
        tags = [
            {"Key": "openbml:stage", "Value": self._names.stage},
            {"Key": "openbml:project", "Value": str(request.scope.project_id)},
        ]
        make(
            request.deployment_id,
            self._client.create_endpoint_config,
            EndpointConfigName=name,
            ExecutionRoleArn=self._role_arn,
            EnableNetworkIsolation=True,
            ProductionVariants=[
                {
                    "VariantName": VARIANT,
                    "InstanceType": serving_instance_type(request.compute_units),
                    "InitialInstanceCount": _FEWEST_MACHINES,
                    "ManagedInstanceScaling": {
                        "Status": "ENABLED",
                        "MinInstanceCount": _FEWEST_MACHINES,
                        "MaxInstanceCount": _MOST_MACHINES,
                    },
                    "RoutingConfig": {"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"},
                }
            ],
            Tags=tags,
        )
        try:
            make(
                request.deployment_id,
                self._client.create_endpoint,
                EndpointName=name,
                EndpointConfigName=name,
                Tags=tags,
            )
        except HostingRefusedError as error:
            if look(self._client.describe_endpoint_config, EndpointConfigName=name) is not None:
                raise
            raise RuntimeBusyError(reason="the pool was given back while it was asked for") from error
