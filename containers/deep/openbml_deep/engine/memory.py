"""What training does when a batch does not fit into the memory: it goes on with parts of the batch."""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any, TypeVar

import torch

B = TypeVar("B")

# torch has a type of its own for accelerators only; its CPU allocator names itself in the text.
_CPU_ALLOCATOR = "DefaultCPUAllocator: "


def is_out_of_memory(error: RuntimeError) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or _CPU_ALLOCATOR in str(error)


def image_count(batch: Any) -> int:
    """Return how many images a batch holds: the length of its first field that has one."""
    return next(
        len(value)
        for value in (getattr(batch, field.name) for field in fields(batch))
        if isinstance(value, torch.Tensor | Sequence) and not isinstance(value, str)
    )


def parts_of(batch: B, count: int) -> list[B]:
    """Return the batch cut into at most `count` parts of nearly equal size, in order.

    Every field that is a tensor or a sequence is cut; what is of the whole batch stays as it is.
    """
    images = image_count(batch)
    if count == 1:
        return [batch]
    size = -(-images // count)
    return [_part(batch, start, min(start + size, images)) for start in range(0, images, size)]


def _part(batch: B, start: int, end: int) -> B:
    values = {field.name: getattr(batch, field.name) for field in fields(batch)}  # type: ignore[arg-type]
    cut = {
        name: value[start:end]
        for name, value in values.items()
        if isinstance(value, torch.Tensor | list | tuple)
    }
    return replace(batch, **cut)  # type: ignore[type-var]
