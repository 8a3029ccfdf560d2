"""Endpoints: what one is, the plan it serves, and how its state may change."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from sagemaker_local.state.resources import Record

KIND = "endpoint"
_DEFAULT_STARTUP_S = 240

ArtifactKind = Literal["none", "archive", "prefix"]
Routing = Literal["LEAST_OUTSTANDING_REQUESTS", "RANDOM"]


class VariantPlan(BaseModel):
    """A variant with all that starting it needs, so that its config and model may be deleted."""

    model_config = ConfigDict(frozen=True)

    name: str
    model_name: str
    image: str
    instance_type: str
    count: int
    weight: float
    environment: dict[str, str]
    role_arn: str | None
    isolated: bool
    artifact_kind: ArtifactKind
    artifact_uri: str = ""
    artifact_key: str = ""  # the exact content, known once it was fetched
    startup_timeout_s: int = _DEFAULT_STARTUP_S
    routing: Routing = "LEAST_OUTSTANDING_REQUESTS"
    planned_at: float

    @property
    def model(self) -> "VariantPlan":
        """The part of the plan that comes from the model."""
        return self


class Plan(BaseModel):
    """What an endpoint serves or is about to serve. A new generation means new workers."""

    model_config = ConfigDict(frozen=True)

    generation: int
    config_name: str
    variants: tuple[VariantPlan, ...]
    capture: dict[str, Any] | None = None  # DataCaptureConfig as sent
    async_config: dict[str, Any] | None = None  # AsyncInferenceConfig as sent
    role_arn: str | None = None

    def variant(self, name: str) -> VariantPlan | None:
        return next((one for one in self.variants if one.name == name), None)

    def with_artifact(self, name: str, key: str) -> "Plan":
        changed = tuple(
            one.model_copy(update={"artifact_key": key}) if one.name == name else one for one in self.variants
        )
        return self.model_copy(update={"variants": changed})

    def resized(self, sizes: Mapping[str, tuple[float | None, int | None]]) -> "Plan":
        """Return the same generation with other weights and counts."""
        changed = []
        for one in self.variants:
            weight, count = sizes.get(one.name, (None, None))
            changed.append(
                one.model_copy(
                    update={
                        "weight": one.weight if weight is None else weight,
                        "count": one.count if count is None else count,
                    }
                )
            )
        return self.model_copy(update={"variants": tuple(changed)})


class Endpoint(BaseModel):
    model_config = ConfigDict(frozen=True)

    arn: str
    name: str
    region: str
    created_at: float
    modified_at: float
    status: str
    generations: int = 1
    active: Plan | None = None
    target: Plan | None = None
    failure_reason: str | None = None
    deployment_config: dict[str, Any] | None = None

    def updating_to(self, plan: Plan, at: float, deployment_config: dict[str, Any] | None) -> "Endpoint":
        return self.model_copy(
            update={
                "status": "Updating",
                "target": plan,
                "generations": max(self.generations, plan.generation),
                "deployment_config": deployment_config,
                "failure_reason": None,
                "modified_at": at,
            }
        )

    def with_target(self, plan: Plan) -> "Endpoint":
        return self.model_copy(update={"target": plan})

    def in_service(self, at: float) -> "Endpoint":
        return self.model_copy(
            update={
                "status": "InService",
                "active": self.target or self.active,
                "target": None,
                "failure_reason": None,
                "modified_at": at,
            }
        )

    def rolling_back(self, reason: str, at: float) -> "Endpoint":
        """A failed deployment: the old plan goes on, or without one the endpoint is Failed."""
        status = "RollingBack" if self.active is not None else "Failed"
        return self.model_copy(update={"status": status, "failure_reason": reason[:1024], "modified_at": at})

    def rolled_back(self, at: float) -> "Endpoint":
        return self.model_copy(update={"status": "InService", "target": None, "modified_at": at})

    def deleting(self, at: float) -> "Endpoint":
        return self.model_copy(update={"status": "Deleting", "modified_at": at})

    def record(self) -> Record:
        return Record(
            self.arn, KIND, self.name, self.status, self.created_at, self.modified_at, self.model_dump_json()
        )


def from_record(record: Record) -> Endpoint:
    return Endpoint.model_validate_json(record.doc)


def variant_plan(variant: Mapping[str, Any], model: Mapping[str, Any], at: float) -> VariantPlan:
    """Join a variant of a configuration with its model."""
    container = model.get("PrimaryContainer") or model["Containers"][0]
    kind, uri = _artifact(container)
    strategy = variant.get("RoutingConfig", {}).get("RoutingStrategy")
    return VariantPlan(
        name=variant["VariantName"],
        model_name=variant["ModelName"],
        image=container["Image"],
        instance_type=variant["InstanceType"],
        count=variant["InitialInstanceCount"],
        weight=variant["InitialVariantWeight"],
        environment=container.get("Environment", {}),
        role_arn=model.get("ExecutionRoleArn"),
        isolated=bool(model.get("EnableNetworkIsolation", False)),
        artifact_kind=kind,
        artifact_uri=uri,
        startup_timeout_s=variant.get("ContainerStartupHealthCheckTimeoutInSeconds", _DEFAULT_STARTUP_S),
        routing="RANDOM" if strategy == "RANDOM" else "LEAST_OUTSTANDING_REQUESTS",
        planned_at=at,
    )


def _artifact(container: Mapping[str, Any]) -> tuple[ArtifactKind, str]:
    if container.get("ModelDataUrl"):
        return "archive", str(container["ModelDataUrl"])
    source = container.get("ModelDataSource", {}).get("S3DataSource")
    if not source:
        return "none", ""
    packed = source.get("CompressionType", "None") == "Gzip"
    return ("archive" if packed else "prefix"), str(source["S3Uri"])
