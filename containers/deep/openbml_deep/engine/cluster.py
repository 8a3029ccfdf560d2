"""The processes of one training job: one for each accelerator of each machine, or a single one."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import torch
from torch import distributed

T = TypeVar("T")

# The others wait while the leader evaluates.
_PATIENCE = timedelta(hours=6)


@dataclass(frozen=True)
class World:
    """Where this process stands among those of the job; the leader alone evaluates and writes."""

    rank: int = 0
    size: int = 1
    local_rank: int = 0

    @property
    def leads(self) -> bool:
        return self.rank == 0

    @property
    def several(self) -> bool:
        return self.size > 1

    def of_leader(self, value: T) -> T:
        """Return the leader's value, on every process; the others' is dropped."""
        if not self.several:
            return value
        box = [value if self.leads else None]
        distributed.broadcast_object_list(box, src=0, device=torch.device("cpu"))
        return box[0]  # type: ignore[return-value]

    def first_of(self, choices: Sequence[str], value: str | None) -> str | None:
        """Return the first of the choices that any process says, on every process."""
        if not self.several:
            return value
        said = torch.tensor([value == choice for choice in choices], dtype=torch.int32)
        distributed.all_reduce(said, distributed.ReduceOp.MAX)
        return next((choice for choice, yes in zip(choices, said.tolist(), strict=True) if yes), None)

    def mean(self, value: float) -> float:
        if not self.several:
            return value
        total = torch.tensor(value, dtype=torch.float64)
        distributed.all_reduce(total)
        return float(total) / self.size

    def leave(self) -> None:
        if self.several:
            distributed.destroy_process_group()


ALONE = World()


def join_world(env: Mapping[str, str] = os.environ) -> World:
    """Return this process's place; where torchrun started several, meet the others first.

    Processors talk by gloo, accelerators by nccl.
    """
    size = int(env.get("WORLD_SIZE", "1"))
    if size == 1:
        return ALONE
    local_rank = int(env.get("LOCAL_RANK", "0"))
    backend = "gloo"
    if torch.cuda.is_available():
        torch.cuda.set_device(local_rank)
        backend = "cpu:gloo,cuda:nccl"
    distributed.init_process_group(backend, timeout=_PATIENCE)
    return World(distributed.get_rank(), size, local_rank)
