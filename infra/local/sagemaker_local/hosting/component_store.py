"""Inference components in the state file, and the room they take on their endpoint's instances."""

import sqlite3

from sagemaker_local.capacity.machine import InstanceTypes
from sagemaker_local.hosting import endpoint_store
from sagemaker_local.hosting.components import KIND, Component, ComponentPlan, from_record
from sagemaker_local.hosting.endpoints import Endpoint
from sagemaker_local.hosting.placement import Occupant, place
from sagemaker_local.hosting.variants import VariantPlan
from sagemaker_local.state import resources
from sagemaker_local.state.database import Database
from sagemaker_local.state.entity_store import EntityStore


class NoRoomError(Exception):
    """The variant's instances have no room for the copies; the message is for the user."""


def load(connection: sqlite3.Connection, arn: str) -> Component | None:
    record = resources.get(connection, arn)
    return from_record(record) if record else None


def save(connection: sqlite3.Connection, _: Component, after: Component) -> None:
    resources.update(connection, after.record())


def of_endpoint(connection: sqlite3.Connection, endpoint_arn: str) -> list[Component]:
    found = (from_record(record) for record in resources.all_of(connection, KIND))
    return [one for one in found if one.endpoint_arn == endpoint_arn]


def of_variant(connection: sqlite3.Connection, endpoint_arn: str, variant: str) -> list[Component]:
    return [one for one in of_endpoint(connection, endpoint_arn) if one.variant == variant]


def make_room(
    connection: sqlite3.Connection, component: Component, plan: ComponentPlan, types: InstanceTypes
) -> ComponentPlan:
    """Return the plan with a place for each copy; managed scaling adds instances for it.

    Raises:
        NoRoomError: there is no room.
    """
    endpoint = endpoint_store.load(connection, component.endpoint_arn)
    shape = endpoint.active if endpoint else None
    variant = shape.variant(component.variant) if shape else None
    if endpoint is None or variant is None or variant.instance_type is None:
        raise NoRoomError(
            f"Endpoint {component.endpoint_name} has no variant {component.variant} in service."
        )
    others = [
        Occupant(one.reserving.need, one.reserving.places)
        for one in of_variant(connection, component.endpoint_arn, component.variant)
        if one.arn != component.arn and one.reserving is not None
    ]
    kept = component.active.places if component.active is not None else ()
    limit = variant.scaling.maximum if variant.scaling else variant.count
    for instances in range(max(variant.count, 0), max(limit, variant.count) + 1):
        places = place(
            plan.need,
            plan.copies,
            kept=plan.places or kept,
            others=others,
            size=types.size(variant.instance_type),
            instances=instances,
            packs=plan.packs,
        )
        if places is not None:
            used = [*places, *(index for other in others for index in other.places)]
            _fit_instances(connection, endpoint, variant, used)
            return plan.model_copy(update={"places": places})
    raise NoRoomError(
        f"There are not enough resources for {plan.copies} copies of inference component {component.name} on "
        f"the {limit} instance(s) of type {variant.instance_type} of variant {variant.name}. Reduce the copy "
        "count or the compute resource requirements, or add instances."
    )


def _fit_instances(
    connection: sqlite3.Connection, endpoint: Endpoint, variant: VariantPlan, used: list[int]
) -> None:
    """Managed scaling keeps as many instances as the copies stand on."""
    if variant.scaling is None:
        return
    count = variant.scaling.clamp(max(used, default=-1) + 1)
    if count != variant.count:
        endpoint_store.save(connection, endpoint, endpoint.scaled(variant.name, count))


class ComponentStore(EntityStore[Component]):
    def __init__(self, database: Database, types: InstanceTypes) -> None:
        super().__init__(database, load, save)
        self._types = types

    async def all(self) -> list[Component]:
        records = await self._database.read(lambda connection: resources.all_of(connection, KIND))
        return [from_record(record) for record in records]

    async def with_room(self, arn: str, plan: ComponentPlan) -> ComponentPlan | None:
        """Reserve the places of a target plan and note them; None when it is no longer the target.

        Raises:
            NoRoomError: there is no room.
        """

        def work(connection: sqlite3.Connection) -> ComponentPlan | None:
            component = load(connection, arn)
            if component is None or component.target is None or component.status == "Deleting":
                return None
            if component.target.generation != plan.generation or component.target.copies != plan.copies:
                return None
            placed = make_room(connection, component, plan, self._types)
            resources.update(connection, component.with_target(placed).record())
            return placed

        return await self._database.run(work)

    async def scale(self, arn: str, generation: int, copies: int) -> int:
        """Move the copies of a serving component; returns how many there may be now."""

        def work(connection: sqlite3.Connection) -> int:
            component = load(connection, arn)
            if component is None or component.active is None or component.active.generation != generation:
                return copies
            plan = component.active.model_copy(
                update={"copies": copies, "places": component.active.places[:copies]}
            )
            try:
                placed = make_room(connection, component, plan, self._types)
            except NoRoomError:
                return component.active.copies
            resources.update(connection, component.scaled(placed.copies, placed.places).record())
            return placed.copies

        return await self._database.run(work)

    async def delete(self, arn: str) -> None:
        def work(connection: sqlite3.Connection) -> None:
            component = load(connection, arn)
            resources.delete(connection, arn)
            if component is not None:
                self._release_instances(connection, component)

        await self._database.run(work)

    def _release_instances(self, connection: sqlite3.Connection, component: Component) -> None:
        endpoint = endpoint_store.load(connection, component.endpoint_arn)
        variant = endpoint.active.variant(component.variant) if endpoint and endpoint.active else None
        if endpoint is None or variant is None:
            return
        left = of_variant(connection, component.endpoint_arn, component.variant)
        used = [index for one in left for index in one.reserved]
        _fit_instances(connection, endpoint, variant, used)
