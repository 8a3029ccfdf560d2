"""How an update moves traffic from the old workers to the new ones (DeploymentConfig)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Step:
    """Send this share of the requests to the new workers, then watch them for a while."""

    share: float
    wait_s: float


def traffic_steps(config: Mapping[str, Any] | None, instance_count: int) -> list[Step]:
    """Return the steps of a deployment; the last one has share 1.

    Args:
        config: a DeploymentConfig, or None for all at once.
        instance_count: instances of the new plan, for sizes given in instances.
    """
    if not config:
        return [Step(1.0, 0.0)]
    if rolling := config.get("RollingUpdatePolicy"):
        size = _share(rolling["MaximumBatchSize"], instance_count)
        return _linear(size, float(rolling["WaitIntervalInSeconds"]))
    policy = config.get("BlueGreenUpdatePolicy")
    if not policy:
        return [Step(1.0, 0.0)]
    routing = policy["TrafficRoutingConfiguration"]
    wait_s = float(routing["WaitIntervalInSeconds"])
    if routing["Type"] == "CANARY":
        canary = _share(routing["CanarySize"], instance_count)
        return [Step(canary, wait_s), Step(1.0, wait_s)] if canary < 1 else [Step(1.0, wait_s)]
    if routing["Type"] == "LINEAR":
        return _linear(_share(routing["LinearStepSize"], instance_count), wait_s)
    return [Step(1.0, wait_s)]


def termination_wait_s(config: Mapping[str, Any] | None) -> float:
    """How long the old workers stay after they got their last request."""
    return float((config or {}).get("BlueGreenUpdatePolicy", {}).get("TerminationWaitInSeconds", 0))


def execution_limit_s(config: Mapping[str, Any] | None) -> float | None:
    policy = (config or {}).get("RollingUpdatePolicy") or (config or {}).get("BlueGreenUpdatePolicy") or {}
    limit = policy.get("MaximumExecutionTimeoutInSeconds")
    return float(limit) if limit is not None else None


def deployment_problems(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the service model alone does not say about a DeploymentConfig."""
    blue_green, rolling = config.get("BlueGreenUpdatePolicy"), config.get("RollingUpdatePolicy")
    if blue_green and rolling:
        yield "A DeploymentConfig takes BlueGreenUpdatePolicy or RollingUpdatePolicy, not both."
    if rolling:
        yield from _size_problems("MaximumBatchSize", rolling["MaximumBatchSize"], low=5, high=50)
    if not blue_green:
        return
    routing = blue_green["TrafficRoutingConfiguration"]
    wanted = {"CANARY": ("CanarySize", 1), "LINEAR": ("LinearStepSize", 10)}.get(routing["Type"])
    for member in ("CanarySize", "LinearStepSize"):
        if member in routing and (wanted is None or member != wanted[0]):
            yield f"{member} must not be given with traffic routing type {routing['Type']}."
    if wanted is None:
        return
    member, low = wanted
    if member not in routing:
        yield f"{member} is required with traffic routing type {routing['Type']}."
    else:
        yield from _size_problems(member, routing[member], low=low, high=50)


def _size_problems(name: str, size: Mapping[str, Any], *, low: int, high: int) -> Iterator[str]:
    if size["Type"] == "CAPACITY_PERCENT" and not low <= size["Value"] <= high:
        yield f"{name} must be between {low} and {high} percent of the capacity."


def _share(size: Mapping[str, Any], instance_count: int) -> float:
    whole = 100 if size["Type"] == "CAPACITY_PERCENT" else max(instance_count, 1)
    return min(1.0, float(size["Value"]) / whole)


def _linear(size: float, wait_s: float) -> list[Step]:
    steps = []
    share = size
    while share < 1.0 - 1e-9:
        steps.append(Step(share, wait_s))
        share += size
    return [*steps, Step(1.0, wait_s)]
