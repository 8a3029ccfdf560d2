"""Inference components: models that share the instances of an endpoint."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from sagemaker_local.hosting.model_plans import ModelPlan
from sagemaker_local.hosting.placement import Need
from sagemaker_local.state.resources import Record

KIND = "inference-component"

Status = Literal["Creating", "InService", "Updating", "Failed", "Deleting"]


class ComponentPlan(BaseModel):
    """What a component's copies run, how many there are, and on which instances.

    A new generation means new copies.
    """

    model_config = ConfigDict(frozen=True)

    generation: int
    specification: dict[str, Any]  # as sent
    model: ModelPlan
    need: Need
    max_memory_mib: int | None = None
    packs: bool = False
    copies: int
    places: tuple[int, ...] = ()
    planned_at: float


class Component(BaseModel):
    model_config = ConfigDict(frozen=True)

    arn: str
    name: str
    region: str
    endpoint_name: str
    endpoint_arn: str
    variant: str
    base: str | None = None  # of an adapter: the component whose copies it lives in
    created_at: float
    modified_at: float
    status: Status
    asked_copies: (
        int  # the count a caller last asked for; managed scaling does not go below without a zero minimum
    )
    generations: int = 1
    active: ComponentPlan | None = None
    target: ComponentPlan | None = None
    failure_reason: str | None = None
    deployment_config: dict[str, Any] | None = None

    @property
    def reserved(self) -> tuple[int, ...]:
        """Where its copies stand, or will stand when the update that runs is done."""
        plan = self.reserving
        return plan.places if plan is not None else ()

    @property
    def reserving(self) -> ComponentPlan | None:
        if self.status == "Failed":
            return None
        is_placed = self.target is not None and len(self.target.places) == self.target.copies
        return self.target if is_placed else self.active

    @property
    def desired(self) -> ComponentPlan | None:
        return self.target or self.active

    def updating_to(
        self, plan: ComponentPlan, at: float, *, asked_copies: int, deployment_config: dict[str, Any] | None
    ) -> "Component":
        return self.model_copy(
            update={
                "status": "Updating",
                "target": plan,
                "asked_copies": asked_copies,
                "generations": max(self.generations, plan.generation),
                "deployment_config": deployment_config,
                "failure_reason": None,
                "modified_at": at,
            }
        )

    def with_target(self, plan: ComponentPlan) -> "Component":
        return self.model_copy(update={"target": plan})

    def in_service(self, at: float) -> "Component":
        return self.model_copy(
            update={
                "status": "InService",
                "active": self.target or self.active,
                "target": None,
                "failure_reason": None,
                "modified_at": at,
            }
        )

    def failed(self, reason: str, at: float) -> "Component":
        """What served before goes on; without anything that did, the component is Failed."""
        return self.model_copy(
            update={
                "status": "InService" if self.active is not None else "Failed",
                "target": None if self.active is not None else self.target,
                "asked_copies": self.active.copies if self.active is not None else self.asked_copies,
                "failure_reason": reason[:1024],
                "modified_at": at,
            }
        )

    def scaled(self, copies: int, places: tuple[int, ...]) -> "Component":
        """The engine moved the number of copies by itself; that is no deployment."""
        if self.active is None:
            return self
        plan = self.active.model_copy(update={"copies": copies, "places": places})
        return self.model_copy(update={"active": plan})

    def deleting(self, at: float) -> "Component":
        return self.model_copy(update={"status": "Deleting", "modified_at": at})

    def record(self) -> Record:
        return Record(
            self.arn, KIND, self.name, self.status, self.created_at, self.modified_at, self.model_dump_json()
        )


def from_record(record: Record) -> Component:
    return Component.model_validate_json(record.doc)
