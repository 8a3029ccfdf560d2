"""SageMaker's models behind hostings: image, files and environment of one revision."""

from collections.abc import Sequence
from typing import Any

from openbml.compute.hosting_calls_sagemaker import drop, make
from openbml.compute.hostings import Hosting, HostingRequest
from openbml.compute.image_addresses import ImageAddresses
from openbml.compute.names import ComputeNames
from openbml.compute.training_sagemaker import tags_of

START_UP_TIMEOUT_S = 300


class HostedModels:
    def __init__(self, client: Any, *, names: ComputeNames, images: ImageAddresses, role_arn: str) -> None:
        self._client = client
        self._names = names
        self._images = images
        self._role_arn = role_arn

    def make(self, hosting: Hosting) -> str:
        """Make the model of the wanted content and return its name.

        Raises:
            HostingRefusedError, RuntimeBusyError
        """
        request = hosting.request
        name = self._names.revision(request.deployment_id, hosting.made_from)
        make(
            request.deployment_id,
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
            Tags=self.tags(request),
        )
        return name

    def drop(self, deployment_id: str, revisions: Sequence[int]) -> None:
        for revision in revisions:
            drop(self._client.delete_model, ModelName=self._names.revision(deployment_id, revision))

    def tags(self, request: HostingRequest) -> list[dict[str, str]]:
        return tags_of(self._names.stage, request.scope, request.owner)
