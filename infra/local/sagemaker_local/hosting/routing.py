"""Which worker gets a request."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from sagemaker_local.hosting.worker import Worker


class RoutingError(Exception):
    """The request can go nowhere, and that is the caller's or the configuration's fault."""


class NoWorkerError(Exception):
    """Every worker that could take the request is down."""


@dataclass
class VariantRoute:
    name: str
    weight: float
    is_random: bool
    workers: list[Worker] = field(default_factory=list)

    def healthy(self, tried: Sequence[Worker]) -> list[Worker]:
        return [worker for worker in self.workers if worker.healthy and worker not in tried]


@dataclass
class EndpointRoute:
    arn: str
    name: str
    status: str
    variants: list[VariantRoute] = field(default_factory=list)

    @property
    def takes_requests(self) -> bool:
        return self.status in ("InService", "Updating", "RollingBack") and bool(self.variants)

    def variant(self, wanted: str | None) -> VariantRoute:
        """Return the targeted variant, or one at random by weight."""
        if wanted is not None:
            found = next((one for one in self.variants if one.name == wanted), None)
            if found is None:
                raise RoutingError(f'Variant {wanted} not found for endpoint "{self.name}".')
            return found
        if len(self.variants) == 1 and self.variants[0].weight > 0:
            return self.variants[0]
        weights = [one.weight for one in self.variants]
        if sum(weights) <= 0:
            raise RoutingError(f'All variants of endpoint "{self.name}" have weight 0.')
        return random.choices(self.variants, weights)[0]


def choose_worker(variant: VariantRoute, tried: Sequence[Worker] = ()) -> Worker:
    """Return the worker with the fewest open requests, ties at random; or just any."""
    healthy = variant.healthy(tried)
    if not healthy:
        raise NoWorkerError(variant.name)
    if variant.is_random:
        return random.choice(healthy)
    fewest = min(worker.outstanding for worker in healthy)
    return random.choice([worker for worker in healthy if worker.outstanding == fewest])
