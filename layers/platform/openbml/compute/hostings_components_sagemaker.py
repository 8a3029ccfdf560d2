"""SageMaker adapter of `HostingRuntime`: a revision is an inference component on machines that the project's
hostings share (docs/decisions/0017-services-share-machines.md).

A new revision comes up as a component of its own beside the old one, which goes on answering until callers
have moved and then some (`hostings.STALE_AFTER`).
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict

from openbml.compute.failures import Failure, classify
from openbml.compute.hosted_models_sagemaker import START_UP_TIMEOUT_S, HostedModels
from openbml.compute.hosting_calls_sagemaker import drop, look, make
from openbml.compute.hosting_pools_sagemaker import VARIANT, HostingPools
from openbml.compute.hostings import EndpointStatus, EndpointView, Hosting, HostingRefusedError
from openbml.compute.jobs import RuntimeBusyError
from openbml.compute.names import ComputeNames
from openbml.core.clock import Clock

# One compute unit is 4 GB (spec 08 section 2.1); an eighth is left to the machine's own software, or the last
# component that fits by its units would not fit by its memory.
MEMORY_OF_A_UNIT_MB = 4096 * 7 // 8
_FAILED_AFTER = timedelta(minutes=2)


class Component(BaseModel):
    """What SageMaker says of a revision's component now."""

    model_config = ConfigDict(frozen=True)

    revision: int
    status: str
    copies: int
    failure: Failure | None

    @property
    def answers(self) -> bool:
        return self.status in ("InService", "Updating")


class ComponentHostingRuntime:
    def __init__(
        self, client: Any, *, names: ComputeNames, models: HostedModels, pools: HostingPools, now: Clock
    ) -> None:
        self._client = client
        self._names = names
        self._models = models
        self._pools = pools
        self._now = now

    def create(self, hosting: Hosting) -> None:
        request = hosting.request
        pool = self._pools.require(request)
        model = self._models.make(hosting)
        try:
            make(
                request.deployment_id,
                self._client.create_inference_component,
                InferenceComponentName=self._names.revision(request.deployment_id, hosting.made_from),
                EndpointName=pool,
                VariantName=VARIANT,
                Specification={
                    "ModelName": model,
                    "StartupParameters": {"ContainerStartupHealthCheckTimeoutInSeconds": START_UP_TIMEOUT_S},
                    "ComputeResourceRequirements": {
                        "NumberOfCpuCoresRequired": request.compute_units,
                        "MinMemoryRequiredInMb": MEMORY_OF_A_UNIT_MB * request.compute_units,
                    },
                    "SchedulingConfig": {"PlacementStrategy": "SPREAD"},
                },
                RuntimeConfig={"CopyCount": request.copies},
                Tags=self._models.tags(request),
            )
        except HostingRefusedError as error:
            if self._pools.is_in_service(pool):
                raise
            raise RuntimeBusyError(reason="the shared machines went while a component came") from error

    def update(self, hosting: Hosting) -> None:
        if not hosting.is_resized_only:
            self.create(hosting)
            return
        make(
            hosting.deployment_id,
            self._client.update_inference_component_runtime_config,
            InferenceComponentName=self._names.revision(hosting.deployment_id, hosting.made_from),
            DesiredRuntimeConfig={"CopyCount": hosting.request.copies},
        )

    def delete(self, hosting: Hosting) -> None:
        self._drop(hosting, [component.revision for component in self._components(hosting)])

    def discard(self, hosting: Hosting, revisions: Sequence[int]) -> None:
        self._drop(hosting, revisions)
        self._models.drop(hosting.deployment_id, revisions)
        pool = self._pools.name(hosting.request)
        if hosting.removal_requested and self._pools.is_empty(pool):
            self._pools.drop(pool)

    def describe(self, hosting: Hosting) -> EndpointView | None:
        """Return the newest component that comes or answers; one that failed only tells why it did."""
        found = self._components(hosting)
        if not found:
            return None
        living = [component for component in found if component.status != "Deleting"]
        if not living:
            return EndpointView(status=EndpointStatus.DELETING, revision=0)
        newest = living[0]
        serving = next((component for component in living if component.answers), None)
        if serving is None:
            status = EndpointStatus.FAILED if newest.status == "Failed" else EndpointStatus.CREATING
            return EndpointView(status=status, revision=newest.revision, failure=newest.failure)
        is_changing = newest.status in ("Creating", "Updating")
        return EndpointView(
            status=EndpointStatus.UPDATING if is_changing else EndpointStatus.IN_SERVICE,
            revision=hosting.met(serving.revision, serving.copies),
            failure=newest.failure,
        )

    def tidy(self) -> None:
        """Delete components that never came up, whose cause has been told by now, and pools without any."""
        own = self._names.endpoint("")
        for found in self._pools.components(NameContains=own, StatusEquals="Failed"):
            name = found["InferenceComponentName"]
            if name.startswith(own) and self._now() - found["LastModifiedTime"] >= _FAILED_AFTER:
                drop(self._client.delete_inference_component, InferenceComponentName=name)
        self._pools.drop_unused()

    def _components(self, hosting: Hosting) -> list[Component]:
        """Return what there is of the hosting's revisions, the newest first."""
        revisions = sorted({*hosting.made_revisions, hosting.made_from}, reverse=True)
        found = [self._component(hosting.deployment_id, revision) for revision in revisions]
        return [component for component in found if component is not None]

    def _component(self, deployment_id: str, revision: int) -> Component | None:
        name = self._names.revision(deployment_id, revision)
        reply = look(self._client.describe_inference_component, InferenceComponentName=name)
        if reply is None:
            return None
        reason = reply.get("FailureReason")
        return Component(
            revision=revision,
            status=reply["InferenceComponentStatus"],
            copies=reply.get("RuntimeConfig", {}).get("DesiredCopyCount", 0),
            failure=classify(reason) if reason else None,
        )

    def _drop(self, hosting: Hosting, revisions: Sequence[int]) -> None:
        for revision in revisions:
            name = self._names.revision(hosting.deployment_id, revision)
            drop(self._client.delete_inference_component, InferenceComponentName=name)
