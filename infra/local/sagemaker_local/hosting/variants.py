"""Variants: what an endpoint serves, how much of it, and between which bounds it may scale."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from sagemaker_local.hosting.model_plans import DEFAULT_STARTUP_S, ModelPlan, model_plan

_SERVERLESS_STARTUP_S = 180
_SERVERLESS_BODY_BYTES = 4 * 1024 * 1024

Routing = Literal["LEAST_OUTSTANDING_REQUESTS", "RANDOM"]


class Serverless(BaseModel):
    model_config = ConfigDict(frozen=True)

    memory_mib: int
    max_concurrency: int
    provisioned: int | None = None

    def shown(self) -> dict[str, int]:
        """Return the config as the API has it."""
        config = {"MemorySizeInMB": self.memory_mib, "MaxConcurrency": self.max_concurrency}
        return config if self.provisioned is None else config | {"ProvisionedConcurrency": self.provisioned}


class ManagedScaling(BaseModel):
    """The range of instances that the engine itself moves in."""

    model_config = ConfigDict(frozen=True)

    minimum: int
    maximum: int

    def clamp(self, count: int) -> int:
        return max(self.minimum, min(self.maximum, count))


class VariantPlan(BaseModel):
    """A variant with all that starting it needs, so that its config and model may be deleted.

    Without a model it only lends its instances to inference components.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    model: ModelPlan | None
    instance_type: str | None  # None: serverless
    count: int
    weight: float
    routing: Routing = "LEAST_OUTSTANDING_REQUESTS"
    routing_config: dict[str, Any] | None = None
    serverless: Serverless | None = None
    scaling: ManagedScaling | None = None
    scaling_config: dict[str, Any] | None = None
    planned_at: float

    @property
    def body_limit(self) -> int | None:
        """Return the bytes an invocation may have, or None for the engine's own limit."""
        return _SERVERLESS_BODY_BYTES if self.serverless else None

    def resized(self, size: "VariantSize") -> "VariantPlan":
        serverless = self.serverless
        if serverless is not None and (size.max_concurrency or size.provisioned):
            serverless = serverless.model_copy(
                update={
                    "max_concurrency": size.max_concurrency or serverless.max_concurrency,
                    "provisioned": size.provisioned or serverless.provisioned,
                }
            )
        return self.model_copy(
            update={
                "weight": self.weight if size.weight is None else size.weight,
                "count": self.count if size.count is None else size.count,
                "serverless": serverless,
            }
        )


class VariantSize(BaseModel):
    """What may change of a variant without new workers; None leaves it as it is."""

    model_config = ConfigDict(frozen=True)

    weight: float | None = None
    count: int | None = None
    max_concurrency: int | None = None
    provisioned: int | None = None


def variant_plan(
    variant: Mapping[str, Any], model: Mapping[str, Any] | None, at: float, *, isolated: bool = False
) -> VariantPlan:
    """Join a variant of a configuration with its model."""
    serverless = _serverless(variant)
    default_startup_s = _SERVERLESS_STARTUP_S if serverless else DEFAULT_STARTUP_S
    startup_s = variant.get("ContainerStartupHealthCheckTimeoutInSeconds", default_startup_s)
    plan = None
    if model is not None:
        plan = model_plan(
            variant["ModelName"],
            model,
            startup_timeout_s=startup_s,
            download_timeout_s=variant.get("ModelDataDownloadTimeoutInSeconds"),
        )
        plan = plan.model_copy(update={"isolated": plan.isolated or isolated})
    scaling_config = variant.get("ManagedInstanceScaling")
    scaling = _scaling(scaling_config, variant.get("InitialInstanceCount", 1))
    routing = variant.get("RoutingConfig")
    is_random = (routing or {}).get("RoutingStrategy") == "RANDOM"
    return VariantPlan(
        name=variant["VariantName"],
        model=plan,
        instance_type=variant.get("InstanceType"),
        count=variant.get("InitialInstanceCount", 1),
        weight=variant["InitialVariantWeight"],
        routing="RANDOM" if is_random else "LEAST_OUTSTANDING_REQUESTS",
        routing_config=routing,
        serverless=serverless,
        scaling=scaling,
        scaling_config=scaling_config,
        planned_at=at,
    )


def _serverless(variant: Mapping[str, Any]) -> Serverless | None:
    config = variant.get("ServerlessConfig")
    if not config:
        return None
    return Serverless(
        memory_mib=config["MemorySizeInMB"],
        max_concurrency=config["MaxConcurrency"],
        provisioned=config.get("ProvisionedConcurrency"),
    )


def _scaling(config: Mapping[str, Any] | None, initial: int) -> ManagedScaling | None:
    if not config or config.get("Status") != "ENABLED":
        return None
    minimum = config.get("MinInstanceCount", initial)
    return ManagedScaling(minimum=minimum, maximum=config.get("MaxInstanceCount", max(initial, minimum)))
