"""Which worker gets a request: the seam between the data plane and what runs the workers."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sagemaker_local.hosting.endpoints import Plan
from sagemaker_local.hosting.targets import (
    ConcurrencyLimitError,
    NotReadyError,
    NoWorkerError,
    RoutingError,
    Target,
)
from sagemaker_local.hosting.worker import Worker

__all__ = [
    "ConcurrencyLimitError",
    "EndpointRoute",
    "NoWorkerError",
    "NotReadyError",
    "RoutingError",
    "Target",
    "WorkerPool",
]


@dataclass
class WorkerPool:
    """The workers that share the requests of one variant."""

    name: str
    weight: float
    is_random: bool
    workers: list[Worker] = field(default_factory=list)
    log_group: str = ""
    body_limit: int | None = None
    setup_s: float = 0.0  # how long the last start from zero took

    @property
    def instance_count(self) -> int:
        return len(self.workers)

    async def admit(self, tried: Sequence[Worker] = ()) -> Worker:
        """Return the worker with the fewest open requests, ties at random; or just any. ``release`` it after.

        Raises:
            NoWorkerError: nothing healthy is left beside ``tried``.
        """
        healthy = [worker for worker in self.workers if worker.healthy and worker not in tried]
        if not healthy:
            raise NoWorkerError(self.name)
        fewest = min(worker.outstanding for worker in healthy)
        best = [worker for worker in healthy if self.is_random or worker.outstanding == fewest]
        chosen = random.choice(best)
        chosen.outstanding += 1
        return chosen

    def release(self, worker: Worker) -> None:
        worker.outstanding -= 1


@dataclass
class EndpointRoute:
    arn: str
    name: str
    status: str
    variants: list[WorkerPool] = field(default_factory=list)
    plan: Plan | None = None

    @property
    def capture(self) -> dict[str, Any] | None:
        """DataCaptureConfig as sent."""
        return self.plan.capture if self.plan else None

    @property
    def async_config(self) -> dict[str, Any] | None:
        """AsyncInferenceConfig as sent."""
        return self.plan.async_config if self.plan else None

    @property
    def takes_requests(self) -> bool:
        return self.status in ("InService", "Updating", "RollingBack") and bool(self.variants)

    def pool(self, target: Target) -> WorkerPool:
        """Return the targeted variant, or one at random by weight."""
        if target.variant is not None:
            found = next((one for one in self.variants if one.name == target.variant), None)
            if found is None:
                raise RoutingError(f'Variant {target.variant} not found for endpoint "{self.name}".')
            return found
        if len(self.variants) == 1 and self.variants[0].weight > 0:
            return self.variants[0]
        weights = [one.weight for one in self.variants]
        if sum(weights) <= 0:
            raise RoutingError(f'All variants of endpoint "{self.name}" have weight 0.')
        return random.choices(self.variants, weights)[0]
