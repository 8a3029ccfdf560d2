"""On which instances of a variant the copies of inference components stand."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from sagemaker_local.capacity.machine import Machine


class Need(BaseModel):
    """What one copy reserves of its instance."""

    model_config = ConfigDict(frozen=True)

    cpus: float
    memory_mib: int
    gpus: float

    def fits(self, size: Machine) -> bool:
        return self.cpus <= size.cpus and self.memory_mib <= size.memory_mib and self.gpus <= size.gpus


@dataclass
class Instance:
    """What is still free of one instance, and how many copies of the component in question it has."""

    cpus: float
    memory_mib: float
    gpus: float
    copies: int = 0

    def has_room(self, need: Need) -> bool:
        return need.cpus <= self.cpus and need.memory_mib <= self.memory_mib and need.gpus <= self.gpus

    def take(self, need: Need) -> None:
        self.cpus -= need.cpus
        self.memory_mib -= need.memory_mib
        self.gpus -= need.gpus


@dataclass(frozen=True)
class Occupant:
    """Copies of one component and where they stand."""

    need: Need
    places: tuple[int, ...]


def place(
    need: Need,
    copies: int,
    *,
    kept: Sequence[int],
    others: Iterable[Occupant],
    size: Machine,
    instances: int,
    packs: bool = False,
) -> tuple[int, ...] | None:
    """Choose an instance for each copy; None when there is no room for all of them.

    Args:
        need: of one copy.
        copies: how many there shall be.
        kept: where copies of this component stand already; the first ones stay there.
        others: the other components of the variant.
        size: of one instance.
        instances: how many instances there are.
        packs: fill instances one after the other instead of spreading the copies.
    """
    free = [Instance(size.cpus, size.memory_mib, size.gpus) for _ in range(instances)]
    for other in others:
        for index in other.places:
            if index < instances:
                free[index].take(other.need)
    chosen: list[int] = []
    for index in kept[:copies]:
        if index < instances and free[index].has_room(need):
            _put(free[index], need)
            chosen.append(index)
    while len(chosen) < copies:
        candidates = [index for index in range(instances) if free[index].has_room(need)]
        if not candidates:
            return None
        index = min(candidates, key=lambda one: _rank(free[one], one, packs=packs))
        _put(free[index], need)
        chosen.append(index)
    return tuple(chosen)


def _put(instance: Instance, need: Need) -> None:
    instance.take(need)
    instance.copies += 1


def _rank(instance: Instance, index: int, *, packs: bool) -> tuple[float, float, int]:
    if packs:
        return (instance.gpus, instance.memory_mib, index)
    return (instance.copies, -instance.memory_mib, index)
