"""This machine, the instance types of the cloud, and one cut to the other."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from sagemaker_local.processes.limits import Limits

_MIB_PER_GIB = 1024


class CapacityError(Exception):
    """This machine can never run what is asked for."""


@dataclass(frozen=True)
class Machine:
    cpus: int
    memory_mib: int
    gpus: int


@dataclass(frozen=True)
class Slot:
    """What one node or worker gets here."""

    cpus: int
    memory_mib: int
    gpus: int
    wanted_gpus: int

    @property
    def lacks_gpu(self) -> bool:
        return self.wanted_gpus > self.gpus

    def limits(self, *, max_tasks: int, cores: Sequence[int] = ()) -> Limits:
        """What the kernel and the shim hold a process of this slot to; no cores means all of them."""
        return Limits(memory_mib=self.memory_mib, tasks=max_tasks, cores=cores)

    def variables(self) -> dict[str, str]:
        """Threads follow the slot, or a small slot would be fought over by all cores' threads."""
        names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")
        found = {name: str(self.cpus) for name in names}
        found |= {"SML_NUM_CPUS": str(self.cpus), "SML_NUM_GPUS": str(self.gpus)}
        if self.lacks_gpu:
            found["SML_GPU"] = "none"
        return found


class _TypeTable(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sizes: dict[str, int]
    families: dict[str, int]
    gpu_families: tuple[str, ...]
    gpus: dict[str, int]


@dataclass(frozen=True)
class InstanceTypes:
    table: _TypeTable
    machine: Machine
    strict_gpu: bool
    strict: bool = False
    overrides: Mapping[str, Machine] = field(default_factory=dict)

    def size(self, instance_type: str) -> Machine:
        """Return what an instance type has in the cloud, or what the operator says it has."""
        if instance_type in self.overrides:
            return self.overrides[instance_type]
        _, _, rest = instance_type.partition(".")
        family, _, size = rest.partition(".")
        cpus = self.table.sizes.get(size)
        gib_per_cpu = self.table.families.get(family)
        if cpus is None or gib_per_cpu is None:
            raise CapacityError(f"instance type {instance_type} is not known to sagemaker-local")
        gpus = self.table.gpus.get(rest, 1 if family in self.table.gpu_families else 0)
        return Machine(cpus=cpus, memory_mib=cpus * gib_per_cpu * _MIB_PER_GIB, gpus=gpus)

    def slot(self, instance_type: str) -> Slot:
        """Cut an instance type to this machine; strict settings refuse what it does not have."""
        size = self.size(instance_type)
        if size.gpus > self.machine.gpus and self.strict_gpu:
            raise CapacityError(
                f"instance type {instance_type} needs {size.gpus} GPU(s), this machine has "
                f"{self.machine.gpus or 'none'}"
            )
        self.check(instance_type, size)
        return self.cut(cpus=size.cpus, memory_mib=size.memory_mib, gpus=size.gpus)

    def shares(self, wanted: Sequence[Slot]) -> list[Slot]:
        """What nodes get that run together: a core each, and the rest of the machine by what they want."""
        cpus = sum(slot.cpus for slot in wanted)
        memory_mib = sum(slot.memory_mib for slot in wanted)
        more_wanted = max(1, cpus - len(wanted))
        more_cpus = max(0, min(cpus, self.machine.cpus) - len(wanted))
        memory_here = min(memory_mib, self.machine.memory_mib)
        return [
            Slot(
                cpus=1 + (slot.cpus - 1) * more_cpus // more_wanted,
                memory_mib=slot.memory_mib * memory_here // memory_mib,
                gpus=slot.gpus,
                wanted_gpus=slot.wanted_gpus,
            )
            for slot in wanted
        ]

    def check(self, what: str, size: Machine) -> None:
        """On a strict machine, raise CapacityError for what really does not fit; others cut it."""
        if self.strict and (size.cpus > self.machine.cpus or size.memory_mib > self.machine.memory_mib):
            raise CapacityError(
                f"{what} needs {size.cpus} CPUs and {size.memory_mib} MiB, this machine has "
                f"{self.machine.cpus} and {self.machine.memory_mib} (SML_STRICT_CAPACITY=1)"
            )

    def cut(self, *, cpus: int, memory_mib: int, gpus: int) -> Slot:
        """Cut any wish to this machine."""
        return Slot(
            cpus=min(cpus, self.machine.cpus),
            memory_mib=min(memory_mib, self.machine.memory_mib),
            gpus=min(gpus, self.machine.gpus),
            wanted_gpus=gpus,
        )


class _Override(BaseModel):
    model_config = ConfigDict(extra="forbid")

    cpus: int = Field(ge=1)
    memory_mib: int = Field(ge=64)
    gpus: int = Field(default=0, ge=0)


_OVERRIDES = TypeAdapter(dict[str, _Override])


def load_instance_types(
    machine: Machine, *, strict_gpu: bool, strict: bool = False, instance_map: str | None = None
) -> InstanceTypes:
    """Read the table of the cloud's types.

    Args:
        instance_map: YAML text or the path of a file with it: type to ``{cpus, memory_mib, gpus}``.

    Raises:
        CapacityError: the map is not valid.
    """
    text = (Path(__file__).parent / "instance_types.yaml").read_text()
    table = _TypeTable.model_validate(yaml.safe_load(text))
    return InstanceTypes(table, machine, strict_gpu, strict, _overrides(instance_map))


def _overrides(instance_map: str | None) -> dict[str, Machine]:
    if not instance_map:
        return {}
    try:
        text = instance_map if "{" in instance_map else Path(instance_map).read_text()
        found = _OVERRIDES.validate_python(yaml.safe_load(text))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise CapacityError(f"SML_INSTANCE_MAP cannot be used: {error}") from error
    return {name: Machine(one.cpus, one.memory_mib, one.gpus) for name, one in found.items()}


def this_machine(*, cpus: int | None, memory_mib: int | None) -> Machine:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // (1024 * 1024)
    return Machine(
        cpus=cpus or len(os.sched_getaffinity(0)),
        memory_mib=memory_mib or total,
        gpus=len([device for device in Path("/dev").glob("nvidia[0-9]*") if device.name[6:].isdigit()]),
    )
