"""What an invocation singles out, and why it may get no worker."""

from collections.abc import Mapping
from dataclasses import dataclass


class RoutingError(Exception):
    """The request can go nowhere, and that is the caller's or the configuration's fault."""


class NoWorkerError(Exception):
    """Every worker that could take the request is down."""


class NotReadyError(Exception):
    """A worker was started for the request and did not become healthy in time."""


class ConcurrencyLimitError(Exception):
    """The variant takes no more requests at the same time."""


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
