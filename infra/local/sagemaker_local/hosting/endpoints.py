"""Endpoints: what one is, the plan it serves, and how its state may change."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from sagemaker_local.hosting.model_plans import ModelPlan
from sagemaker_local.hosting.variants import VariantPlan, VariantSize
from sagemaker_local.state.resources import Record

KIND = "endpoint"


class Plan(BaseModel):
    """What an endpoint serves or is about to serve. A new generation means new workers."""

    model_config = ConfigDict(frozen=True)

    generation: int
    config_name: str
    variants: tuple[VariantPlan, ...]
    capture: dict[str, Any] | None = None  # DataCaptureConfig as sent
    async_config: dict[str, Any] | None = None  # AsyncInferenceConfig as sent
    role_arn: str | None = None  # ExecutionRoleArn of the configuration
    isolated: bool = False
    extras: dict[str, Any] = {}  # members that are only shown again

    @property
    def hosts_components(self) -> bool:
        return all(one.model is None for one in self.variants)

    def variant(self, name: str) -> VariantPlan | None:
        return next((one for one in self.variants if one.name == name), None)

    def variant_of(self, name: str) -> VariantPlan:
        """Return a variant that must be there.

        Raises:
            LookupError: the plan has no such variant.
        """
        found = self.variant(name)
        if found is None:
            raise LookupError(f"variant {name} is not in the plan of {self.config_name}")
        return found

    def started(self, count_of: Callable[[VariantPlan], int]) -> "Plan":
        """Return the plan with the counts that its deployment starts with."""
        return self.resized({one.name: VariantSize(count=count_of(one)) for one in self.variants})

    def with_model(self, name: str, model: ModelPlan) -> "Plan":
        changed = tuple(
            one.model_copy(update={"model": model}) if one.name == name else one for one in self.variants
        )
        return self.model_copy(update={"variants": changed})

    def resized(self, sizes: Mapping[str, VariantSize]) -> "Plan":
        """Return the same generation with other weights and counts."""
        changed = tuple(one.resized(sizes[one.name]) if one.name in sizes else one for one in self.variants)
        return self.model_copy(update={"variants": changed})


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
    deployment_config: dict[str, Any] | None = None  # of the last deployment, shown by Describe

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

    def scaled(self, variant: str, count: int) -> "Endpoint":
        """The engine moved a variant's count by itself; that is no deployment and no new status."""
        if self.active is None:
            return self
        return self.model_copy(update={"active": self.active.resized({variant: VariantSize(count=count)})})

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
