"""This machine, the instance types of the cloud, and one cut to the other."""

import os
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

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

    def size(self, instance_type: str) -> Machine:
        """Return what an instance type has in the cloud."""
        _, _, rest = instance_type.partition(".")
        family, _, size = rest.partition(".")
        cpus = self.table.sizes.get(size)
        gib_per_cpu = self.table.families.get(family)
        if cpus is None or gib_per_cpu is None:
            raise CapacityError(f"instance type {instance_type} is not known to sagemaker-local")
        gpus = self.table.gpus.get(rest, 1 if family in self.table.gpu_families else 0)
        return Machine(cpus=cpus, memory_mib=cpus * gib_per_cpu * _MIB_PER_GIB, gpus=gpus)

    def slot(self, instance_type: str) -> Slot:
        """Cut an instance type to this machine; only a missing GPU can be refused."""
        size = self.size(instance_type)
        if size.gpus > self.machine.gpus and self.strict_gpu:
            raise CapacityError(
                f"instance type {instance_type} needs {size.gpus} GPU(s), this machine has "
                f"{self.machine.gpus or 'none'}"
            )
        return self.cut(cpus=size.cpus, memory_mib=size.memory_mib, gpus=size.gpus)

    def cut(self, *, cpus: int, memory_mib: int, gpus: int) -> Slot:
        """Cut any wish to this machine."""
        return Slot(
            cpus=min(cpus, self.machine.cpus),
            memory_mib=min(memory_mib, self.machine.memory_mib),
            gpus=min(gpus, self.machine.gpus),
            wanted_gpus=gpus,
        )


def load_instance_types(machine: Machine, *, strict_gpu: bool) -> InstanceTypes:
    text = (Path(__file__).parent / "instance_types.yaml").read_text()
    return InstanceTypes(_TypeTable.model_validate(yaml.safe_load(text)), machine, strict_gpu)


def this_machine(*, cpus: int | None, memory_mib: int | None) -> Machine:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // (1024 * 1024)
    return Machine(
        cpus=cpus or len(os.sched_getaffinity(0)),
        memory_mib=memory_mib or total,
        gpus=len([device for device in Path("/dev").glob("nvidia[0-9]*") if device.name[6:].isdigit()]),
    )
