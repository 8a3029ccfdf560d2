"""SageMaker adapter of `HostingRuntime`: model, configuration and endpoint per hosting
(docs/decisions/0004-one-endpoint-per-service-first.md)."""

from collections.abc import Callable, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from openbml.compute.errors_sagemaker import busy, is_absent, is_present, is_refusal, reason_of
from openbml.compute.failures import classify
from openbml.compute.hostings import EndpointStatus, EndpointView, HostingRefusedError, HostingRequest
from openbml.compute.image_addresses import ImageAddresses
from openbml.compute.names import ComputeNames
from openbml.compute.training_sagemaker import tags_of
from openbml_catalog.machines import serving_instance_type

VARIANT = "main"
_START_UP_TIMEOUT_S = 300


class SageMakerHostingRuntime:
    def __init__(self, client: Any, *, names: ComputeNames, images: ImageAddresses, role_arn: str) -> None:
        self._client = client
        self._names = names
        self._images = images
        self._role_arn = role_arn

    def create(self, request: HostingRequest) -> None:
        self._make_revision(request)
        self._make(
            request,
            self._client.create_endpoint,
            EndpointName=self._names.endpoint(request.deployment_id),
            EndpointConfigName=self._names.revision(request.deployment_id, request.revision),
            Tags=self._tags(request),
        )

    def update(self, request: HostingRequest) -> None:
        self._make_revision(request)
        self._make(
            request,
            self._client.update_endpoint,
            EndpointName=self._names.endpoint(request.deployment_id),
            EndpointConfigName=self._names.revision(request.deployment_id, request.revision),
        )

    def delete(self, deployment_id: str) -> None:
        self._drop(self._client.delete_endpoint, EndpointName=self._names.endpoint(deployment_id))

    def discard(self, deployment_id: str, revisions: Sequence[int]) -> None:
        for revision in revisions:
            name = self._names.revision(deployment_id, revision)
            self._drop(self._client.delete_endpoint_config, EndpointConfigName=name)
            self._drop(self._client.delete_model, ModelName=name)

    def describe(self, deployment_id: str) -> EndpointView | None:
        try:
            reply = self._client.describe_endpoint(EndpointName=self._names.endpoint(deployment_id))
        except ClientError as error:
            if is_absent(error):
                return None
            raise busy(error) from error
        except BotoCoreError as error:
            raise busy(error) from error
        reason = reply.get("FailureReason")
        return EndpointView(
            status=endpoint_status(reply["EndpointStatus"]),
            revision=self._names.revision_of(reply.get("EndpointConfigName", "")),
            failure=classify(reason) if reason else None,
        )

    def _make_revision(self, request: HostingRequest) -> None:
        name = self._names.revision(request.deployment_id, request.revision)
        self._make(
            request,
            self._client.create_model,
            ModelName=name,
            ExecutionRoleArn=self._role_arn,
            PrimaryContainer={
                "Image": self._images.address(request.image),
                "Environment": dict(request.environment),
                "ModelDataSource": {
                    "S3DataSource": {
                        "S3Uri": request.model_uri.rstrip("/") + "/",
                        "S3DataType": "S3Prefix",
                        "CompressionType": "None",
                    }
                },
            },
            EnableNetworkIsolation=True,
            Tags=self._tags(request),
        )
        self._make(
            request,
            self._client.create_endpoint_config,
            EndpointConfigName=name,
            ProductionVariants=[
                {
                    "VariantName": VARIANT,
                    "ModelName": name,
                    "InitialInstanceCount": request.copies,
                    "InstanceType": serving_instance_type(request.compute_units),
                    "InitialVariantWeight": 1.0,
                    "ContainerStartupHealthCheckTimeoutInSeconds": _START_UP_TIMEOUT_S,
                    "RoutingConfig": {"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"},
                }
            ],
            Tags=self._tags(request),
        )

    def _make(self, request: HostingRequest, operation: Callable[..., Any], **members: Any) -> None:
        try:
            operation(**members)
        except ClientError as error:
            if is_present(error):
                return
            if is_refusal(error):
                reason = reason_of(error)
                raise HostingRefusedError(deployment_id=request.deployment_id, reason=reason) from error
            raise busy(error) from error
        except BotoCoreError as error:
            raise busy(error) from error

    def _drop(self, operation: Callable[..., Any], **members: Any) -> None:
        try:
            operation(**members)
        except ClientError as error:
            if not is_absent(error):
                raise busy(error) from error
        except BotoCoreError as error:
            raise busy(error) from error

    def _tags(self, request: HostingRequest) -> list[dict[str, str]]:
        return tags_of(self._names.stage, request.scope, request.owner)


def endpoint_status(spelling: str) -> EndpointStatus:
    """Return the status of either spelling: `InService` of the API, `IN_SERVICE` of events."""
    return EndpointStatus(spelling.replace("_", "").lower())
