"""Which worker gets a request: the seam between the data plane and what runs the workers."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sagemaker_local.hosting.worker import Worker


class RoutingError(Exception):
    """The request can go nowhere, and that is the caller's or the configuration's fault."""


class NoWorkerError(Exception):
    """Every worker that could take the request is down."""


@dataclass(frozen=True)
class Target:
    """What the headers of an invocation single out."""

    variant: str | None = None
    component: str | None = None
    container: str | None = None
    model: str | None = None

    @classmethod
    def of_headers(cls, headers: Mapping[str, str]) -> "Target":
        return cls(
            variant=headers.get("X-Amzn-SageMaker-Target-Variant"),
            component=headers.get("X-Amzn-SageMaker-Inference-Component"),
            container=headers.get("X-Amzn-SageMaker-Target-Container-Hostname"),
            model=headers.get("X-Amzn-SageMaker-Target-Model"),
        )


@dataclass
class VariantRoute:
    """The workers that share the requests of one variant."""

    name: str
    weight: float
    is_random: bool
    workers: list[Worker] = field(default_factory=list)

    async def admit(self, tried: Sequence[Worker] = ()) -> Worker:
        """Return the worker with the fewest open requests, ties at random; or just any.

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
    variants: list[VariantRoute] = field(default_factory=list)

    @property
    def takes_requests(self) -> bool:
        return self.status in ("InService", "Updating", "RollingBack") and bool(self.variants)

    def pool(self, target: Target) -> VariantRoute:
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
