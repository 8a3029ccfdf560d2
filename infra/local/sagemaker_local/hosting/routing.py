"""Which workers get a request: the seam between the data plane and what runs the workers."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sagemaker_local.hosting.adapters import ADAPTER_HEADER, Adapters
from sagemaker_local.hosting.endpoints import Plan
from sagemaker_local.hosting.pool import WorkerPool
from sagemaker_local.hosting.targets import (
    ConcurrencyLimitError,
    NotReadyError,
    NoWorkerError,
    RoutingError,
    Target,
)

__all__ = [
    "ConcurrencyLimitError",
    "EndpointRoute",
    "NoWorkerError",
    "NotReadyError",
    "RoutingError",
    "Target",
    "WorkerPool",
]

_NO_CAPACITY = (
    'Inference Component "{name}" has no capacity to process this request. Increase its capacity with '
    "UpdateInferenceComponentRuntimeConfig, or let the variant's managed scaling start copies on demand."
)


@dataclass
class EndpointRoute:
    """Where the requests of an endpoint go now.

    While an update shifts traffic, ``share`` of the requests goes to ``incoming`` and the
    rest to ``pools``.
    """

    arn: str
    name: str
    status: str
    components: Mapping[str, WorkerPool]  # by lower-case name; filled by what runs the components
    adapters: Adapters
    plan: Plan | None = None
    pools: Sequence[WorkerPool] = ()
    incoming: Sequence[WorkerPool] = ()
    share: float = field(default=0.0)

    @property
    def takes_requests(self) -> bool:
        is_open = self.status in ("InService", "Updating", "RollingBack", "SystemUpdating")
        return is_open and (bool(self.pools) or (self.plan is not None and self.plan.hosts_components))

    @property
    def capture(self) -> dict[str, Any] | None:
        """DataCaptureConfig as sent."""
        return self.plan.capture if self.plan else None

    @property
    def async_config(self) -> dict[str, Any] | None:
        """AsyncInferenceConfig as sent."""
        return self.plan.async_config if self.plan else None

    def pool(self, target: Target) -> WorkerPool:
        """Return the targeted component or variant, or a variant at random by weight."""
        if self.plan is not None and self.plan.hosts_components:
            return self._component(target)
        if target.component is not None:
            raise RoutingError(
                f'Endpoint "{self.name}" hosts models, not inference components; leave the header out.'
            )
        is_shifted = bool(self.incoming) and random.random() < self.share
        fleet, other = (self.incoming, self.pools) if is_shifted else (self.pools, self.incoming)
        if target.variant is not None:
            return self._variant(target.variant, [*fleet, *other])
        if len(fleet) == 1 and fleet[0].weight > 0:
            return fleet[0]
        weights = [one.weight for one in fleet]
        if sum(weights) <= 0:
            raise RoutingError(f'All variants of endpoint "{self.name}" have weight 0.')
        return random.choices(fleet, weights)[0]

    def headers(self, target: Target) -> dict[str, str]:
        """Return what the container must be sent beside the caller's own headers."""
        name = target.component
        return {ADAPTER_HEADER: name} if name and self.adapters.base_of(name) is not None else {}

    def _variant(self, name: str, pools: Sequence[WorkerPool]) -> WorkerPool:
        found = next((one for one in pools if one.name == name), None)
        if found is None:
            raise RoutingError(f'Variant {name} not found for endpoint "{self.name}".')
        return found

    def _component(self, target: Target) -> WorkerPool:
        if target.component is None:
            raise RoutingError(
                "Inference Component Name header is required for endpoints that host inference components."
            )
        base = self.adapters.base_of(target.component)
        found = self.components.get(base or target.component.lower())
        if found is None:
            raise RoutingError(
                f'Inference Component "{target.component}" not found for endpoint "{self.name}".'
            )
        if target.variant is not None and target.variant != found.name:
            raise RoutingError(
                f'Inference Component "{target.component}" is not on variant {target.variant}.'
            )
        if not found.has_capacity:
            raise RoutingError(_NO_CAPACITY.format(name=target.component))
        return found
