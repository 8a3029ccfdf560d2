"""SageMaker adapter of `HostingRuntime`: model, configuration and endpoint per hosting
(docs/decisions/0004-one-endpoint-per-service-first.md)."""

from collections.abc import Sequence
from typing import Any

from openbml.compute.failures import classify
from openbml.compute.hosted_models_sagemaker import START_UP_TIMEOUT_S, HostedModels
from openbml.compute.hosting_calls_sagemaker import drop, look, make
from openbml.compute.hostings import EndpointStatus, EndpointView, Hosting
from openbml.compute.names import ComputeNames
from openbml_catalog.machines import serving_instance_type

VARIANT = "main"


class SageMakerHostingRuntime:
    def __init__(self, client: Any, *, names: ComputeNames, models: HostedModels) -> None:
        self._client = client
        self._names = names
        self._models = models

    def create(self, hosting: Hosting) -> None:
        configuration = self._make_configuration(hosting)
        make(
            hosting.deployment_id,
            self._client.create_endpoint,
            EndpointName=self._names.endpoint(hosting.deployment_id),
            EndpointConfigName=configuration,
            Tags=self._models.tags(hosting.request),
        )

    def update(self, hosting: Hosting) -> None:
        """Move the endpoint to a new configuration, blue/green; resized only, it keeps its machines."""
        endpoint = self._names.endpoint(hosting.deployment_id)
        if hosting.is_resized_only:
            wanted = {"VariantName": VARIANT, "DesiredInstanceCount": hosting.request.copies}
            make(
                hosting.deployment_id,
                self._client.update_endpoint_weights_and_capacities,
                EndpointName=endpoint,
                DesiredWeightsAndCapacities=[wanted],
            )
            return
        configuration = self._make_configuration(hosting)
        make(
            hosting.deployment_id,
            self._client.update_endpoint,
            EndpointName=endpoint,
            EndpointConfigName=configuration,
        )

    def delete(self, hosting: Hosting) -> None:
        drop(self._client.delete_endpoint, EndpointName=self._names.endpoint(hosting.deployment_id))

    def discard(self, hosting: Hosting, revisions: Sequence[int]) -> None:
        for revision in revisions:
            name = self._names.revision(hosting.deployment_id, revision)
            drop(self._client.delete_endpoint_config, EndpointConfigName=name)
        self._models.drop(hosting.deployment_id, revisions)

    def describe(self, hosting: Hosting) -> EndpointView | None:
        name = self._names.endpoint(hosting.deployment_id)
        reply = look(self._client.describe_endpoint, EndpointName=name)
        if reply is None:
            return None
        made_from = self._names.revision_of(reply.get("EndpointConfigName", ""))
        variants = reply.get("ProductionVariants") or [{}]
        copies = variants[0].get("DesiredInstanceCount", hosting.request.copies)
        reason = reply.get("FailureReason")
        return EndpointView(
            status=endpoint_status(reply["EndpointStatus"]),
            revision=hosting.met(made_from, copies),
            failure=classify(reason) if reason else None,
        )

    def tidy(self) -> None:
        """An endpoint's machines are its own and end with it."""

    def _make_configuration(self, hosting: Hosting) -> str:
        request = hosting.request
        name = self._models.make(hosting)
        make(
            request.deployment_id,
            self._client.create_endpoint_config,
            EndpointConfigName=name,
            ProductionVariants=[
                {
                    "VariantName": VARIANT,
                    "ModelName": name,
                    "InitialInstanceCount": request.copies,
                    "InstanceType": serving_instance_type(request.compute_units),
                    "InitialVariantWeight": 1.0,
                    "ContainerStartupHealthCheckTimeoutInSeconds": START_UP_TIMEOUT_S,
                    "RoutingConfig": {"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"},
                }
            ],
            Tags=self._models.tags(request),
        )
        return name


def endpoint_status(spelling: str) -> EndpointStatus:
    """Return the status of either spelling: `InService` of the API, `IN_SERVICE` of events."""
    return EndpointStatus(spelling.replace("_", "").lower())
